"""CloudWatch and SNS: the test names the behaviour, the decorator what plain moto does instead."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from tests.simulator.conftest import Aws, missing_in_moto

pytestmark = pytest.mark.slow


def counted(aws: Aws, topic: str, metric: str) -> float:
    now = datetime.now(UTC)
    points = aws("cloudwatch").get_metric_statistics(
        Namespace="AWS/SNS",
        MetricName=metric,
        Dimensions=[{"Name": "TopicName", "Value": topic}],
        StartTime=now - timedelta(minutes=5),
        EndTime=now + timedelta(minutes=5),
        Period=60,
        Statistics=["Sum"],
    )["Datapoints"]
    return float(sum(point["Sum"] for point in points))


@missing_in_moto(AssertionError, r"\[\] == \[")
def test_an_alarm_tells_its_topics_of_each_new_state(aws: Aws) -> None:
    sns, sqs, cloudwatch = aws("sns"), aws("sqs"), aws("cloudwatch")
    topic, url = sns.create_topic(Name="told")["TopicArn"], sqs.create_queue(QueueName="told")["QueueUrl"]
    queue = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue)
    reboot = "arn:aws:automate:us-east-1:ec2:reboot"
    cloudwatch.put_metric_alarm(
        AlarmName="low",
        Namespace="n",
        MetricName="m",
        Statistic="Sum",
        ComparisonOperator="LessThanThreshold",
        EvaluationPeriods=1,
        Period=60,
        Threshold=1,
        AlarmActions=[reboot, topic],
        OKActions=[topic],
    )
    for state in ("ALARM", "ALARM", "OK"):
        cloudwatch.set_alarm_state(AlarmName="low", StateValue=state, StateReason="a test")

    bodies = [
        json.loads(each["Body"])
        for each in sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
    ]
    assert [each["Subject"] for each in bodies] == ['ALARM: "low"', 'OK: "low"']
    assert {json.loads(each["Message"])["NewStateReason"] for each in bodies} == {"a test"}


@missing_in_moto(AssertionError, r"assert 0\.0 == 1")
def test_messages_and_deliveries_are_counted_for_each_topic(aws: Aws) -> None:
    sns = aws("sns")
    topic = sns.create_topic(Name="counted")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="email", Endpoint="a@acme.test")
    chosen = {"FilterPolicy": json.dumps({"severity": ["page"]})}
    sns.subscribe(TopicArn=topic, Protocol="email", Endpoint="b@acme.test", Attributes=chosen)
    sns.publish(TopicArn=topic, Message="hello")

    assert counted(aws, "counted", "NumberOfMessagesPublished") == 1
    assert counted(aws, "counted", "NumberOfNotificationsDelivered") == 1
    assert counted(aws, "counted", "NumberOfNotificationsFilteredOut") == 1
    assert counted(aws, "counted", "NumberOfNotificationsFailed") == 0
