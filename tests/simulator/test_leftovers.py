"""A new account has nothing left; what is made shows up until it is gone."""

from collections.abc import Iterator

import pytest

from simulator.leftovers import LISTINGS, leftovers, list_of
from simulator.process import start, stop
from tests.simulator.conftest import Aws

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Aws]:
    directory = tmp_path_factory.mktemp("account")
    yield Aws(start(directory).endpoint, extended=True)
    stop(directory)


def test_a_new_account_is_empty(account: Aws) -> None:
    assert leftovers(account) == []


def test_what_is_made_is_named(account: Aws) -> None:
    ec2, kms, logs, ssm = account("ec2"), account("kms"), account("logs"), account("ssm")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/24")["Subnet"]["SubnetId"]
    logs.create_log_group(logGroupName="/aws/vpc/flow")
    ssm.put_parameter(Name="/runner/token", Value="none", Type="SecureString")
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    volume = ec2.create_volume(AvailabilityZone="us-east-1a", Size=1)["VolumeId"]
    snapshot = ec2.create_snapshot(VolumeId=volume)["SnapshotId"]
    ec2.delete_volume(VolumeId=volume)

    found = [f"ec2 {snapshot}", f"ec2 {subnet}", f"ec2 {vpc}", f"kms {key}", "logs /aws/vpc/flow", "ssm /runner/token"]
    assert leftovers(account) == found

    ec2.delete_subnet(SubnetId=subnet)
    ec2.delete_vpc(VpcId=vpc)
    ec2.delete_snapshot(SnapshotId=snapshot)
    logs.delete_log_group(logGroupName="/aws/vpc/flow")
    ssm.delete_parameter(Name="/runner/token")
    kms.schedule_key_deletion(KeyId=key)
    assert leftovers(account) == []


def test_log_groups_that_aws_makes_again_are_not_ours(account: Aws) -> None:
    logs, ours = account("logs"), "/aws/eks/ours/cluster"
    for name in ("/aws/eks/gone/cluster", "RDSOSMetrics", ours):
        logs.create_log_group(logGroupName=name)
    logs.put_retention_policy(logGroupName=ours, retentionInDays=7)

    assert leftovers(account) == [f"logs {ours}"]
    logs.delete_log_group(logGroupName=ours)


def test_keys_that_aws_makes_are_not_ours(account: Aws) -> None:
    secret = account("secretsmanager").create_secret(Name="secret", SecretString="value")

    assert [each for each in leftovers(account) if each.startswith("kms")] == []
    account("secretsmanager").delete_secret(SecretId=secret["ARN"], ForceDeleteWithoutRecovery=True)


def test_an_answer_without_a_list_names_nothing(account: Aws) -> None:
    """SQS leaves QueueUrls out where there is no queue."""
    assert list_of(account("sqs"), "list_queues", "QueueUrls") == []


def test_every_listing_names_an_action_that_exists(account: Aws) -> None:
    for service, operation, _ in LISTINGS:
        assert hasattr(account(service), operation), f"{service}:{operation}"
