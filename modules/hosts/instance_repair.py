"""What EC2 repairs when it is told to, and tells people about: failed hardware, and an instance that hangs."""

from imports.aws.cloudwatch_metric_alarm import CloudwatchMetricAlarm
from imports.engine import Construct


def instance_repair(scope: Construct, *, name: str, region: str, instance_id: str, topic_arn: str) -> None:
    """A recovery and a reboot. name is the start of the names of both alarms."""
    for key, metric, action, minutes, description in (
        ("recovery", "StatusCheckFailed_System", "recover", 2, "The hardware below it failed: EC2 moves the host"),
        ("reboot", "StatusCheckFailed_Instance", "reboot", 5, "The host does not answer: EC2 reboots it"),
    ):
        CloudwatchMetricAlarm(
            scope,
            key,
            alarm_name=f"{name}-{key}",
            alarm_description=description,
            namespace="AWS/EC2",
            metric_name=metric,
            dimensions={"InstanceId": instance_id},
            statistic="Maximum",
            period=60,
            evaluation_periods=minutes,
            comparison_operator="GreaterThanThreshold",
            threshold=0,
            alarm_actions=[f"arn:aws:automate:{region}:ec2:{action}", topic_arn],
            ok_actions=[topic_arn],
        )
