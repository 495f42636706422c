"""What the add-ons are told, and in which order they come."""

import json
import re
from typing import Any, get_args

import pytest
import yaml

from imports.engine import Testing
from modules.cluster.chart_release import CHARTS, PINS
from settings import Settings, load_settings
from settings.aws import EksSettings
from stacks.addons import AddonsStack
from stacks.eks import EksStack
from stacks.iam import IamStack
from stacks.pod_roles import pod_roles
from stacks.vpc import VpcStack
from tests.charts import example, values_of
from tests.conftest import ENVIRONMENTS, ROOT, Platform, Template, all_of, changed, synth, templates_of

CONTROLLER = "aws-load-balancer-controller"
AUTOSCALER = "cluster-autoscaler"
LOKI = "http://loki.realworld-production.internal:3100/loki/api/v1/push"
PINNED = ("repository", "version", "namespace")
LABELS = ("namespace", "pod", "container", "app")

each_environment = pytest.mark.parametrize("environment", ENVIRONMENTS)


def releases(template: Template) -> dict[str, dict[str, Any]]:
    return {each["name"]: each for each in all_of(template, "helm_release")}


@each_environment
def test_every_release_is_a_pinned_chart_that_is_awaited(platform: Platform, environment: str) -> None:
    found = releases(platform(environment)["addons"])

    assert found.keys() == PINS.keys() - {"promtail"}
    for name, release in found.items():
        assert {key: release[key] for key in PINNED} == {key: PINS[name][key] for key in PINNED}
        assert release["wait"] is release["atomic"] is True
        assert release["create_namespace"] is False


@each_environment
def test_the_controller_serves_before_anything_has_a_service(platform: Platform, environment: str) -> None:
    template = platform(environment)["addons"]
    [controller] = [
        f"helm_release.{address}"
        for address, each in template["resource"]["helm_release"].items()
        if each["name"] == CONTROLLER
    ]
    for name, release in releases(template).items():
        assert (controller in release["depends_on"]) is (name != CONTROLLER), name


@each_environment
def test_namespaces_exist_before_what_lives_in_them(platform: Platform, environment: str) -> None:
    template = platform(environment)["addons"]
    namespaces = {each["metadata"]["name"] for each in all_of(template, "kubernetes_namespace_v1")}

    assert namespaces == {"realworld", "monitoring", "logging"}
    for release in releases(template).values():
        if release["namespace"] in namespaces:
            assert f"kubernetes_namespace_v1.{release['namespace']}" in release["depends_on"]


def test_each_namespace_admits_what_it_has_to(platform: Platform) -> None:
    enforce = "pod-security.kubernetes.io/enforce"
    found = all_of(platform("production")["addons"], "kubernetes_namespace_v1")

    levels = {each["metadata"]["name"]: each["metadata"]["labels"][enforce] for each in found}
    assert levels == {"realworld": "restricted", "monitoring": "privileged", "logging": "privileged"}


@each_environment
def test_the_controller_needs_no_metadata_service(platform: Platform, environment: str) -> None:
    values = values_of(platform, environment, CONTROLLER)

    assert values["region"] == load_settings(environment).region
    assert values["vpcId"]
    assert values["clusterName"]
    assert values["enableServiceMutatorWebhook"] is False
    assert values["keepTLSSecret"] is True


@each_environment
def test_the_autoscaler_finds_the_groups_of_its_cluster(platform: Platform, environment: str) -> None:
    values = values_of(platform, environment, AUTOSCALER)
    settings = load_settings(environment)

    assert values["autoDiscovery"] == {"clusterName": example("cluster_name")}
    assert values["awsRegion"] == settings.region
    # The name that Pod Identity gives its role to.
    assert values["rbac"]["serviceAccount"]["name"] == pod_roles(settings)[AUTOSCALER].service_account
    # Otherwise a node with any pod of kube-system that has no budget, or with a pod of the API, would stay for ever.
    for kept in ("skip-nodes-with-system-pods", "skip-nodes-with-local-storage"):
        assert values["extraArgs"][kept] is False


@pytest.mark.parametrize("version", get_args(EksSettings.model_fields["kubernetes_version"].annotation))
def test_the_autoscaler_is_the_one_for_the_version_of_the_cluster(version: str) -> None:
    """It is tested with the Kubernetes of its own minor only: kubernetes/autoscaler, cluster-autoscaler/README.md."""
    settings = changed(load_settings("production"), eks={"kubernetes_version": version})
    scope = Testing.app()
    iam = IamStack(scope, settings)
    vpc = VpcStack(scope, settings, iam=iam)
    stack = AddonsStack(scope, settings, vpc=vpc, eks=EksStack(scope, settings, vpc=vpc, iam=iam))

    release = releases(synth(stack))[AUTOSCALER]
    tag = json.loads(release["values"][1])["image"]["tag"]
    assert re.fullmatch(rf"v{re.escape(version)}\.\d+@sha256:[0-9a-f]{{64}}", tag)


def test_dns_records_are_those_of_our_zones_with_their_owner_beside_them(platform: Platform) -> None:
    values = values_of(platform, "production", "external-dns")

    assert values["domainFilters"] == ["realworld-inc.link", "realworld-production.internal"]
    assert values["txtOwnerId"] == "realworld-production"
    # Terraform would read the percent sign: what is in the JSON is escaped, what helm gets is not.
    assert values["txtPrefix"] == "external-dns.%{record_type}."
    [release] = [each for each in all_of(platform("production")["addons"], "helm_release") if "dns" in each["name"]]
    assert "%%{record_type}" in release["values"][0]


def test_the_reloader_watches_the_namespace_of_the_application(platform: Platform) -> None:
    assert values_of(platform, "production", "reloader")["reloader"]["namespaces"] == ["realworld"]


def test_alloy_gives_every_line_the_labels_that_people_search_by(platform: Platform) -> None:
    alloy = values_of(platform, "production", "alloy")["alloy"]
    content = alloy["configMap"]["content"]

    assert content == (ROOT / "monitoring" / "alloy" / "config.alloy").read_text()
    for label in LABELS:
        assert f'target_label  = "{label}"' in content
    variables = {each["name"]: each["value"] for each in alloy["extraEnv"]}
    assert variables == {
        "LOKI_URL": "http://loki.realworld-production.internal:3100/loki/api/v1/push",
        "CLUSTER": "realworld",
    }
    assert {name for name in variables if f'sys.env("{name}")' in content} == variables.keys()


def test_promtail_is_the_other_choice_with_the_same_labels(tmp_path: Any) -> None:
    settings = load_settings("production")
    chosen = Settings.model_validate(settings.model_dump() | {"addons": {"log_agent": "promtail"}})
    found = releases(templates_of(chosen, tmp_path)["addons"])

    assert "alloy" not in found
    [client] = json.loads(found["promtail"]["values"][1])["config"]["clients"]
    assert client["url"] == LOKI
    snippets = json.loads(found["promtail"]["values"][0])["config"]["snippets"]
    labels = {each["target_label"] for each in snippets["common"]} | {
        each["target_label"]
        for each in yaml.safe_load(_without_templates(snippets["scrapeConfigs"]))[0]["relabel_configs"]
    }
    assert labels == {*LABELS, "__path__"}


def _without_templates(text: str) -> str:
    return "\n".join(line for line in text.splitlines() if "{{" not in line)


def test_every_chart_has_values_and_all_values_have_a_chart() -> None:
    assert {path.stem for path in (CHARTS / "values").glob("*.yaml")} == PINS.keys()
