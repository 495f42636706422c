"""The SNS topic of some alarms, with the people who get them."""

from collections.abc import Sequence

from imports.aws.sns_topic import SnsTopic
from imports.aws.sns_topic_subscription import SnsTopicSubscription
from imports.engine import Construct


def alarm_topic(scope: Construct, *, name: str, key_arn: str, emails: Sequence[str]) -> SnsTopic:
    """emails have to be confirmed by their owners before anything reaches them."""
    # With a key of our own, because CloudWatch may not use the one that SNS brings.
    topic = SnsTopic(scope, "topic", name=name, kms_master_key_id=key_arn)
    subscribers = Construct(scope, "emails")
    for email in emails:
        SnsTopicSubscription(subscribers, email, topic_arn=topic.arn, protocol="email", endpoint=email)
    return topic
