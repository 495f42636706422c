"""The chart of the application: what a release puts into the cluster, and what it refuses."""

import json
import re
from typing import Any

import pytest
import yaml

from modules.hosts.monitoring_host import SCRAPE_TARGETS
from operations.cluster import helm
from operations.cluster.manifests import errors, pods
from tests.charts import VERSIONS, Objects, one, release_values, render
from tests.conftest import ENVIRONMENTS, ROOT, Platform

CHART = ROOT / "realworld-example-app" / "helm"
NAME = "realworld-backend"


@pytest.fixture(scope="module")
def values(platform: Platform) -> dict[str, Any]:
    return release_values(platform, "production")


@pytest.fixture(scope="module")
def objects(values: dict[str, Any]) -> Objects:
    return render(CHART, NAME, values | {"certificateArn": "arn:aws:acm:us-east-1:123456789012:certificate/1"})


def container(objects: Objects, kind: str) -> dict[str, Any]:
    [(_, pod)] = pods(one(objects, kind))
    [found] = pod["containers"]
    return dict(found)


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_helm_and_the_schemas_find_nothing_wrong(platform: Platform, environment: str) -> None:
    values = release_values(platform, environment)

    helm.lint(CHART, [json.dumps(values)])
    rendered = render(CHART, NAME, values)
    for version in VERSIONS:
        assert errors(render(CHART, NAME, values, version=version), version) == []
    assert {each["kind"] for each in rendered} == {
        "Deployment",
        "HorizontalPodAutoscaler",
        "Ingress",
        "Job",
        "Pod",
        "PodDisruptionBudget",
        "Service",
    }


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"host": ""}, "- host: Does not match pattern"),
        ({"image": "backend:latest"}, "- image: Must not validate the schema (not)"),
        ({"image": "example.com/backend"}, "- image: Does not match pattern"),
        ({"image": ""}, "- image: Does not match pattern"),
        ({"migration": {"image": "example.com/migrator:latest"}}, "- migration.image: Must not validate"),
        ({"replicas": {"min": 0}}, "- replicas.min: Must be greater than or equal to 1"),
        ({"replicas": {"min": 3, "max": 2}}, "replicas.max is 2: write at least replicas.min, which is 3"),
        ({"architectures": ["x86_64"]}, "- architectures.0: architectures.0 must be one of"),
        ({"replica": {}}, "- (root): Additional property replica is not allowed"),
        ({"certificateArn": "certificate"}, "- certificateArn: Does not match pattern"),
        ({"resources": {"requests": {"memory": "192Mib"}}}, "- resources.requests.memory: Does not match pattern"),
    ],
)
def test_wrong_values_are_refused(values: dict[str, Any], change: dict[str, Any], said: str) -> None:
    with pytest.raises(helm.ChartError) as error:
        render(CHART, NAME, values | change)
    assert said in str(error.value)


def test_an_unmigrated_database_is_never_served_and_a_short_outage_takes_no_pod_out(objects: Objects) -> None:
    api = container(objects, "Deployment")

    assert api["startupProbe"]["httpGet"] == {"path": "/api/tags", "port": "http"}
    for probe in ("readinessProbe", "livenessProbe"):
        assert api[probe]["httpGet"] == {"path": "/", "port": "http"}
    assert one(objects, "Ingress")["metadata"]["annotations"]["alb.ingress.kubernetes.io/healthcheck-path"] == "/"


def test_the_migration_runs_before_each_release_and_can_fail_only_once(objects: Objects) -> None:
    job = one(objects, "Job")

    assert job["metadata"]["annotations"] == {
        "helm.sh/hook": "pre-install,pre-upgrade",
        "helm.sh/hook-delete-policy": "before-hook-creation",
    }
    assert job["metadata"]["name"] == f"{NAME}-migrate-1"  # the revision
    assert job["spec"]["backoffLimit"] == 0
    assert job["spec"]["activeDeadlineSeconds"] == 600
    assert job["spec"]["template"]["spec"]["restartPolicy"] == "Never"
    assert container(objects, "Job")["image"] != container(objects, "Deployment")["image"]


def test_only_the_hooks_run_outside_of_the_release(objects: Objects) -> None:
    hooks = {each["kind"] for each in objects if "helm.sh/hook" in each["metadata"].get("annotations", {})}

    assert hooks == {"Job", "Pod"}


def test_a_secret_that_lacks_a_key_fails_the_release(objects: Objects) -> None:
    def keys(kind: str, where: str = "containers") -> dict[str, Any]:
        [(_, pod)] = pods(one(objects, kind))
        found = pod[where][0]["env"]
        return {each["name"]: each["valueFrom"]["secretKeyRef"] for each in found if "valueFrom" in each}

    def reference(key: str) -> dict[str, Any]:
        return {"name": NAME, "key": key, "optional": False}

    application = {"DATABASE_URL": reference("APPLICATION_URL")}
    assert keys("Deployment") == application | {"JWT_SECRET": reference("JWT_SECRET")}
    assert keys("Deployment", "initContainers") == application | {"OWNER_URL": reference("OWNER_URL")}
    assert keys("Job") == {"DATABASE_URL": reference("OWNER_URL")}
    deployment = one(objects, "Deployment")
    assert deployment["metadata"]["annotations"] == {"secret.reloader.stakater.com/reload": NAME}


def test_pods_meet_the_restricted_standard(objects: Objects) -> None:
    found = [pod for each in objects for _, pod in pods(each)]

    assert len(found) == 3
    for pod in found:
        assert pod["automountServiceAccountToken"] is False
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert not pod.keys() & {"hostNetwork", "hostPID", "hostIPC", "hostUsers"}
        assert all(volume.keys() <= {"name", "emptyDir"} for volume in pod.get("volumes", []))
        for each in pod["containers"]:
            assert each["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }


def test_a_pod_that_ends_answers_what_the_load_balancer_still_sends(objects: Objects) -> None:
    [(_, pod)] = pods(one(objects, "Deployment"))
    annotations = one(objects, "Ingress")["metadata"]["annotations"]

    [delay] = annotations["alb.ingress.kubernetes.io/target-group-attributes"].split("=")[1:]
    sleep = pod["containers"][0]["lifecycle"]["preStop"]["sleep"]["seconds"]
    assert int(delay) < sleep < pod["terminationGracePeriodSeconds"] - 20
    assert one(objects, "Deployment")["spec"]["strategy"]["rollingUpdate"]["maxUnavailable"] == 0


def test_the_load_balancer_speaks_tls_where_there_is_a_certificate(objects: Objects, values: dict[str, Any]) -> None:
    prefix = "alb.ingress.kubernetes.io"
    secure = one(objects, "Ingress")
    plain = one(render(CHART, NAME, values | {"certificateArn": ""}), "Ingress")["metadata"]["annotations"]

    assert secure["spec"]["rules"][0]["host"] == values["host"]
    annotations = secure["metadata"]["annotations"]
    assert json.loads(annotations[f"{prefix}/listen-ports"]) == [{"HTTP": 80}, {"HTTPS": 443}]
    assert annotations[f"{prefix}/ssl-redirect"] == "443"
    assert annotations[f"{prefix}/scheme"] == "internet-facing"
    assert json.loads(plain[f"{prefix}/listen-ports"]) == [{"HTTP": 80}]
    assert not plain.keys() & {f"{prefix}/ssl-redirect", f"{prefix}/certificate-arn"}


def test_the_autoscaler_owns_the_number_of_pods(objects: Objects) -> None:
    autoscaler = one(objects, "HorizontalPodAutoscaler")["spec"]

    assert "replicas" not in one(objects, "Deployment")["spec"]
    assert (autoscaler["minReplicas"], autoscaler["maxReplicas"]) == (2, 6)


def test_metrics_of_every_pod_can_be_scraped_from_outside(objects: Objects, values: dict[str, Any]) -> None:
    service = one(objects, "Service", f"{NAME}-metrics")

    assert service["spec"]["clusterIP"] == "None"
    record = service["metadata"]["annotations"]["external-dns.alpha.kubernetes.io/hostname"]
    assert record == values["metricsHost"] == "api.realworld-production.internal"


def test_all_sides_of_a_scrape_know_the_same_port(objects: Objects) -> None:
    """The listener in the image, the pod, the record's Service, the security group and Prometheus."""
    image = ROOT / "realworld-example-app"
    [listener] = re.findall(r"METRICS_PORT\) \|\| (\d+)", (image / "container" / "telemetry.cjs").read_text())
    [pod] = [each["containerPort"] for each in container(objects, "Deployment")["ports"] if each["name"] == "metrics"]
    [service] = one(objects, "Service", f"{NAME}-metrics")["spec"]["ports"]
    prometheus = yaml.safe_load((ROOT / "monitoring" / "prometheus" / "prometheus.yml").read_text())
    [job] = [each for each in prometheus["scrape_configs"] if each["job_name"] == "api"]

    assert int(listener) == pod == service["port"] == SCRAPE_TARGETS["api"] == job["dns_sd_configs"][0]["port"]
    assert service["targetPort"] == "metrics"


def test_every_pod_runs_where_the_images_do(values: dict[str, Any]) -> None:
    for architectures in (["amd64"], ["amd64", "arm64"]):
        found = pods_of(render(CHART, NAME, values | {"architectures": architectures}))
        assert len(found) == 3  # the API, its migration, its test
        for pod in found:
            [term] = pod["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"][
                "nodeSelectorTerms"
            ]
            assert term == {
                "matchExpressions": [{"key": "kubernetes.io/arch", "operator": "In", "values": architectures}]
            }


def test_without_a_word_images_are_what_the_pipeline_always_builds(objects: Objects) -> None:
    assert all(json.dumps(pod).count('"values": ["amd64"]') == 1 for pod in pods_of(objects))


def pods_of(objects: Objects) -> list[dict[str, Any]]:
    return [pod for each in objects for _, pod in pods(each)]
