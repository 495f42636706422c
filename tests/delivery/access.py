"""What policies allow, as IAM decides it: far enough for the policies of the pipelines, and loud where it ends."""

import fnmatch
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any

from moto.iam.aws_managed_policies import aws_managed_policies_data

from tests.conftest import Template, all_of

Policy = Mapping[str, Any]
Context = Mapping[str, str]

# The names of services in the log of the provider, where those of IAM are others.
SERVICES = {
    "Auto Scaling": "autoscaling",
    "CloudWatch Logs": "logs",
    "Route 53": "route53",
    "Secrets Manager": "secretsmanager",
}
# S3 names some of its actions otherwise than its calls.
S3 = {
    "GetBucketAccelerateConfiguration": "GetAccelerateConfiguration",
    "GetBucketCors": "GetBucketCORS",
    "GetBucketEncryption": "GetEncryptionConfiguration",
    "GetBucketLifecycleConfiguration": "GetLifecycleConfiguration",
    "GetBucketReplication": "GetReplicationConfiguration",
    "GetObjectLockConfiguration": "GetBucketObjectLockConfiguration",
    "GetPublicAccessBlock": "GetBucketPublicAccessBlock",
    "HeadBucket": "ListBucket",
    "HeadObject": "GetObject",
    "ListObjectsV2": "ListBucket",
}


def action_of(call: str) -> str:
    """What IAM asks about for a call of the provider, such as SQS:ListQueueTags."""
    service, operation = call.split(":")
    name = S3.get(operation, operation) if service == "S3" else operation
    return f"{SERVICES.get(service, service.lower())}:{name}"


@cache
def managed(name: str) -> Policy:
    """A policy of AWS as moto carries it: the JSON that AWS publishes."""
    document: Policy = json.loads(aws_managed_policies_data)[name]["Document"]
    return document


def policies_of(template: Template, role_name: str) -> list[Policy]:
    """All that is attached to a role of the stack iam."""
    [address] = [key for key, role in template["resource"]["aws_iam_role"].items() if role["name"] == role_name]
    reference = f"${{aws_iam_role.{address}.name}}"
    return [
        *(
            managed(each["policy_arn"].split("/")[-1])
            for each in all_of(template, "aws_iam_role_policy_attachment")
            if each["role"] == reference
        ),
        *(json.loads(each["policy"]) for each in all_of(template, "aws_iam_role_policy") if each["role"] == reference),
    ]


def allows(policies: Iterable[Policy], action: str, resource: str = "arn:any", context: Context | None = None) -> bool:
    """Something allows it, and nothing denies it."""
    effects = {
        statement["Effect"]
        for policy in policies
        for statement in policy["Statement"]
        if _applies(statement, action, resource, context or {})
    }
    return effects == {"Allow"}


def _applies(statement: Mapping[str, Any], action: str, resource: str, context: Context) -> bool:
    return (
        _named(statement, "Action", action)
        and _named(statement, "Resource", resource)
        and all(
            _holds(operator, context.get(key), _listed(values))
            for operator, keys in statement.get("Condition", {}).items()
            for key, values in keys.items()
        )
    )


def _named(statement: Mapping[str, Any], element: str, value: str) -> bool:
    inverted = f"Not{element}" in statement
    patterns = _listed(statement[f"Not{element}" if inverted else element])
    return (_any_of(tuple(patterns), element == "Action").match(value) is not None) != inverted


@cache
def _any_of(patterns: tuple[str, ...], capitals_are_the_same: bool) -> re.Pattern[str]:
    """One pattern, because ReadOnlyAccess has thousands. Capitals are the same in names of actions, not in ARNs."""
    return re.compile("|".join(map(fnmatch.translate, patterns)), re.IGNORECASE if capitals_are_the_same else 0)


def _holds(operator: str, value: str | None, wanted: Sequence[str]) -> bool:
    if operator not in ("Bool", "StringEquals"):
        raise NotImplementedError(f"the condition {operator}")
    return value in wanted


def _listed(value: str | Sequence[str]) -> Sequence[str]:
    return [value] if isinstance(value, str) else value
