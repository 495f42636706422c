"""What AWS's own models do not allow is refused, in AWS's words, whatever the protocol."""

import re
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.simulator.conftest import Aws

pytestmark = pytest.mark.slow

ROLE = "arn:aws:iam::123456789012:role/a"
GROUP = {"clusterName": "c", "nodegroupName": "n", "subnets": ["subnet-1"], "nodeRole": ROLE}
POLICY = {"ExecutionRoleArn": ROLE, "Description": "a", "State": "ENABLED"}
ZONE = {"Name": "a.test", "CallerReference": "1"}
STORAGE = {"Rules": [{"ID": "a", "Status": "On", "Filter": {"Prefix": ""}}]}


def must(value: str, path: str, what: str) -> str:
    return f"Value {value} at '{path}' failed to satisfy constraint: Member must {what}"


def refused(aws: Aws, service: str, operation: str, arguments: dict[str, Any], **body: Any) -> str:
    """What the simulator says to a request that boto3 has not looked at; body replaces a part of what it sends."""
    client = boto3.client(
        service,
        region_name="us-east-1",
        endpoint_url=aws.endpoint,
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(parameter_validation=False, retries={"total_max_attempts": 1}),
    )

    def change(params: dict[str, Any], **_: Any) -> None:
        if isinstance(params["body"], dict):
            params["body"] |= body
        else:
            for before, after in body.items():
                params["body"] = params["body"].replace(before.encode(), after.encode())

    client.meta.events.register("before-call", change)
    with pytest.raises(ClientError) as error:
        getattr(client, operation)(**arguments)
    assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    said = error.value.response["Error"]
    return f"{said['Code']}: {said['Message']}"


ONE = "1 validation error detected: "
CASES: list[tuple[str, str, dict[str, Any], str]] = [
    # query
    ("iam", "create_role", {"RoleName": "a b", "AssumeRolePolicyDocument": "{}"},
     "ValidationError: " + ONE + must("'a b'", "roleName", r"satisfy regular expression pattern: [\w+=,.@-]+")),
    ("iam", "create_role", {"RoleName": "a" * 65},
     "ValidationError: 2 validation errors detected: "
     + must(f"'{'a' * 65}'", "roleName", "have length less than or equal to 64") + "; "
     + must("null", "assumeRolePolicyDocument", "not be null")),
    ("rds", "create_db_instance", {"DBInstanceIdentifier": "a", "Engine": "postgres"},
     "InvalidParameterValue: " + ONE + must("null", "dBInstanceClass", "not be null")),
    # ec2
    ("ec2", "run_instances", {"MinCount": 1, "MaxCount": 1, "InstanceType": "t3.huge"},
     "InvalidParameterValue: Value (t3.huge) for parameter instanceType is invalid"),
    ("ec2", "create_subnet", {"CidrBlock": "10.0.0.0/24"},
     "MissingParameter: The request must contain the parameter vpcId"),
    # json
    ("kms", "create_alias", {"AliasName": "alias/a b", "TargetKeyId": "1"},
     "ValidationException: " + ONE
     + must("'alias/a b'", "aliasName", "satisfy regular expression pattern: ^[a-zA-Z0-9:/_-]+$")),
    ("logs", "create_log_group", {"logGroupName": "a", "tags": {"a": "x|y"}},
     "InvalidParameterException: " + ONE + must("'x|y'", "tags.a.member", "satisfy regular expression pattern")),
    ("ecr", "create_repository", {"repositoryName": "a", "imageTagMutability": "SOMETIMES"},
     "InvalidParameterException: 2 validation errors detected"),
    ("logs", "put_retention_policy", {"logGroupName": "a", "retentionInDays": "seven"},
     "SerializationException: PutRetentionPolicy cannot be read: Days is not of the type integer"),
    ("secretsmanager", "create_secret", {"Name": "a", "SecretString": "x" * 65537},
     "ValidationException: " + ONE + must("'***'", "secretString", "have length less than or equal to 65536")),
    # rest-json
    ("eks", "create_nodegroup", GROUP | {"scalingConfig": {"minSize": -1}},
     "InvalidParameterException: " + ONE
     + must("'-1'", "scalingConfig.minSize", "have value greater than or equal to 0")),
    ("dlm", "create_lifecycle_policy", POLICY | {"Description": "a/b"},
     "InvalidRequestException: " + ONE + must("'a/b'", "description", "satisfy regular expression pattern")),
    ("backup", "create_backup_vault", {"BackupVaultName": "a b"},
     "InvalidParameterValueException: " + ONE + must("'a b'", "backupVaultName", "satisfy regular expression pattern")),
    # rest-xml
    ("route53", "create_hosted_zone", ZONE | {"HostedZoneConfig": {"Comment": "x" * 257}},
     "InvalidInput: " + ONE
     + must(f"'{'x' * 257}'", "hostedZoneConfig.comment", "have length less than or equal to 256")),
    ("s3", "put_bucket_lifecycle_configuration", {"Bucket": "a", "LifecycleConfiguration": STORAGE},
     "MalformedXML: " + ONE
     + must("'On'", "lifecycleConfiguration.rules.1.member.status", "satisfy enum value set: [Enabled, Disabled]")),
]  # fmt: skip


@pytest.mark.parametrize(("service", "operation", "arguments", "said"), CASES)
def test_what_the_model_does_not_allow_is_refused(
    simulator: Aws, service: str, operation: str, arguments: dict[str, Any], said: str
) -> None:
    assert refused(simulator, service, operation, arguments).startswith(said)


@pytest.mark.parametrize(
    ("service", "operation", "arguments", "body", "said"),
    [
        ("iam", "list_roles", {}, {"Prefix": "/"}, "ValidationError: .*'Prefix'.* Member must be known"),
        ("ec2", "describe_vpcs", {}, {"Vpcs": "a"}, "UnknownParameter: The parameter Vpcs is not recognized"),
        ("kms", "list_keys", {"Limit": 1}, {"Limit": "Most"}, "ValidationException: .*'Most'.* Member must be known"),
        ("eks", "create_nodegroup", GROUP, {"subnets": "nets"}, "InvalidParameterException: .*'nets'.* be known"),
        (
            *("s3", "put_bucket_versioning", {"Bucket": "a", "VersioningConfiguration": {"Status": "Enabled"}}),
            {"Status>": "State>"},
            "MalformedXML: .*'State'.* Member must be known",
        ),
        ("route53", "create_hosted_zone", ZONE, {"</Name>": ""}, "InvalidInput: CreateHostedZone cannot be read"),
    ],
)
def test_what_the_model_does_not_know_is_refused(
    simulator: Aws, service: str, operation: str, arguments: dict[str, Any], body: dict[str, str], said: str
) -> None:
    assert re.match(said, refused(simulator, service, operation, arguments, **body))
