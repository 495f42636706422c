"""What the namespace of the application allows, and what it gives to the pods of the application."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any, get_args
from urllib.parse import unquote, urlsplit

import pytest

from operations.cluster import helm
from operations.cluster.kubernetes import resolved
from operations.cluster.manifests import errors, pods
from settings.aws import EksSettings
from tests.charts import VERSION, Objects, example, one, release_values, render, secret_of, values_of
from tests.conftest import ROOT, Platform

CHART = ROOT / "charts" / "application-namespace"
BACKEND = ROOT / "realworld-example-app" / "helm"
HOSTILE = ["plain", ":?#%[]@/ é", "a+b c", "%20", "&=;,$!'()*", '"\\`{}|^<>', "😀\t~-_."]


@pytest.fixture(scope="module")
def values(platform: Platform) -> dict[str, Any]:
    return values_of(platform, "production", "application-namespace")


@pytest.fixture(scope="module")
def objects(values: dict[str, Any]) -> Objects:
    return render(CHART, "application-namespace", values)


@pytest.fixture(scope="module")
def backend(platform: Platform) -> Objects:
    return render(BACKEND, "realworld-backend", release_values(platform, "production"))


def test_helm_and_the_schemas_find_nothing_wrong(objects: Objects, backend: Objects, values: dict[str, Any]) -> None:
    """For every version that a cluster may have, so that an upgrade finds nothing that is gone."""
    helm.lint(CHART, [json.dumps(values)])
    versions = get_args(EksSettings.model_fields["kubernetes_version"].annotation)
    assert VERSION in versions
    for version in versions:
        assert (version, errors([*objects, *backend], version)) == (version, [])


def test_what_the_release_needs_is_there_before_it(objects: Objects, backend: Objects) -> None:
    """The hook runs before anything of the release: its Secret and its service account come from here."""
    secret = one(objects, "ExternalSecret")["spec"]["target"]
    account = one(objects, "ServiceAccount")["metadata"]["name"]

    asked = [
        (each["valueFrom"]["secretKeyRef"]["name"], each["valueFrom"]["secretKeyRef"]["key"])
        for every in backend
        for _, pod in pods(every)
        for container in (*pod.get("initContainers", ()), *pod["containers"])
        for each in container.get("env", [])
        if "valueFrom" in each
    ]
    assert {name for name, _ in asked} == {secret["name"]}
    # The one that is left is for pods of a release from before: with the old images, it has to be what it was.
    assert {key for _, key in asked} == secret["template"]["data"].keys() - {"DATABASE_URL"}
    old, new = (secret["template"]["data"][key] for key in ("DATABASE_URL", "OWNER_URL"))
    assert old + "&sslaccept=strict" == new
    assert {pod["serviceAccountName"] for every in backend for _, pod in pods(every)} == {account}
    assert "Secret" not in {each["kind"] for each in backend}


@pytest.mark.parametrize("password", HOSTILE)
def test_every_password_survives_the_url(objects: Objects, tmp_path: Path, password: str) -> None:
    """External Secrets and helm share Go's templates and the sprig functions; Node.js reads URLs as Prisma does."""
    urls = secret_of(objects, tmp_path, password)
    url = urls["OWNER_URL"]

    program = (
        "const u = new URL(process.argv[1]); console.log(JSON.stringify([u.password, u.hostname, u.pathname, u.port]))"
    )
    seen = json.loads(subprocess.run(["node", "-e", program, url], capture_output=True, text=True, check=True).stdout)
    assert [unquote(seen[0]), *seen[1:]] == [
        password,
        "realworld.abcdef.us-east-1.rds.amazonaws.com",
        "/realworld",
        "5432",
    ]
    parsed = urlsplit(url)
    assert (unquote(parsed.username or ""), unquote(parsed.password or "")) == ("realworld", password)
    assert parsed.query == "schema=public&sslmode=require&connection_limit=5&sslaccept=strict"


def test_the_pods_have_a_user_of_this_password_that_does_not_tell_it(objects: Objects, tmp_path: Path) -> None:
    logins: set[str | None] = set()
    for password in HOSTILE:
        urls = secret_of(objects, tmp_path / str(len(logins)), password)
        pods, owner = urlsplit(urls["APPLICATION_URL"]), urlsplit(urls["OWNER_URL"])
        assert (
            pods.netloc.split("@")[1] + pods.path + pods.query == owner.netloc.split("@")[1] + owner.path + owner.query
        )
        assert re.fullmatch(r"application_[0-9a-f]{12}", pods.username or "")
        assert re.fullmatch(r"[0-9a-f]{64}", pods.password or "")
        logins |= {pods.username, pods.password}
    assert len(logins) == 2 * len(HOSTILE)


def test_the_pipeline_may_release_the_chart_and_nothing_more(objects: Objects, backend: Objects) -> None:
    rules = one(objects, "Role")["rules"]
    writes = {resource for rule in rules if "create" in rule["verbs"] for resource in rule["resources"]}

    plurals = {"Ingress": "ingresses"}
    kinds = {plurals.get(each["kind"], f"{each['kind'].lower()}s") for each in backend}
    assert writes == kinds | {"secrets"}  # in which helm keeps its releases
    assert all("*" not in rule[field] for rule in rules for field in ("apiGroups", "resources", "verbs"))
    assert one(objects, "RoleBinding")["subjects"][0]["name"] == "realworld-deployers"


def test_where_terraform_releases_the_pipeline_may_not(platform: Platform) -> None:
    values = values_of(platform, "local", "application-namespace")  # the environment with an image in its settings

    kinds = {each["kind"] for each in render(CHART, "application-namespace", values)}
    assert kinds.isdisjoint({"ConfigMap", "Role", "RoleBinding"})


def test_the_pipeline_reads_the_values_of_its_environment_and_no_other_object(
    objects: Objects, platform: Platform
) -> None:
    handed_over = one(objects, "ConfigMap")
    [rule] = [rule for rule in one(objects, "Role")["rules"] if "configmaps" in rule["resources"]]
    assert rule["resourceNames"] == [handed_over["metadata"]["name"]] == ["release-values"]
    assert rule["verbs"] == ["get"]

    values = json.loads(handed_over["data"]["values.json"])
    text = platform("production")["app"]["output"]["release_values"]["value"]
    assert values == json.loads(resolved(text, lambda _stack, output: example(output)))
    images = {"image": "registry/backend:1", "migration": {"image": "registry/migrator:1"}}
    assert helm.lint(BACKEND, [json.dumps(values), json.dumps(images)]) == ""


def test_the_quota_holds_a_rollout_its_migration_and_a_test(objects: Objects, backend: Objects) -> None:
    hard = one(objects, "ResourceQuota")["spec"]["hard"]
    [(_, api)] = pods(one(backend, "Deployment"))
    requests = api["containers"][0]["resources"]["requests"]
    most = 2 * 8 + 2  # six pods, a quarter more in a rollout, all of them ending; the migration, the test

    assert int(hard["pods"]) >= most
    assert int(hard["requests.cpu"].removesuffix("m")) >= most * int(requests["cpu"].removesuffix("m"))
    assert int(hard["requests.memory"].removesuffix("Mi")) >= most * int(requests["memory"].removesuffix("Mi"))
    assert hard["services.loadbalancers"] == hard["services.nodeports"] == "0"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"region": ""}, "- region: Does not match pattern"),
        ({"jwtSecretArn": "secret"}, "- jwtSecretArn: Does not match pattern"),
        ({"networks": {"database": ["0.0.0.0/0"]}}, "- networks.database.0: Does not match pattern"),
        ({"releaseValues": "host: x"}, "- releaseValues: Does not match pattern"),
        ({"networks": {"loadBalancer": []}}, "- networks.loadBalancer: Array must have at least 1 items"),
        ({"extra": 1}, "- (root): Additional property extra is not allowed"),
    ],
)
def test_wrong_values_are_refused(values: dict[str, Any], change: dict[str, Any], said: str) -> None:
    merged = values | {key: values[key] | new if isinstance(new, dict) else new for key, new in change.items()}
    with pytest.raises(helm.ChartError) as error:
        render(CHART, "application-namespace", merged)
    assert said in str(error.value)
