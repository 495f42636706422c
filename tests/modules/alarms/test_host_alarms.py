from typing import Any

import pytest

from imports.engine import TerraformStack
from modules.alarms.host_alarms import HostAlarms
from monitoring.bundle import HERE
from tests.conftest import Template, all_of, only, synth


@pytest.fixture
def found(stack: TerraformStack) -> Template:
    HostAlarms(
        stack,
        "alarms",
        name="acme",
        namespace="acme/monitoring",
        region="eu-west-1",
        instance_id="i-1",
        key_arn="arn:key",
        emails=["a@acme.test", "b@acme.test"],
    )
    return synth(stack)


def alarm(found: Template, name: str) -> dict[str, Any]:
    [alarm] = [each for each in all_of(found, "aws_cloudwatch_metric_alarm") if each["alarm_name"] == name]
    return dict(alarm)


def test_every_alarm_reaches_the_topic_and_comes_back(found: Template) -> None:
    [topic] = [f"${{aws_sns_topic.{name}.arn}}" for name in found["resource"]["aws_sns_topic"]]

    alarms = all_of(found, "aws_cloudwatch_metric_alarm")
    assert len(alarms) == 3
    for each in alarms:
        assert topic in each["alarm_actions"]
        assert each["ok_actions"] == [topic]


def test_everybody_gets_what_the_topic_gets(found: Template) -> None:
    [topic] = [f"${{aws_sns_topic.{name}.arn}}" for name in found["resource"]["aws_sns_topic"]]
    subscribers = all_of(found, "aws_sns_topic_subscription")

    assert {each["endpoint"] for each in subscribers} == {"a@acme.test", "b@acme.test"}
    assert {(each["protocol"], each["topic_arn"]) for each in subscribers} == {("email", topic)}
    # CloudWatch cannot publish through the key that SNS brings.
    assert only(found, "aws_sns_topic")["kms_master_key_id"] == "arn:key"


def test_ec2_repairs_the_host_that_failed(found: Template) -> None:
    for name, metric, action in (
        ("acme-monitoring-recovery", "StatusCheckFailed_System", "recover"),
        ("acme-monitoring-reboot", "StatusCheckFailed_Instance", "reboot"),
    ):
        repair = alarm(found, name)
        assert (repair["namespace"], repair["metric_name"], repair["dimensions"]) == (
            "AWS/EC2",
            metric,
            {"InstanceId": "i-1"},
        )
        assert f"arn:aws:automate:eu-west-1:ec2:{action}" in repair["alarm_actions"]
        assert (repair["comparison_operator"], repair["threshold"]) == ("GreaterThanThreshold", 0)


def test_a_reboot_waits_until_a_recovery_would_have_begun(found: Template) -> None:
    recovery, reboot = alarm(found, "acme-monitoring-recovery"), alarm(found, "acme-monitoring-reboot")

    assert recovery["period"] * recovery["evaluation_periods"] < reboot["period"] * reboot["evaluation_periods"]


def test_silence_is_the_alarm_about_the_heartbeat_that_the_host_sends(found: Template) -> None:
    silent = alarm(found, "acme-monitoring-silent")

    assert silent["treat_missing_data"] == "breaching"
    assert (silent["comparison_operator"], silent["threshold"]) == ("LessThanThreshold", 1)
    assert silent["namespace"] == "acme/monitoring"
    # The host sends it without dimensions: with any, the alarm would hear of nothing.
    assert "dimensions" not in silent
    beat = (HERE / "scripts" / "heartbeat.sh").read_text()
    assert f"--metric-name {silent['metric_name']} " in beat
    assert "--dimensions" not in beat
