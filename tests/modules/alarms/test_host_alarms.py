from typing import Any

import pytest

from imports.engine import TerraformStack
from modules.alarms.host_alarms import HostAlarms
from monitoring.bundle import HERE
from tests.conftest import Template, all_of, synth


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
        silence_key_arn="arn:other-key",
        emails=["a@acme.test", "b@acme.test"],
    )
    return synth(stack)


def alarm(found: Template, name: str) -> dict[str, Any]:
    [alarm] = [each for each in all_of(found, "aws_cloudwatch_metric_alarm") if each["alarm_name"] == name]
    return dict(alarm)


def topics(found: Template) -> dict[str, tuple[str, dict[str, Any]]]:
    """Name to reference and arguments."""
    every = found["resource"]["aws_sns_topic"].items()
    return {topic["name"]: (f"${{aws_sns_topic.{id}.arn}}", topic) for id, topic in every}


def test_every_alarm_reaches_its_topic_and_comes_back(found: Template) -> None:
    alarms = all_of(found, "aws_cloudwatch_metric_alarm")
    assert len(alarms) == 3
    for each in alarms:
        silent = each["alarm_name"] == "acme-monitoring-silent"
        reference, _ = topics(found)["acme-monitoring-silent" if silent else "acme-monitoring"]
        assert reference in each["alarm_actions"]
        assert each["ok_actions"] == [reference]


def test_silence_shares_nothing_with_what_it_is_about(found: Template) -> None:
    """A wrong policy, a disabled key or a cancelled subscription of one topic leaves the other."""
    everybody = {"a@acme.test", "b@acme.test"}
    subscribers = all_of(found, "aws_sns_topic_subscription")
    assert {each["protocol"] for each in subscribers} == {"email"}
    for reference, _ in topics(found).values():
        assert {each["endpoint"] for each in subscribers if each["topic_arn"] == reference} == everybody
    # CloudWatch cannot publish through the key that SNS brings.
    keys = {name: topic["kms_master_key_id"] for name, (_, topic) in topics(found).items()}
    assert keys == {"acme-monitoring": "arn:key", "acme-monitoring-silent": "arn:other-key"}


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
