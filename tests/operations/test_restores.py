"""The commands of the runbook about backups, as they stand there, by the real aws command on the simulated AWS."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from operations.context import Context
from simulator.process import clean_environment
from tests.conftest import ROOT

pytestmark = [pytest.mark.slow, pytest.mark.skipif(not shutil.which("aws"), reason="the aws command is not on PATH")]

PAGE = (ROOT / "docs" / "runbooks" / "backups.md").read_text()


class Shell:
    def __init__(self, context: Context, folder: Path) -> None:
        self._folder = folder
        self._environment = clean_environment(os.environ) | context.variables
        self._environment |= {
            "ENVIRONMENT": "staging",
            "PLATFORM": "realworld-staging",
            "AWS_DEFAULT_REGION": "us-east-1",
        }

    def run(self, heading: str, start: str, **values: str) -> str:
        """What the command of that section says which starts so. Its <names> get these values."""
        [section] = re.findall(rf"^## {heading}\n(.*?)(?=^## |\Z)", PAGE, re.DOTALL | re.MULTILINE)
        [command, *_] = [line.strip() for line in section.splitlines() if line.startswith(f"    {start}")]
        command = re.sub(r"<(\w+)>", lambda match: values[match[1]], command)
        said = subprocess.run(
            ["sh", "-c", command], env=self._environment, cwd=self._folder, capture_output=True, text=True, check=False
        )
        assert said.returncode == 0, said.stderr
        return said.stdout.strip()


@pytest.fixture
def shell(context: Context, tmp_path: Path) -> Shell:
    return Shell(context, tmp_path)


def test_an_older_version_of_a_state_is_the_newest_again(context: Context, shell: Shell) -> None:
    s3, names = context.client("s3"), context.settings.names
    s3.put_bucket_versioning(Bucket=names.state_bucket, VersioningConfiguration={"Status": "Enabled"})
    where = {"Bucket": names.state_bucket, "Key": "staging/vpc.tfstate"}
    for text in ("good", "bad"):
        s3.put_object(**where, Body=text)
    title, values = "An older version of a stack's state", {"bucket": names.state_bucket, "stack": "vpc"}

    rows = [line.split() for line in shell.run(title, "aws s3api list", **values).splitlines()]
    assert len(rows) == 2
    [older] = [version for _, version, size in rows if size == "4"]
    shell.run(title, "aws s3api get", VersionId=older, **values)
    shell.run(title, "aws s3api put", **values)
    shell.run(title, "rm")

    assert s3.get_object(**where)["Body"].read() == b"good"
    assert len(s3.list_object_versions(Bucket=names.state_bucket, Prefix=where["Key"])["Versions"]) == 3


@pytest.fixture
def host(context: Context) -> Iterator[tuple[str, str]]:
    """An instance, and the volume of which there are snapshots."""
    ec2 = context.client("ec2")
    image = ec2.describe_images()["Images"][0]["ImageId"]
    instance = ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1)["Instances"][0]["InstanceId"]
    tags = [{"ResourceType": "snapshot", "Tags": [{"Key": "Name", "Value": "realworld-staging-monitoring-data"}]}]
    volume = ec2.create_volume(AvailabilityZone="us-east-1a", Size=20)["VolumeId"]
    for _ in range(2):
        ec2.create_snapshot(VolumeId=volume, TagSpecifications=tags)
    yield instance, volume
    ec2.terminate_instances(InstanceIds=[instance])
    ec2.delete_volume(VolumeId=volume)
    for each in ec2.describe_snapshots(Filters=[{"Name": "volume-id", "Values": [volume]}])["Snapshots"]:
        ec2.delete_snapshot(SnapshotId=each["SnapshotId"])


def test_a_volume_of_a_snapshot_stands_beside_the_first_and_goes_again(
    context: Context, shell: Shell, host: tuple[str, str]
) -> None:
    ec2, title = context.client("ec2"), "The monitoring volume from a snapshot"

    snapshots = shell.run(title, "aws ec2 describe-snapshots").splitlines()
    assert len(snapshots) == 2
    newest = snapshots[-1].split()[0]
    volume = shell.run(title, "aws ec2 create", SnapshotId=newest, zone="us-east-1a")
    shell.run(title, "aws ec2 wait", VolumeId=volume)
    shell.run(title, "aws ec2 attach", VolumeId=volume, InstanceId=host[0])

    [found] = ec2.describe_volumes(VolumeIds=[volume])["Volumes"]
    assert found["SnapshotId"] == newest
    assert [each["InstanceId"] for each in found["Attachments"]] == [host[0]]

    for command in ("aws ec2 detach", "aws ec2 wait", "aws ec2 delete"):
        shell.run(title, command, VolumeId=volume, InstanceId=host[0])
    assert volume not in [each["VolumeId"] for each in ec2.describe_volumes()["Volumes"]]


def test_a_deleted_secret_has_its_value_again(context: Context, shell: Shell) -> None:
    secrets, name = context.client("secretsmanager"), "realworld-staging/jwt-secret"
    secrets.create_secret(Name=name, SecretString="canary")
    secrets.delete_secret(SecretId=name, RecoveryWindowInDays=30)

    [row] = shell.run("A deleted secret", "aws secretsmanager list").splitlines()
    assert row.split()[0] == name
    shell.run("A deleted secret", "aws secretsmanager restore", name=name)

    assert secrets.get_secret_value(SecretId=name)["SecretString"] == "canary"
    assert shell.run("A deleted secret", "aws secretsmanager list") == ""
    secrets.delete_secret(SecretId=name, ForceDeleteWithoutRecovery=True)
