"""The script that asks AWS, against the simulator: what it asks for has to be a call that AWS knows."""

import ast
import importlib.util
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import boto3
import pytest

from monitoring.bundle import HERE
from simulator.process import Simulator, clean_environment, start, stop

SCRIPT = HERE / "scripts" / "aws_metrics.py"
COMMAND = Path(__file__).with_name("aws_command.py")
REGION = "us-east-1"


@pytest.fixture(scope="module")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulator]:
    directory = tmp_path_factory.mktemp("aws")
    yield start(directory)
    stop(directory)


@pytest.fixture(scope="module")
def client(aws: Simulator) -> Callable[[str], Any]:
    credentials = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
    return lambda service: boto3.client(service, region_name=REGION, endpoint_url=aws.endpoint, **credentials)


@pytest.fixture(scope="module")
def volume(client: Callable[[str], Any]) -> str:
    """A database, a load balancer and a volume, with what CloudWatch would have measured three minutes ago."""
    ec2, elbv2, metrics = client("ec2"), client("elbv2"), client("cloudwatch")
    client("rds").create_db_instance(
        DBInstanceIdentifier="acme",
        DBInstanceClass="db.t4g.medium",
        Engine="postgres",
        AllocatedStorage=20,
        MasterUsername="postgres",
        MasterUserPassword="password",
    )
    tags = [{"Key": "elbv2.k8s.aws/cluster", "Value": "acme"}]
    subnets = [subnet["SubnetId"] for subnet in ec2.describe_subnets()["Subnets"][:2]]
    [balancer] = elbv2.create_load_balancer(Name="api", Subnets=subnets, Tags=tags)["LoadBalancers"]
    elbv2.create_load_balancer(Name="of-somebody-else", Subnets=subnets)
    [network] = ec2.describe_vpcs()["Vpcs"]
    [group] = elbv2.create_target_group(Name="pods", Protocol="HTTP", Port=3000, VpcId=network["VpcId"], Tags=tags)[
        "TargetGroups"
    ]
    of_balancer = {"LoadBalancer": balancer["LoadBalancerArn"].split(":loadbalancer/")[1]}
    of_rule = {"WebACL": "acme", "Region": REGION, "Rule": "passwords"}
    of_group = of_balancer | {"TargetGroup": group["TargetGroupArn"].split(":")[5]}
    minute = datetime.now(UTC).replace(second=0, microsecond=0) - timedelta(minutes=3)
    for namespace, name, value, dimensions, at in (
        # The workflow was here an hour ago.
        ("acme/github", "RunnersOnline", 1, {}, minute - timedelta(hours=1)),
        ("acme/github", "RunnersOnline", 2, {}, minute - timedelta(hours=1, minutes=20)),
        ("acme/github", "RunnerReleaseAge", 86400, {}, minute - timedelta(hours=1)),
        ("acme/github", "DriftIssueAge", 0, {}, minute - timedelta(hours=1)),
        ("AWS/RDS", "CPUUtilization", 42, {"DBInstanceIdentifier": "acme"}, minute),
        # This one is over: it must not be told again and again.
        ("AWS/ApplicationELB", "HTTPCode_Target_5XX_Count", 60, of_balancer, minute - timedelta(minutes=2)),
        ("AWS/ApplicationELB", "HealthyHostCount", 2, of_group, minute - timedelta(minutes=1)),
        # Only the newest minute of a count is told, and others begin before the script asks.
        *(
            (namespace, name, value, dimensions, minute + timedelta(minutes=later))
            for later in range(10)
            for namespace, name, value, dimensions in (
                ("AWS/ApplicationELB", "RequestCount", 600, of_balancer),
                ("AWS/ApplicationELB", "HTTPCode_ELB_5XX_Count", 30, of_balancer),
                ("AWS/WAFV2", "BlockedRequests", 90, of_rule),
            )
        ),
    ):
        named = [{"Name": key, "Value": text} for key, text in dimensions.items()]
        metrics.put_metric_data(
            Namespace=namespace,
            MetricData=[{"MetricName": name, "Dimensions": named, "Timestamp": at, "Value": value}],
        )
    client("backup").create_backup_vault(BackupVaultName="acme")
    alerts = client("sns").create_topic(Name="acme-monitoring")["TopicArn"]
    client("sns").create_topic(Name="acme-monitoring-silent")
    client("sns").subscribe(TopicArn=alerts, Protocol="email", Endpoint="a@acme.test")
    token = {"Name": "/acme/runner/registration-token", "Type": "SecureString", "Overwrite": True}
    for text in ("none", "a token"):
        client("ssm").put_parameter(**token, Value=text)
    client("ssm").put_parameter(Name="/acme/database/restore-drill", Type="String", Value="none")
    client("iam").create_role(RoleName="acme-plan", AssumeRolePolicyDocument="{}")
    for image in ec2.describe_images()["Images"][:1]:
        ec2.run_instances(
            ImageId=image["ImageId"],
            MinCount=1,
            MaxCount=1,
            TagSpecifications=[
                {"ResourceType": "instance", "Tags": [{"Key": "kubernetes.io/cluster/acme", "Value": "owned"}]}
            ],
        )
    volume: str = ec2.create_volume(AvailabilityZone=f"{REGION}a", Size=20)["VolumeId"]
    ec2.create_snapshot(VolumeId=volume)
    return volume


def ask(aws: Simulator, directory: Path, **variables: str) -> tuple[int, str, dict[str, float]]:
    """Exit code, errors, and the metrics by name and labels."""
    (directory / "aws").symlink_to(COMMAND)
    variables = {"CLUSTER": variables["PREFIX"], "DATABASE": variables["PREFIX"]} | variables
    variables |= {"PATH": f"{directory}:{Path(sys.executable).parent}:{os.environ['PATH']}", "REGION": REGION}
    environment = clean_environment(os.environ) | aws.environment(REGION) | variables
    file = directory / "aws.prom"
    result = subprocess.run(
        [sys.executable, SCRIPT, file], env=environment, capture_output=True, text=True, check=False
    )
    samples = re.findall(r"^(\w+\{.*\}) (\S+)$", file.read_text(), re.MULTILINE)
    assert [path.name for path in directory.iterdir() if path.suffix == ".draft"] == []
    return result.returncode, result.stderr, {name: float(value) for name, value in samples}


@pytest.mark.slow
def test_it_tells_what_aws_measured(aws: Simulator, volume: str, tmp_path: Path) -> None:
    topic = "arn:aws:sns:us-east-1:123456789012:acme-monitoring"
    topics = {"TOPICS": f"{topic}=2 {topic}-silent=0", "DATABASE_TOPIC": f"{topic}=2"}
    code, errors, found = ask(
        aws, tmp_path, PREFIX="acme", VOLUME_ID=volume, BACKUP_VAULT="acme", LIMITS="requests passwords", **topics
    )

    assert (code, errors) == (0, "")
    now = datetime.now(UTC).timestamp()
    assert now - 60 < found.pop(f'aws_ebs_snapshot_time_seconds{{volume="{volume}"}}') <= now
    assert now - 60 < found.pop('aws_workflow_time_seconds{workflow="runner-token"}') <= now
    assert now - 60 < found.pop('aws_workflow_time_seconds{workflow="restore-drill"}') <= now
    [image] = [name for name in found if name.startswith("aws_node_image_time_seconds{image=")]
    assert 0 < found.pop(image) < now
    assert found.pop('aws_rds_latest_restorable_time_seconds{instance_identifier="acme"}') > now - 60
    assert found == {
        'aws_alb_elb_5xx_per_second{load_balancer="api"}': 0.5,
        'aws_alb_healthy_hosts{load_balancer="api",target_group="pods"}': 2,
        'aws_alb_requests_per_second{load_balancer="api"}': 10,
        'aws_alb_target_5xx_per_second{load_balancer="api"}': 0,
        'aws_backup_recovery_point_time_seconds{vault="acme"}': 0,
        "aws_github_drift_issue_age_seconds{}": 0,
        "aws_github_runner_release_age_seconds{}": 86400,
        "aws_github_runners_online{}": 1,
        'aws_metrics_up{source="backup"}': 1,
        'aws_metrics_up{source="elasticloadbalancing"}': 1,
        'aws_metrics_up{source="images"}': 1,
        'aws_metrics_up{source="rds"}': 1,
        'aws_metrics_up{source="snapshots"}': 1,
        'aws_metrics_up{source="sns"}': 1,
        'aws_metrics_up{source="wafv2"}': 1,
        'aws_metrics_up{source="workflows"}': 1,
        'aws_waf_blocked_per_second{rule="passwords"}': 1.5,
        'aws_waf_blocked_per_second{rule="requests"}': 0,
        'aws_sns_subscriptions_confirmed{topic="acme-monitoring"}': 1,
        'aws_sns_subscriptions_confirmed{topic="acme-monitoring-silent"}': 0,
        'aws_sns_subscriptions_wanted{topic="acme-monitoring"}': 2,
        'aws_sns_subscriptions_wanted{topic="acme-monitoring-silent"}': 0,
        'aws_rds_allocated_storage_bytes{instance_identifier="acme"}': 20 * 2**30,
        'aws_rds_cpu_utilization_percent{instance_identifier="acme"}': 42,
    }


@pytest.mark.slow
def test_what_is_not_there_takes_nothing_else_with_it(aws: Simulator, volume: str, tmp_path: Path) -> None:
    code, errors, found = ask(aws, tmp_path, PREFIX="absent", VOLUME_ID=volume)

    assert code == 1
    assert errors.startswith("rds describe-db-instances: ")
    assert found['aws_metrics_up{source="rds"}'] == 0
    assert found['aws_metrics_up{source="snapshots"}'] == 1
    assert f'aws_ebs_snapshot_time_seconds{{volume="{volume}"}}' in found
    assert not [name for name in found if name.startswith(("aws_rds", "aws_backup", "aws_waf"))]


@pytest.fixture
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("aws_metrics", SCRIPT)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_only_a_complete_copy_counts_as_a_backup(script: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    points = [
        {"Status": "COMPLETED", "CreationDate": "2026-11-01T05:00:00+00:00"},
        {"Status": "COMPLETED", "CreationDate": "2026-11-02T05:00:00Z"},
        {"Status": "PARTIAL", "CreationDate": "2026-11-03T05:00:00+00:00"},
    ]
    monkeypatch.setenv("BACKUP_VAULT", "acme")
    monkeypatch.setattr(script, "aws", lambda *_, **__: {"RecoveryPoints": points})

    expected = datetime(2026, 11, 2, 5, tzinfo=UTC).timestamp()
    assert script.backups(datetime.now(UTC)) == [
        ("aws_backup_recovery_point_time_seconds", {"vault": "acme"}, expected)
    ]


def test_nobody_is_said_to_hear_who_has_not_confirmed(script: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    arns = ["arn:aws:sns:us-east-1:1:acme:1", "PendingConfirmation", "Deleted"]
    monkeypatch.setenv("TOPICS", "arn:aws:sns:us-east-1:1:acme=3")
    monkeypatch.setattr(script, "aws", lambda *_, **__: {"Subscriptions": [{"SubscriptionArn": arn} for arn in arns]})

    assert script.subscriptions(datetime.now(UTC)) == [
        ("aws_sns_subscriptions_confirmed", {"topic": "acme"}, 1),
        ("aws_sns_subscriptions_wanted", {"topic": "acme"}, 3),
    ]


@pytest.mark.parametrize(
    ("version", "used", "expected"), [(1, {}, {}), (2, {"LastUsedDate": "1970-01-01T00:00:05Z"}, 5)]
)
def test_a_workflow_that_never_was_is_not_missed(
    script: ModuleType, monkeypatch: pytest.MonkeyPatch, version: int, used: dict[str, str], expected: object
) -> None:
    monkeypatch.setenv("PREFIX", "acme")
    parameters = [
        {"Name": "/acme/runner/registration-token", "Version": version, "LastModifiedDate": "1970-01-01T00:00:05+00:00"}
    ]
    answers = {
        "get-metric-data": {"MetricDataResults": [{"Id": f"q{n}", "Timestamps": [], "Values": []} for n in range(3)]},
        "describe-parameters": {"Parameters": parameters},
        "get-role": {"Role": {"RoleLastUsed": used}},
    }
    monkeypatch.setattr(script, "aws", lambda _, operation, **__: answers[operation])

    found = {labels["workflow"]: value for _, labels, value in script.workflows(datetime.now(UTC))}
    assert found == (expected and {"runner-token": expected, "drift": expected})


def test_the_python_of_amazon_linux_can_read_it() -> None:
    ast.parse(SCRIPT.read_text(), feature_version=(3, 9))
    with pytest.raises(SyntaxError):
        ast.parse("match 1:\n    case 1: pass", feature_version=(3, 9))
