"""Whether what the stacks add fits into the quotas of the account.

Source of the codes: `aws service-quotas list-service-quotas`, and PyPI aws-quota-checker.
"""

import math
import re
from collections.abc import Callable, Iterator
from functools import partial

from botocore.exceptions import ClientError

from operations.checks import Check
from operations.preflight.question import ZONE, Question

STANDARD = re.compile(r"(a|c|d|h|i|im|is|m|r|t|z)\d")  # the families A, C, D, H, I, M, R, T and Z share a quota
Use = tuple[int, int]  # what is there, and what a deploy adds
Row = tuple[str, str, Callable[[Question], Use]]


def quota(question: Question, row: Row) -> Iterator[Check]:
    service, code, use = row
    used, adds = use(question)
    if not adds:
        return
    client, which = question.client("service-quotas"), {"ServiceCode": service, "QuotaCode": code}
    try:
        answer = client.get_service_quota(**which)
    except ClientError as error:  # of a quota that the account has never changed
        if error.response["Error"]["Code"] != "NoSuchResourceException":
            raise
        answer = client.get_aws_default_service_quota(**which)
    limit = int(answer["Quota"]["Value"])
    request = (
        f"aws service-quotas request-service-quota-increase --service-code {service} --quota-code {code} "
        f"--desired-value {used + adds} --region {question.context.settings.region}"
    )
    remedy = f"Ask for more: {request}" if used + adds > limit else ""
    yield Check("", f"{used} of {limit} in use", remedy, f"{adds} more")


def counted(kind: str, operation: str, query: str, question: Question) -> Use:
    new = len(question.arguments(kind, new=True))
    return len(question.pages("ec2", operation, query)) if new else 0, new


def gateways(question: Question) -> Use:
    """In the zone that has the most of them then."""
    new = [zone for each in question.arguments("aws_nat_gateway", new=True) for zone in ZONE.findall(each["subnet_id"])]
    if not new:
        return 0, 0
    states = [{"Name": "state", "Values": ["pending", "available", "deleting"]}]
    subnets = question.pages("ec2", "describe_nat_gateways", "NatGateways[].SubnetId", Filter=states)
    places = dict(question.pages("ec2", "describe_subnets", "Subnets[].[SubnetId, AvailabilityZone]"))
    there = [places.get(subnet) for subnet in subnets]
    return max(((there.count(zone), new.count(zone)) for zone in new), key=sum)


def processors(question: Question, lifecycle: str | None = None) -> Use:
    """vCPUs of standard instances: on demand, or spot."""
    added = [
        (each["instance_types"], each["scaling_config"]["min_size"])
        for each in question.arguments("aws_eks_node_group", new=True)
        if (each["capacity_type"] == "SPOT") == bool(lifecycle)
    ]
    if not lifecycle:
        added += [([each["instance_type"]], 1) for each in question.arguments("aws_instance", new=True)]
    kinds = sorted({kind for types, _ in added for kind in types if STANDARD.match(kind)})
    if not kinds:
        return 0, 0
    query, named = "InstanceTypes[].[InstanceType, VCpuInfo.DefaultVCpus]", [{"Name": "instance-type", "Values": kinds}]
    sizes = dict(question.pages("ec2", "describe_instance_types", query, Filters=named))
    query = "Reservations[].Instances[].[InstanceType, InstanceLifecycle, CpuOptions.[CoreCount, ThreadsPerCore]]"
    states = [{"Name": "instance-state-name", "Values": ["pending", "running"]}]
    there = question.pages("ec2", "describe_instances", query, Filters=states)
    used = sum(math.prod(cpu or [0]) for kind, bought, cpu in there if STANDARD.match(kind) and bought == lifecycle)
    return used, sum(number * max(sizes.get(kind, 0) for kind in types) for types, number in added)


# By service and code, what an account has and gets of it.
QUOTAS: dict[str, Row] = {
    "VPCs": ("vpc", "L-F678F1CE", partial(counted, "aws_vpc", "describe_vpcs", "Vpcs[].VpcId")),
    "Elastic IP addresses": (
        *("ec2", "L-0263D0A3"),
        partial(counted, "aws_eip", "describe_addresses", "Addresses[].PublicIp"),
    ),
    "NAT gateways in a zone": ("vpc", "L-FE5A380F", gateways),
    "vCPUs on demand": ("ec2", "L-1216C47A", processors),
    "vCPUs of Spot": ("ec2", "L-34B43A08", partial(processors, lifecycle="spot")),
}
