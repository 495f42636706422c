"""What a deploy adds is compared with what is there and with the quota, before half of it is there."""

from typing import Any

import pytest

from tests.operations.preflight.conftest import Aws


def limit(aws: Aws, service: str, code: str, value: float, *, default: bool = False) -> None:
    which = {"ServiceCode": service, "QuotaCode": code}
    if default:
        aws.refuses("service-quotas", "get_service_quota", "NoSuchResourceException")
    operation = "get_aws_default_service_quota" if default else "get_service_quota"
    aws.answers("service-quotas", operation, {"Quota": {"Value": value}}, **which)


@pytest.mark.parametrize("default", [False, True])
def test_a_vpc_more_fits_or_not(aws: Aws, default: bool) -> None:
    for number in (4, 5):
        aws.answers("ec2", "describe_vpcs", {"Vpcs": [{"VpcId": f"vpc-{each}"} for each in range(number)]})
        limit(aws, "vpc", "L-F678F1CE", 5.0, default=default)
        [check] = aws.ask("Quota: VPCs")
        assert (check.found, check.needed, check.fails) == (f"{number} of 5 in use", "1 more", number == 5)
    assert check.remedy == (
        "Ask for more: aws service-quotas request-service-quota-increase --service-code vpc --quota-code L-F678F1CE "
        "--desired-value 6 --region us-east-1"
    )


def test_what_is_deployed_is_not_added(aws: Aws) -> None:
    [address] = aws.templates["vpc"]["resource"]["aws_vpc"]
    aws.known["vpc"] = {f"aws_vpc.{address}"}
    aws.fine("Quota: VPCs")  # and nothing is asked


@pytest.mark.parametrize(("there", "fails"), [(4, False), (5, True)])
def test_an_address_more_fits_or_not(aws: Aws, there: int, fails: bool) -> None:
    found = [{"PublicIp": f"9.9.9.{each}"} for each in range(there)]
    aws.answers("ec2", "describe_addresses", {"Addresses": found})
    limit(aws, "ec2", "L-0263D0A3", 5.0)
    [check] = aws.ask("Quota: Elastic IP addresses")
    assert (check.found, check.fails) == (f"{there} of 5 in use", fails)


@pytest.mark.parametrize(("zone", "used"), [("us-east-1a", 5), ("us-east-1b", 0)])
def test_gateways_are_counted_in_the_zone_that_gets_one(aws: Aws, zone: str, used: int) -> None:
    aws.answers(
        "ec2",
        "describe_nat_gateways",
        {"NatGateways": [{"SubnetId": "subnet-1"}] * 5},
        Filter=[{"Name": "state", "Values": ["pending", "available", "deleting"]}],
    )
    aws.answers("ec2", "describe_subnets", {"Subnets": [{"SubnetId": "subnet-1", "AvailabilityZone": zone}]})
    limit(aws, "vpc", "L-FE5A380F", 5.0)
    [check] = aws.ask("Quota: NAT gateways in a zone")
    assert (check.found, check.needed, check.fails) == (f"{used} of 5 in use", "1 more", used == 5)


def instances(aws: Aws, *kinds: str, lifecycle: str = "") -> None:
    aws.answers(
        "ec2",
        "describe_instance_types",
        {"InstanceTypes": [{"InstanceType": "t3.large", "VCpuInfo": {"DefaultVCpus": 2}}]},
    )
    bought: dict[str, Any] = {"InstanceLifecycle": lifecycle} if lifecycle else {}
    cpu = {"CoreCount": 4, "ThreadsPerCore": 2}
    found = [{"InstanceType": kind, "CpuOptions": cpu, **bought} for kind in kinds]
    aws.answers("ec2", "describe_instances", {"Reservations": [{"Instances": found}]})


def test_processors_of_standard_instances_are_counted_as_they_are_bought(aws: Aws) -> None:
    # Two nodes at least and two hosts, with two each. Others have quotas of their own.
    instances(aws, "m7i.2xlarge", "im4gn.large", "g5.2xlarge", "inf2.xlarge", "dl1.24xlarge", "x2idn.16xlarge")
    limit(aws, "ec2", "L-1216C47A", 24.0)
    [check] = aws.ask("Quota: vCPUs on demand")
    assert (check.found, check.needed, check.fails) == ("16 of 24 in use", "8 more", False)

    instances(aws, "m7i.2xlarge", lifecycle="spot")
    limit(aws, "ec2", "L-1216C47A", 5.0)
    [check] = aws.ask("Quota: vCPUs on demand")
    assert (check.found, check.needed, check.fails) == ("0 of 5 in use", "8 more", True)
    aws.fine("Quota: vCPUs of Spot")  # none is asked for

    for each in aws.resources("aws_eks_node_group"):
        each["capacity_type"] = "SPOT"
    instances(aws, "m7i.2xlarge", lifecycle="spot")
    limit(aws, "ec2", "L-34B43A08", 12.0)
    [check] = aws.ask("Quota: vCPUs of Spot")
    assert (check.found, check.needed, check.fails) == ("8 of 12 in use", "4 more", False)
