"""Helm keeps the manifest of a release in a Secret beside it, or in a ConfigMap, and deletes what a new manifest lacks.
Whoever can write that record has the rights of the one who upgrades next: https://helm.sh/docs/topics/advanced/ under
'Storage backends'. So Terraform's records lie where nobody can write to whom our charts give rights.
"""

from collections.abc import Iterator
from typing import Any

import pytest

from modules.cluster.chart_release import CHARTS
from operations.cluster.kubernetes import resolved
from stacks.app import CHART
from stacks.eks import DEPLOYERS
from tests.charts import Objects, example, render, values_of
from tests.conftest import ENVIRONMENTS, Platform, all_of

OWN = {"application-namespace": CHARTS / "application-namespace", "realworld-backend": CHART}
RECORDS = {"secrets", "configmaps", "*"}
WRITES = {"create", "update", "patch", "delete", "deletecollection", "*"}

each_environment = pytest.mark.parametrize("environment", ENVIRONMENTS)


def releases(platform: Platform, environment: str) -> dict[str, str]:
    """Every release of Terraform, with the namespace that has its record."""
    stacks = platform(environment).values()
    return {
        each["name"]: resolved(each["namespace"], lambda _stack, output: example(output))
        for stack in stacks
        for each in all_of(stack, "helm_release")
    }


def rendered(platform: Platform, environment: str) -> Objects:
    found = releases(platform, environment)
    return [
        each
        for name in found.keys() & OWN.keys()
        for each in render(OWN[name], name, values_of(platform, environment, name), namespace=found[name])
    ]


def writers(objects: Objects) -> Iterator[tuple[str, str]]:
    """The subjects that may write records, each with the namespace, * for all."""
    rules = {
        (each["kind"], each["metadata"]["name"]): each["rules"] for each in objects if each["kind"].endswith("Role")
    }
    for binding in (each for each in objects if each["kind"].endswith("RoleBinding")):
        role = binding["roleRef"]
        if any(map(_writes, rules[role["kind"], role["name"]])):  # a role that we do not render is a KeyError
            namespace = "*" if binding["kind"] == "ClusterRoleBinding" else binding["metadata"]["namespace"]
            yield from ((subject["name"], namespace) for subject in binding["subjects"])


def _writes(rule: dict[str, Any]) -> bool:
    return bool(RECORDS & {*rule["resources"]} and WRITES & {*rule["verbs"]} and {"", "*"} & {*rule["apiGroups"]})


@each_environment
def test_nobody_bound_by_our_charts_can_write_a_record_of_terraform(platform: Platform, environment: str) -> None:
    found = dict(writers(rendered(platform, environment)))
    owners = releases(platform, environment)

    assert {name: where for name, where in owners.items() if {where, "*"} & {*found.values()}} == {}
    # Where Terraform releases the application, the pipeline has no rights at all.
    assert found == ({} if "realworld-backend" in owners else {DEPLOYERS: "realworld"})


@each_environment
def test_what_a_release_makes_does_not_follow_its_record(platform: Platform, environment: str) -> None:
    found = {each["metadata"].get("namespace", each["kind"]) for each in rendered(platform, environment)}
    assert found == {"realworld", "ClusterNetworkPolicy"}  # which has none


@each_environment
def test_the_pipeline_has_the_rights_of_its_group_alone(platform: Platform, environment: str) -> None:
    eks = platform(environment)["eks"]["resource"]
    [(entry, pipeline)] = [
        (address, each) for address, each in eks["aws_eks_access_entry"].items() if "kubernetes_groups" in each
    ]

    assert pipeline["kubernetes_groups"] == [DEPLOYERS]
    policies = eks["aws_eks_access_policy_association"].values()
    assert policies
    for each in policies:
        assert each["principal_arn"] not in (
            pipeline["principal_arn"],
            f"${{aws_eks_access_entry.{entry}.principal_arn}}",
        )
