#!/usr/bin/env python3
"""What CloudWatch, RDS, AWS Backup, EC2 and others know, as metrics for the textfile collector of node-exporter.

Usage: aws_metrics.py FILE, with REGION, PREFIX, CLUSTER, DATABASE and VOLUME_ID in the environment, TOPICS and
DATABASE_TOPIC: ARNs, each with = and how many people are to hear of it, and LIMITS: the rules of the web ACL. It asks
through the aws command, which the host brings, as does it Python 3.9. A source that fails takes none of the others with
it: its metrics are left out, aws_metrics_up is 0 for it, and the exit code is 1.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, Dict, List, Mapping, NamedTuple, Tuple

Sample = Tuple[str, Mapping[str, str], float]
Metrics = Dict[str, Tuple[str, str, float]]

# CloudWatch has a minute of a load balancer or a database after some two minutes.
DELAY = timedelta(minutes=2)
LOOK_BACK = timedelta(minutes=5)
# A workflow comes every twenty minutes, as far as GitHub is in time.
LOOK_BACK_OF_WORKFLOWS = timedelta(hours=2)

# Metric of CloudWatch, statistic, and what one unit of it becomes.
DATABASE: Metrics = {
    "aws_rds_cpu_utilization_percent": ("CPUUtilization", "Average", 1),
    "aws_rds_freeable_memory_bytes": ("FreeableMemory", "Average", 1),
    "aws_rds_free_storage_bytes": ("FreeStorageSpace", "Average", 1),
    "aws_rds_connections": ("DatabaseConnections", "Maximum", 1),
    "aws_rds_read_latency_seconds": ("ReadLatency", "Average", 1),
    "aws_rds_write_latency_seconds": ("WriteLatency", "Average", 1),
    "aws_rds_read_iops": ("ReadIOPS", "Average", 1),
    "aws_rds_write_iops": ("WriteIOPS", "Average", 1),
}
LOAD_BALANCER: Metrics = {
    "aws_alb_requests_per_second": ("RequestCount", "Sum", 1 / 60),
    "aws_alb_target_5xx_per_second": ("HTTPCode_Target_5XX_Count", "Sum", 1 / 60),
    "aws_alb_elb_5xx_per_second": ("HTTPCode_ELB_5XX_Count", "Sum", 1 / 60),
    "aws_alb_target_response_time_seconds": ("TargetResponseTime", "Average", 1),
}
GITHUB: Metrics = {
    "aws_github_runners_online": ("RunnersOnline", "Minimum", 1),
    "aws_github_runner_release_age_seconds": ("RunnerReleaseAge", "Maximum", 1),
    "aws_github_drift_issue_age_seconds": ("DriftIssueAge", "Maximum", 1),
}
TARGET_GROUP: Metrics = {
    "aws_alb_healthy_hosts": ("HealthyHostCount", "Minimum", 1),
    "aws_alb_unhealthy_hosts": ("UnHealthyHostCount", "Maximum", 1),
}
LIMIT: Metrics = {"aws_waf_blocked_per_second": ("BlockedRequests", "Sum", 1 / 60)}


class Request(NamedTuple):
    """Metrics of one thing in CloudWatch, and the labels that they get."""

    metrics: Metrics
    namespace: str
    dimensions: Mapping[str, str]
    labels: Mapping[str, str]


class SourceError(Exception):
    """AWS did not answer; str() is what the aws command said."""


def aws(service: str, operation: str, **parameters: Any) -> Any:
    command = ["aws", service, operation, "--region", os.environ["REGION"], "--output", "json"]
    result = subprocess.run(
        [*command, "--cli-input-json", json.dumps(parameters)], capture_output=True, text=True, timeout=30, check=False
    )
    if result.returncode != 0:
        raise SourceError(f"{service} {operation}: {' '.join(result.stderr.split())}")
    return json.loads(result.stdout)


def moment(text: str) -> float:
    """Seconds since 1970 of a time as the aws command writes it."""
    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def cloudwatch(requests: List[Request], now: datetime, back: timedelta = LOOK_BACK) -> List[Sample]:
    """The newest value of each metric; of a count, that of the newest minute."""
    end = now.replace(second=0, microsecond=0) - DELAY
    minute = (end - timedelta(minutes=1)).timestamp()
    wanted = [(name, *metric, request) for request in requests for name, metric in request.metrics.items()]
    if not wanted:
        return []
    queries = [
        {
            "Id": f"q{number}",
            "MetricStat": {
                "Metric": {
                    "Namespace": request.namespace,
                    "MetricName": metric,
                    "Dimensions": [{"Name": name, "Value": value} for name, value in request.dimensions.items()],
                },
                "Period": 60,
                "Stat": statistic,
            },
        }
        for number, (_, metric, statistic, _, request) in enumerate(wanted)
    ]
    times = {"StartTime": (end - back).isoformat(), "EndTime": end.isoformat()}
    answer = aws("cloudwatch", "get-metric-data", MetricDataQueries=queries, **times)
    results = {result["Id"]: result for result in answer["MetricDataResults"]}
    samples: List[Sample] = []
    for number, (name, _, statistic, factor, request) in enumerate(wanted):
        result = results[f"q{number}"]
        values = dict(zip(map(moment, result["Timestamps"]), result["Values"]))
        if statistic == "Sum":
            # For a minute without an error nothing is sent, and what an older minute had is over.
            samples.append((name, request.labels, values.get(minute, 0) * factor))
        elif values:
            samples.append((name, request.labels, values[max(values)] * factor))
    return samples


def database(now: datetime) -> List[Sample]:
    """The storage of the instance, up to when it can be restored, and its load."""
    identifier = os.environ["DATABASE"]
    labels = {"instance_identifier": identifier}
    [instance] = aws("rds", "describe-db-instances", DBInstanceIdentifier=identifier)["DBInstances"]
    samples: List[Sample] = [("aws_rds_allocated_storage_bytes", labels, instance["AllocatedStorage"] * 2**30)]
    if "LatestRestorableTime" in instance:  # not before the first backup
        samples.append(("aws_rds_latest_restorable_time_seconds", labels, moment(instance["LatestRestorableTime"])))
    samples += subscriptions(now, "DATABASE_TOPIC")
    return samples + cloudwatch([Request(DATABASE, "AWS/RDS", {"DBInstanceIdentifier": identifier}, labels)], now)


def load_balancers(now: datetime) -> List[Sample]:
    """Those that the controller of the cluster has made, found by the tag that it gives them."""
    tags = [{"Key": "elbv2.k8s.aws/cluster", "Values": [os.environ["CLUSTER"]]}]
    kinds = ["elasticloadbalancing:loadbalancer", "elasticloadbalancing:targetgroup"]
    found = aws("resourcegroupstaggingapi", "get-resources", TagFilters=tags, ResourceTypeFilters=kinds)
    names = [resource["ResourceARN"].split(":", 5)[5] for resource in found["ResourceTagMappingList"]]
    groups = [name for name in names if name.startswith("targetgroup/")]
    requests = []
    for balancer in (name[len("loadbalancer/") :] for name in names if name.startswith("loadbalancer/app/")):
        labels, dimensions = {"load_balancer": balancer.split("/")[1]}, {"LoadBalancer": balancer}
        requests.append(Request(LOAD_BALANCER, "AWS/ApplicationELB", dimensions, labels))
        for group in groups:
            of_group, named = {**dimensions, "TargetGroup": group}, {**labels, "target_group": group.split("/")[1]}
            requests.append(Request(TARGET_GROUP, "AWS/ApplicationELB", of_group, named))
    return cloudwatch(requests, now)


def limits(now: datetime) -> List[Sample]:
    """What the rules of AWS WAF block: https://docs.aws.amazon.com/waf/latest/developerguide/waf-metrics.html"""
    place = {"WebACL": os.environ["PREFIX"], "Region": os.environ["REGION"]}
    rules = os.environ.get("LIMITS", "").split()
    return cloudwatch([Request(LIMIT, "AWS/WAFV2", {**place, "Rule": rule}, {"rule": rule}) for rule in rules], now)


def backups(_: datetime) -> List[Sample]:
    """The newest complete copy in the vault of AWS Backup, or 0; nothing where no vault is kept."""
    vault = os.environ.get("BACKUP_VAULT")
    if not vault:
        return []
    points = aws("backup", "list-recovery-points-by-backup-vault", BackupVaultName=vault)["RecoveryPoints"]
    times = [moment(point["CreationDate"]) for point in points if point["Status"] == "COMPLETED"]
    return [("aws_backup_recovery_point_time_seconds", {"vault": vault}, max(times, default=0))]


def snapshots(_: datetime) -> List[Sample]:
    """The newest complete snapshot of the data volume, or 0."""
    volume = os.environ["VOLUME_ID"]
    wanted = [{"Name": "volume-id", "Values": [volume]}, {"Name": "status", "Values": ["completed"]}]
    found = aws("ec2", "describe-snapshots", OwnerIds=["self"], Filters=wanted)["Snapshots"]
    times = [moment(snapshot["StartTime"]) for snapshot in found]
    return [("aws_ebs_snapshot_time_seconds", {"volume": volume}, max(times, default=0))]


def subscriptions(_: datetime, variable: str = "TOPICS") -> List[Sample]:
    """Who hears of alarms: SNS sends nothing to an address that has not confirmed."""
    samples: List[Sample] = []
    for topic, wanted in (each.split("=") for each in os.environ.get(variable, "").split()):
        found = aws("sns", "list-subscriptions-by-topic", TopicArn=topic)["Subscriptions"]
        confirmed = sum(each["SubscriptionArn"].startswith("arn:") for each in found)
        labels = {"topic": topic.split(":")[-1]}
        samples.append(("aws_sns_subscriptions_confirmed", labels, confirmed))
        samples.append(("aws_sns_subscriptions_wanted", labels, int(wanted)))
    return samples


def images(_: datetime) -> List[Sample]:
    """When the images of the nodes were published."""
    cluster = {"Name": f"tag:kubernetes.io/cluster/{os.environ['CLUSTER']}", "Values": ["owned"]}
    found = aws("ec2", "describe-instances", Filters=[cluster, {"Name": "instance-state-name", "Values": ["running"]}])
    used = sorted({node["ImageId"] for group in found["Reservations"] for node in group["Instances"]})
    published = aws("ec2", "describe-images", ImageIds=used, IncludeDeprecated=True)["Images"] if used else []
    return [
        ("aws_node_image_time_seconds", {"image": each["ImageId"]}, moment(each["CreationDate"])) for each in published
    ]


def workflows(now: datetime) -> List[Sample]:
    """When GitHub's workflows were here last, by what they leave, and what they tell: nothing of one that never was."""
    prefix = os.environ["PREFIX"]
    names = {
        f"/{prefix}/runner/registration-token": "runner-token",
        f"/{prefix}/database/restore-drill": "restore-drill",
    }
    wanted = [{"Key": "Name", "Option": "Equals", "Values": [*names]}]
    samples = cloudwatch([Request(GITHUB, f"{prefix}/github", {}, {})], now, LOOK_BACK_OF_WORKFLOWS)
    # The first version is written with the stack, and of the drill that counts.
    samples += [
        ("aws_workflow_time_seconds", {"workflow": names[each["Name"]]}, moment(each["LastModifiedDate"]))
        for each in aws("ssm", "describe-parameters", ParameterFilters=wanted)["Parameters"]
        if each["Version"] > 1 or names[each["Name"]] == "restore-drill"
    ]
    used = aws("iam", "get-role", RoleName=f"{prefix}-plan")["Role"].get("RoleLastUsed", {})
    if "LastUsedDate" in used:
        samples.append(("aws_workflow_time_seconds", {"workflow": "drift"}, moment(used["LastUsedDate"])))
    return samples


SOURCES = {
    "backup": backups,
    "elasticloadbalancing": load_balancers,
    "images": images,
    "rds": database,
    "snapshots": snapshots,
    "sns": subscriptions,
    "wafv2": limits,
    "workflows": workflows,
}


def write(samples: List[Sample], file: Path) -> None:
    """Whole or not at all: node-exporter may read at any moment."""
    lines = []
    for name in sorted({name for name, _, _ in samples}):
        lines.append(f"# TYPE {name} gauge")
        for _, labels, value in (sample for sample in samples if sample[0] == name):
            inside = ",".join(f'{label}="{text}"' for label, text in labels.items())
            lines.append(f"{name}{{{inside}}} {float(value)!r}")
    draft = file.with_suffix(".draft")
    draft.write_text("\n".join([*lines, ""]), encoding="utf-8")
    draft.replace(file)


def main(file: Path) -> None:
    now = datetime.now(timezone.utc)
    samples: List[Sample] = []
    errors = []
    for source, collect in SOURCES.items():
        try:
            samples += collect(now)
            up = 1
        except (SourceError, subprocess.TimeoutExpired) as error:
            errors.append(str(error))
            up = 0
        samples.append(("aws_metrics_up", {"source": source}, up))
    write(samples, file)
    if errors:
        sys.exit("\n".join(errors))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
