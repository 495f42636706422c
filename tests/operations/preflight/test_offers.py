"""What AWS does not offer here is named with the field of the settings that asks for it."""

import re
from typing import Any

import pytest

from tests.conftest import changed
from tests.operations.preflight.conftest import Aws

ZONES = ["us-east-1a", "us-east-1b"]


def zones(*unusable: str) -> dict[str, Any]:
    ids = {"us-east-1a": "use1-az6", "us-east-1b": "use1-az1", "us-east-1e": "use1-az3"}
    return {
        "AvailabilityZones": [
            {"ZoneName": name, "ZoneId": key, "State": "unavailable" if name in unusable else "available"}
            for name, key in ids.items()
        ]
    }


def test_the_zones_of_the_network_are_open_to_the_account(aws: Aws) -> None:
    aws.answers("ec2", "describe_availability_zones", zones())
    aws.fine("Zones")

    aws.answers("ec2", "describe_availability_zones", zones("us-east-1b"))
    assert str(aws.fails("Zones")) == (
        "Zones: us-east-1b is not offered, but us-east-1a. Needed: a zone of this account in which EKS is. "
        "Change vpc.zones.1 or runner.zone (environments/local.yaml)."
    )


def test_a_zone_without_control_planes_is_none(aws: Aws) -> None:
    for each in aws.resources("aws_subnet"):
        each["availability_zone"] = "us-east-1e"
    aws.answers("ec2", "describe_availability_zones", zones())
    assert aws.fails("Zones").found == "us-east-1e is not offered, but us-east-1a, us-east-1b"


def offer(aws: Aws, *offered: str, kind: str = "t3.large", processor: str = "x86_64") -> None:
    named = [{"Name": "instance-type", "Values": [kind]}]
    found = [{"InstanceType": kind, "Location": zone} for zone in offered]
    asked: dict[str, Any] = {"LocationType": "availability-zone", "Filters": named}
    aws.answers("ec2", "describe_instance_type_offerings", {"InstanceTypeOfferings": found}, **asked)
    about = {"InstanceType": kind, "ProcessorInfo": {"SupportedArchitectures": [processor]}}
    aws.answers("ec2", "describe_instance_types", {"InstanceTypes": [about] if offered else []}, Filters=named)


def test_instance_types_are_offered_in_each_zone_of_their_hosts(aws: Aws) -> None:
    offer(aws, *ZONES)
    aws.fine("Instance types")

    offer(aws, "us-east-1a")  # the runner is in the other, and nodes in both
    found = aws.fails("Instance types")
    assert (found.found, found.needed) == ("t3.large is not offered in us-east-1b", "us-east-1b")
    assert found.remedy == (
        "Change eks.node_groups.general.instance_types.0 or monitoring.instance_type or runner.instance_type "
        "(environments/local.yaml)."
    )


def test_a_host_needs_its_own_zone_only(aws: Aws) -> None:
    aws.templates = {"monitoring": aws.templates["monitoring"]}  # in us-east-1a
    offer(aws, "us-east-1a")
    aws.fine("Instance types")


def test_nodes_have_the_processors_of_their_image(aws: Aws) -> None:
    aws.templates = {"eks": aws.templates["eks"]}
    for each in aws.resources("aws_eks_node_group"):
        each["instance_types"] = ["t4g.large"]
    offer(aws, *ZONES, kind="t4g.large", processor="arm64")
    found = aws.ask("Instance types")
    assert {(each.found, each.needed) for each in found if each.fails} == {("t4g.large has arm64", "x86_64")}

    for each in aws.resources("aws_eks_node_group"):
        each["ami_type"] = "AL2023_ARM_64_STANDARD"
    offer(aws, *ZONES, kind="t4g.large", processor="arm64")
    aws.fine("Instance types")


def order(aws: Aws, *places: str, several: bool = True) -> None:
    option = {"AvailabilityZones": [{"Name": zone} for zone in places], "MultiAZCapable": several, "StorageType": "gp3"}
    options = [option | {"EngineVersion": version} for version in ("16.9", "17.9", "17.10")]
    aws.answers(
        "rds",
        "describe_orderable_db_instance_options",
        {"OrderableDBInstanceOptions": [*options, options[0] | {"StorageType": "gp2", "EngineVersion": "18.1"}]},
        Engine="postgres",
        DBInstanceClass="db.t4g.medium",
        Vpc=True,
    )


def test_the_class_of_a_database_is_offered_in_the_zones(aws: Aws) -> None:
    order(aws, *ZONES)
    aws.fine("Database")

    order(aws, "us-east-1a")  # and a standby needs another one
    found = aws.fails("Database")
    assert found.found == "17 is not offered"
    assert found.needed == "postgres on db.t4g.medium with gp3 in 2 of 'us-east-1a', 'us-east-1b'"
    assert found.remedy == ("Change database.engine_version or database.instance_class (environments/local.yaml).")
    order(aws, *ZONES, several=False)
    assert aws.fails("Database").found == "17 is not offered"

    for each in aws.resources("aws_db_instance"):
        each["multi_az"] = False
    order(aws, "us-east-1a", several=False)
    aws.fine("Database")


@pytest.mark.parametrize(("version", "fine"), [("17.10", True), ("17.1", False), ("17.99", False), ("18.1", False)])
def test_a_version_of_the_engine_exists(aws: Aws, version: str, fine: bool) -> None:
    for each in aws.resources("aws_db_instance"):
        each["engine_version"] = version
    order(aws, *ZONES)
    if fine:
        aws.fine("Database")
    else:
        assert aws.fails("Database").found == f"{version} is not offered, but 16.9, 17.10, 17.9"


@pytest.mark.parametrize(
    ("status", "fine"),
    [("STANDARD_SUPPORT", True), ("EXTENDED_SUPPORT", False), ("", False)],
)
def test_kubernetes_is_in_standard_support(aws: Aws, status: str, fine: bool) -> None:
    versions = [{"clusterVersion": "1.36", "versionStatus": "STANDARD_SUPPORT"}]
    versions += [{"clusterVersion": "1.35", "versionStatus": status}] if status else []
    aws.answers("eks", "describe_cluster_versions", {"clusterVersions": versions})
    if fine:
        aws.fine("Kubernetes")
        return
    check = aws.fails("Kubernetes")
    assert check.found == "1.35 is not offered, but 1.36"
    assert check.remedy == "Change eks.kubernetes_version (environments/local.yaml)."


def test_add_ons_are_offered_for_the_version_of_the_cluster(aws: Aws) -> None:
    aws.settings = changed(aws.settings, eks={"addon_versions": {"vpc-cni": "v1.20.1-eksbuild.1"}})
    name = "vpc-cni"
    for template in aws.templates.values():
        addons = template["resource"].get("aws_eks_addon", {})
        for key in [key for key, each in addons.items() if each["addon_name"] != name]:
            del addons[key]

    def ask(*versions: str) -> None:
        answer = {"addons": [{"addonName": name, "addonVersions": [{"addonVersion": each} for each in versions]}]}
        asked = {"addonName": name, "kubernetesVersion": "1.35"}
        aws.answers("eks", "describe_addon_versions", answer if versions else {"addons": []}, **asked)

    ask("v1.21.0-eksbuild.1")
    aws.fine("Add-ons")
    ask()
    assert aws.fails("Add-ons").needed == "vpc-cni for Kubernetes 1.35"

    [addon] = aws.resources("aws_eks_addon")
    addon["addon_version"] = "v1.20.1-eksbuild.1"
    ask("v1.21.0-eksbuild.1")
    assert aws.fails("Add-ons").remedy == "Change eks.addon_versions.vpc-cni (environments/local.yaml)."
    ask("v1.21.0-eksbuild.1", "v1.20.1-eksbuild.1")
    aws.fine("Add-ons")


def test_endpoints_are_offered_in_each_zone(aws: Aws) -> None:
    def ask(**places: list[str]) -> None:
        for short in ("ecr.api", "ecr.dkr", "sts"):
            name = f"com.amazonaws.us-east-1.{short}"
            details = (
                [{"ServiceName": name, "AvailabilityZones": places.get(short, ZONES)}] if places != {short: []} else []
            )
            asked = [{"Name": "service-name", "Values": [name]}]
            aws.answers("ec2", "describe_vpc_endpoint_services", {"ServiceDetails": details}, Filters=asked)

    ask()
    aws.fine("Endpoints")
    for there in ([], ["us-east-1b"]):
        ask(sts=there)
        found = aws.fails("Endpoints")
        assert found.found == "com.amazonaws.us-east-1.sts is not offered"
        assert found.needed == "in each of 'us-east-1a', 'us-east-1b'"
        assert re.fullmatch(r"Change vpc.interface_endpoints.\d \(environments/local.yaml\)\.", found.remedy)
