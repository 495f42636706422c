"""What has to wake somebody about an RDS instance, and the topic that does it."""

from collections.abc import Sequence
from dataclasses import dataclass

from imports.aws.cloudwatch_metric_alarm import CloudwatchMetricAlarm
from imports.engine import Construct
from modules.alarms.alarm_topic import alarm_topic

MIB = 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class Alarm:
    """The average of a metric, in the metric's own unit, beyond a threshold for some minutes in a row."""

    metric: str
    description: str
    comparison: str
    threshold: float
    minutes: int


ALARMS = {
    "cpu": Alarm(
        metric="CPUUtilization",
        description="The CPU is over 80 percent busy: queries queue up",
        comparison="GreaterThanThreshold",
        threshold=80,
        minutes=15,
    ),
    "memory": Alarm(
        metric="FreeableMemory",
        description="Less than 256 MiB of memory is left: the server starts to swap",
        comparison="LessThanThreshold",
        threshold=256 * MIB,
        minutes=15,
    ),
    "storage": Alarm(
        metric="FreeStorageSpace",
        description="Less than 2 GiB of storage is left: without any, the database stops",
        comparison="LessThanThreshold",
        threshold=2048 * MIB,
        minutes=5,
    ),
    "latency": Alarm(
        metric="ReadLatency",
        description="A read from the disk takes over 50 ms",
        comparison="GreaterThanThreshold",
        threshold=0.05,
        minutes=15,
    ),
}


class DatabaseAlarms(Construct):
    def __init__(
        self, scope: Construct, id: str, *, name: str, identifier: str, key_arn: str, emails: Sequence[str]
    ) -> None:
        super().__init__(scope, id)

        topic = alarm_topic(self, name=f"{name}-database-alarms", key_arn=key_arn, emails=emails)
        for key, alarm in ALARMS.items():
            CloudwatchMetricAlarm(
                self,
                key,
                alarm_name=f"{name}-database-{key}",
                alarm_description=alarm.description,
                namespace="AWS/RDS",
                metric_name=alarm.metric,
                dimensions={"DBInstanceIdentifier": identifier},
                statistic="Average",
                period=60,
                evaluation_periods=alarm.minutes,
                comparison_operator=alarm.comparison,
                threshold=alarm.threshold,
                # An instance that sends nothing is stopped or gone, and that is no smaller problem.
                treat_missing_data="breaching",
                alarm_actions=[topic.arn],
                ok_actions=[topic.arn],
            )
        self.topic_arn = topic.arn
