"""Whoever has not confirmed a topic hears of no alarm: doctor says who, and stops nothing."""

from tests.operations.preflight.conftest import Aws

TOPICS = ("realworld-local-monitoring", "realworld-local-monitoring-silent", "realworld-local-database-alarms")
WHO = "on-call@realworld-inc.link"


def subscribed(aws: Aws, **arns: str) -> None:
    """aws_sns_topic of all three, with the ARN of the subscription of each."""
    for stack in ("monitoring", "database"):
        aws.known[stack] = {f"aws_sns_topic.{name}" for name in aws.templates[stack]["resource"]["aws_sns_topic"]}
    for topic in sorted(TOPICS, key=lambda name: [each["name"] for each in aws.resources("aws_sns_topic")].index(name)):
        arn = f"arn:aws:sns:us-east-1:123456789012:{topic}"
        state = arns.get(topic.replace("-", "_"), f"{arn}:1")
        found = [{"Endpoint": WHO, "SubscriptionArn": state}] if state else []
        aws.answers("sns", "list_subscriptions_by_topic", {"Subscriptions": found}, TopicArn=arn)


def test_everybody_has_confirmed_each_topic(aws: Aws) -> None:
    subscribed(aws)
    aws.fine("Subscriptions")


def test_one_is_waited_for_and_another_has_been_forgotten(aws: Aws) -> None:
    subscribed(aws, realworld_local_monitoring_silent="PendingConfirmation", realworld_local_database_alarms="")
    found = {check.found: (check.remedy, check.fails) for check in aws.ask("Subscriptions")}
    remedy = "Follow the link in the mail of SNS, or have it sent again: make deploy STACK={} ENVIRONMENT=local."
    assert found == {
        f"{WHO} has not confirmed realworld-local-monitoring-silent": (remedy.format("monitoring"), False),
        f"{WHO} has not confirmed realworld-local-database-alarms": (remedy.format("database"), False),
    }


def test_what_is_not_deployed_is_not_asked(aws: Aws) -> None:
    aws.fine("Subscriptions")
