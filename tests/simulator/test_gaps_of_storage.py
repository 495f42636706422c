"""S3, RDS, AWS Backup and EC2: the test names the behaviour, the decorator what plain moto does instead."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.simulator.conftest import Aws, missing_in_moto

pytestmark = pytest.mark.slow


@missing_in_moto(AssertionError, "Internal Server Error")
def test_an_unknown_action_fails_at_once_and_says_its_name(aws: Aws) -> None:
    with pytest.raises(ClientError, match="kms:DescribeCustomKeyStores") as error:
        aws("kms").describe_custom_key_stores()

    assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501


@missing_in_moto(KeyError, "NewerNoncurrentVersions")
def test_a_lifecycle_rule_keeps_the_number_of_versions(aws: Aws) -> None:
    s3 = aws("s3")
    s3.create_bucket(Bucket="lifecycle")
    expiration = {"NoncurrentDays": 90, "NewerNoncurrentVersions": 10}
    rules = [
        {"ID": "first", "Status": "Enabled", "Filter": {"Prefix": "a"}, "Expiration": {"Days": 3}},
        {"ID": "old", "Status": "Enabled", "Filter": {"Prefix": ""}, "NoncurrentVersionExpiration": expiration},
    ]
    s3.put_bucket_lifecycle_configuration(Bucket="lifecycle", LifecycleConfiguration={"Rules": rules})

    found = s3.get_bucket_lifecycle_configuration(Bucket="lifecycle")["Rules"]

    assert "NoncurrentVersionExpiration" not in found[0]
    assert found[1]["NoncurrentVersionExpiration"]["NewerNoncurrentVersions"] == 10


@missing_in_moto(ClientError, "AccessDenied|Forbidden|403")
def test_a_bucket_policy_that_denies_plain_http_lets_the_rest_in(aws: Aws) -> None:
    s3 = aws("s3")
    s3.create_bucket(Bucket="tls-only")
    statement = {
        "Effect": "Deny",
        "Principal": {"AWS": "*"},
        "Action": "s3:*",
        "Resource": ["arn:aws:s3:::tls-only", "arn:aws:s3:::tls-only/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    s3.put_bucket_policy(Bucket="tls-only", Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))

    s3.put_object(Bucket="tls-only", Key="state", Body=b"1")

    assert s3.get_object(Bucket="tls-only", Key="state")["Body"].read() == b"1"


@missing_in_moto(AssertionError, r"\[\] == \[")
def test_a_bucket_that_was_versioned_is_emptied_version_by_version(aws: Aws) -> None:
    s3 = aws("s3")
    s3.create_bucket(Bucket="suspended")
    s3.put_bucket_versioning(Bucket="suspended", VersioningConfiguration={"Status": "Enabled"})
    first, second = (s3.put_object(Bucket="suspended", Key="file", Body=body)["VersionId"] for body in (b"1", b"2"))
    s3.put_bucket_versioning(Bucket="suspended", VersioningConfiguration={"Status": "Suspended"})

    s3.delete_object(Bucket="suspended", Key="file", VersionId=second)

    left = s3.list_object_versions(Bucket="suspended").get("Versions", [])
    assert [each["VersionId"] for each in left] == [first]


@missing_in_moto(ClientError, "500|Internal Server Error")
def test_a_bucket_that_was_versioned_is_emptied_of_what_a_deletion_left(aws: Aws) -> None:
    s3 = aws("s3")
    s3.create_bucket(Bucket="marked")
    s3.put_bucket_versioning(Bucket="marked", VersioningConfiguration={"Status": "Enabled"})
    version = s3.put_object(Bucket="marked", Key="file", Body=b"1")["VersionId"]
    marker = s3.delete_object(Bucket="marked", Key="file")["VersionId"]
    s3.put_bucket_versioning(Bucket="marked", VersioningConfiguration={"Status": "Suspended"})

    both = [{"Key": "file", "VersionId": each} for each in (version, marker)]
    s3.delete_objects(Bucket="marked", Delete={"Objects": both})

    s3.delete_bucket(Bucket="marked")


@missing_in_moto(AssertionError, "launch-template")
def test_a_launch_template_does_not_take_its_own_tags_for_those_of_instances(aws: Aws) -> None:
    ec2 = aws("ec2")
    of_template = {"ResourceType": "launch-template", "Tags": [{"Key": "stack", "Value": "eks"}]}
    of_instance = {"ResourceType": "instance", "Tags": [{"Key": "Name", "Value": "node"}]}
    for name, data in {"bare": {"ImageId": "ami-1"}, "tagged": {"TagSpecifications": [of_instance]}}.items():
        ec2.create_launch_template(LaunchTemplateName=name, LaunchTemplateData=data, TagSpecifications=[of_template])

    data = {
        name: ec2.describe_launch_template_versions(LaunchTemplateName=name)["LaunchTemplateVersions"][0][
            "LaunchTemplateData"
        ]
        for name in ("bare", "tagged")
    }

    assert [each["ResourceType"] for each in data["tagged"]["TagSpecifications"]] == ["instance"]
    assert "TagSpecifications" not in data["bare"]


@missing_in_moto(AssertionError, "eni-")
def test_a_nat_gateway_takes_its_network_interface_with_it(aws: Aws) -> None:
    ec2 = aws("ec2")
    before = ec2.describe_network_interfaces()["NetworkInterfaces"]
    subnet = ec2.describe_subnets()["Subnets"][0]["SubnetId"]
    address = ec2.allocate_address(Domain="vpc")["AllocationId"]
    gateway = ec2.create_nat_gateway(SubnetId=subnet, AllocationId=address)["NatGateway"]["NatGatewayId"]
    ec2.delete_nat_gateway(NatGatewayId=gateway)
    ec2.release_address(AllocationId=address)

    left = [each for each in ec2.describe_network_interfaces()["NetworkInterfaces"] if each not in before]
    assert [each["NetworkInterfaceId"] for each in left] == []


def database(aws: Aws, name: str, **settings: Any) -> Any:
    return aws("rds").create_db_instance(
        DBInstanceIdentifier=name,
        DBInstanceClass="db.t4g.micro",
        Engine="postgres",
        AllocatedStorage=20,
        ManageMasterUserPassword=True,
        MasterUsername="realworld",
        **settings,
    )["DBInstance"]


@missing_in_moto(AssertionError, "None is True")
def test_performance_insights_stay_visible(aws: Aws) -> None:
    found = database(aws, "insights", EnablePerformanceInsights=True, PerformanceInsightsRetentionPeriod=31)

    assert found.get("PerformanceInsightsEnabled") is True
    assert found["PerformanceInsightsRetentionPeriod"] == 31


@missing_in_moto(AssertionError, "'rds-ca-default' in")
def test_the_authority_of_certificates_is_one_of_aws(aws: Aws) -> None:
    found = database(aws, "authority")

    names = {"rds-ca-rsa2048-g1", "rds-ca-rsa4096-g1", "rds-ca-ecc384-g1"}  # "Using SSL/TLS" in the RDS guide
    assert found["CACertificateIdentifier"] in names


@missing_in_moto(AssertionError, r"\[\] == \['rds.force_ssl'\]")
def test_a_parameter_that_was_set_says_so(aws: Aws) -> None:
    rds = aws("rds")
    rds.create_db_parameter_group(DBParameterGroupName="tls", DBParameterGroupFamily="postgres17", Description="test")
    parameter = {"ParameterName": "rds.force_ssl", "ParameterValue": "1", "ApplyMethod": "immediate"}
    rds.modify_db_parameter_group(DBParameterGroupName="tls", Parameters=[parameter])

    found = rds.describe_db_parameters(DBParameterGroupName="tls", Source="user")["Parameters"]

    assert [each["ParameterName"] for each in found if each.get("Source") == "user"] == ["rds.force_ssl"]


@missing_in_moto(AssertionError, "ResourceExistsException")
def test_the_name_of_a_secret_stays_taken_while_its_deletion_is_scheduled(aws: Aws) -> None:
    """Terraform tries for two minutes, and says the same then."""
    secrets = aws("secretsmanager")
    secrets.create_secret(Name="scheduled", SecretString="1")
    secrets.delete_secret(SecretId="scheduled", RecoveryWindowInDays=7)

    with pytest.raises(ClientError) as error:
        secrets.create_secret(Name="scheduled", SecretString="2")

    said = "You can't create this secret because a secret with this name is already scheduled for deletion."
    assert str(error.value).startswith("An error occurred (InvalidRequestException)"), error.value
    assert said in str(error.value)
