"""Who watches the watcher: AWS repairs the host, and tells people when nothing else can."""

from collections.abc import Sequence

from imports.aws.cloudwatch_metric_alarm import CloudwatchMetricAlarm
from imports.engine import Construct
from modules.alarms.alarm_topic import alarm_topic
from modules.hosts.instance_repair import instance_repair

HEARTBEAT = "Heartbeat"


class HostAlarms(Construct):
    """The topic of all alerts, a recovery, a reboot, and a dead-man's switch on the heartbeat in namespace.

    The switch has a topic, a key and subscriptions of its own: what keeps alerts from people must not keep it as well.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        name: str,
        namespace: str,
        region: str,
        instance_id: str,
        key_arn: str,
        silence_key_arn: str,
        emails: Sequence[str],
    ) -> None:
        super().__init__(scope, id)

        topic = alarm_topic(self, name=f"{name}-monitoring", key_arn=key_arn, emails=emails)
        silence = alarm_topic(
            Construct(self, "silence"), name=f"{name}-monitoring-silent", key_arn=silence_key_arn, emails=emails
        )

        instance_repair(self, name=f"{name}-monitoring", region=region, instance_id=instance_id, topic_arn=topic.arn)
        CloudwatchMetricAlarm(
            self,
            "dead_mans_switch",
            alarm_name=f"{name}-monitoring-silent",
            alarm_description="Metrics, alerts, logs or dashboards do not work: no alert may come. See the runbook "
            "docs/runbooks/monitoring-host.md",
            namespace=namespace,
            metric_name=HEARTBEAT,
            statistic="Sum",
            period=60,
            evaluation_periods=10,
            comparison_operator="LessThanThreshold",
            threshold=1,
            # A dead host sends nothing, and that is what this is about.
            treat_missing_data="breaching",
            alarm_actions=[silence.arn],
            ok_actions=[silence.arn],
        )
        self.topic_arn = topic.arn
        self.silence_topic_arn = silence.arn
