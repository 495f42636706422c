"""CloudWatch and SNS: what moto keeps to itself, an alarm that changes its state and a message that is published.

AWS tells the topics of the new state, and counts messages and deliveries in CloudWatch. Sources: CloudWatch API
Reference, SetAlarmState; Amazon SNS Developer Guide, Monitoring topics using CloudWatch.
"""

import json
from typing import Any

from moto.cloudwatch.models import CloudWatchBackend, cloudwatch_backends
from moto.sns.models import Topic, sns_backends


def apply() -> None:
    set_state, publish = CloudWatchBackend.set_alarm_state, Topic.publish

    def set_alarm_state(self: Any, alarm_name: str, reason: str, reason_data: str, state_value: str) -> None:
        before = self.alarms[alarm_name].state_value if alarm_name in self.alarms else state_value
        set_state(self, alarm_name, reason, reason_data, state_value)
        if before == state_value:
            return
        alarm, topics = self.alarms[alarm_name], sns_backends[self.account_id][self.region_name].topics
        told = {"OK": alarm.ok_actions, "ALARM": alarm.alarm_actions}.get(state_value, alarm.insufficient_data_actions)
        body = {"AlarmName": alarm_name, "NewStateValue": state_value, "NewStateReason": reason}
        for topic in (topics[arn] for arn in told if arn in topics):
            topic.publish(json.dumps(body), subject=f'{state_value}: "{alarm_name}"')

    def publish_and_count(self: Any, message: str, *args: Any, **arguments: Any) -> str:
        published = publish(self, message, *args, **arguments)
        there, _ = self.sns_backend.list_subscriptions_by_topic(topic_arn=self.arn)
        filters = [each._filter_policy_matcher for each in there if each._filter_policy_matcher is not None]
        out = sum(not each.matches(arguments.get("message_attributes"), message) for each in filters)
        counts = {
            "NumberOfMessagesPublished": 1,
            "NumberOfNotificationsDelivered": len(there) - out,
            "NumberOfNotificationsFilteredOut": out,
        }
        named = [{"Name": "TopicName", "Value": self.name}]
        metrics = [{"MetricName": name, "Value": n, "Dimensions": named} for name, n in counts.items() if n]
        cloudwatch_backends[self.account_id][self.sns_backend.region_name].put_metric_data("AWS/SNS", metrics)
        return published

    CloudWatchBackend.set_alarm_state = set_alarm_state  # type: ignore[method-assign]
    Topic.publish = publish_and_count  # type: ignore[method-assign]
