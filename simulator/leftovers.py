"""What is left in an AWS account that a new account would not have."""

from collections.abc import Callable
from typing import Any

import jmespath

from catalogue import ASKED, RESOURCES
from simulator import ACCOUNT

# What AWS makes of ours, or what people add to it.
OTHERS = (
    ("autoscaling", "describe_auto_scaling_groups", "AutoScalingGroups[].AutoScalingGroupName"),
    ("ec2", "describe_network_acls", "NetworkAcls[?!IsDefault].NetworkAclId"),
    ("ec2", "describe_snapshots", "Snapshots[].SnapshotId"),
    ("rds", "describe_db_snapshots", "DBSnapshots[].DBSnapshotIdentifier"),
)
# moto has the snapshots of all images of others.
ARGUMENTS = ASKED | {"describe_snapshots": {"Filters": [{"Name": "owner-id", "Values": [ACCOUNT]}]}}
LISTINGS = [*((each.service, *each.listing) for each in RESOURCES.values() if each.listing), *OTHERS]


def leftovers(client: Callable[[str], Any]) -> list[str]:
    """One line for each resource, such as `s3 my-bucket`. client makes the boto3 client of a service."""
    clients = {service: client(service) for service, _, _ in LISTINGS}
    found = [
        f"{service} {name}"
        for service, operation, names in LISTINGS
        for name in list_of(clients[service], operation, names)
    ]
    kms = clients["kms"]
    of_aws = list_of(kms, "list_aliases", "Aliases[?starts_with(AliasName, 'alias/aws/')].TargetKeyId")
    for key in sorted({*list_of(kms, "list_keys", "Keys[].KeyId")} - {*of_aws}):
        if kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"] != "PendingDeletion":
            found.append(f"kms {key}")
    return sorted(found)


def list_of(client: Any, operation: str, names: str) -> list[str]:
    arguments: dict[str, Any] = ARGUMENTS.get(operation, {})
    if client.can_paginate(operation):
        pages = client.get_paginator(operation).paginate(**arguments).search(names)
        return [name for name in pages if name is not None]  # an answer without anything may leave the list out
    return list(jmespath.search(names, getattr(client, operation)(**arguments)) or [])
