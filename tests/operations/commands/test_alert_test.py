"""make alert-test, with the alarms and topics of the stacks on the simulated AWS, and with a real Alertmanager.

On that AWS everybody who is subscribed has confirmed, at once.
"""

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from rich.console import Console

from monitoring.bundle import files
from operations import OperationError
from operations.commands import alert_test
from operations.context import Context
from settings import load_settings
from simulator.process import clean_environment
from tests.conftest import Platform, all_of, changed, free_port, wait
from tests.monitoring.test_from_error_to_message import hurried
from tests.operations.commands.session_manager import session_manager
from tests.operations.conftest import Staging

pytestmark = pytest.mark.slow
WHO = "on-call@realworld-inc.link"
TOPICS = ("monitoring", "monitoring-silent", "database-alarms")
Host = dict[str, str]
ACTIONS = ("alarm_actions", "ok_actions")


def alarms(platform: Platform, environment: str, arns: dict[str, str]) -> Iterator[dict[str, Any]]:
    """Those of the stacks, as CloudWatch takes them; arns are those of topics, by the end of their names."""
    for template in platform(environment).values():
        ids = {
            f"${{aws_sns_topic.{id}.arn}}": each["name"].removeprefix(f"realworld-{environment}-")
            for id, each in template["resource"].get("aws_sns_topic", {}).items()
        }
        for alarm in all_of(template, "aws_cloudwatch_metric_alarm"):
            told = {name: [arns[ids[each]] if each in ids else each for each in alarm[name]] for name in ACTIONS}
            yield {
                "AlarmName": alarm["alarm_name"],
                "MetricName": alarm["metric_name"],
                "Namespace": alarm["namespace"],
                "ComparisonOperator": alarm["comparison_operator"],
                "EvaluationPeriods": alarm["evaluation_periods"],
                "Threshold": alarm["threshold"],
                "Period": alarm["period"],
                "Statistic": alarm["statistic"],
                "AlarmActions": told["alarm_actions"],
                "OKActions": told["ok_actions"],
            }


def deployed(context: Context, platform: Platform) -> Host:
    """Topics, those who hear of them, alarms and the states that name them; the outputs of monitoring."""
    sns, cloudwatch, prefix = context.client("sns"), context.client("cloudwatch"), context.settings.names.prefix
    arns = {name: sns.create_topic(Name=f"{prefix}-{name}")["TopicArn"] for name in TOPICS}
    for arn in arns.values():
        sns.subscribe(TopicArn=arn, Protocol="email", Endpoint=WHO)
    for alarm in alarms(platform, context.settings.environment, arns):
        cloudwatch.put_metric_alarm(**alarm)
    host = {
        "alert_topic_arn": arns["monitoring"],
        "silence_topic_arn": arns["monitoring-silent"],
        "monitoring_instance_id": "i-0123",
    }
    for stack, outputs in (("monitoring", host), ("database", {"alarm_topic_arn": arns["database-alarms"]})):
        named = {name: {"value": value} for name, value in outputs.items()}
        state = {"resources": [{"mode": "managed", "type": "t", "name": "n", "instances": [{}]}], "outputs": named}
        where = {
            "Bucket": context.settings.names.state_bucket,
            "Key": f"{context.settings.environment}/{stack}.tfstate",
        }
        context.client("s3").put_object(**where, Body=json.dumps(state))
    return host


def removed(context: Context) -> None:
    sns, cloudwatch, names = context.client("sns"), context.client("cloudwatch"), context.settings.names
    for topic in sns.list_topics()["Topics"]:
        for each in sns.list_subscriptions_by_topic(**topic)["Subscriptions"]:
            sns.unsubscribe(SubscriptionArn=each["SubscriptionArn"])
        sns.delete_topic(**topic)
    there = cloudwatch.describe_alarms(AlarmNamePrefix=names.prefix)["MetricAlarms"]
    cloudwatch.delete_alarms(AlarmNames=[alarm["AlarmName"] for alarm in there])
    for stack in ("monitoring", "database"):
        key = f"{context.settings.environment}/{stack}.tfstate"
        context.client("s3").delete_object(Bucket=names.state_bucket, Key=key)


@pytest.fixture
def host(context: Context, platform: Platform) -> Iterator[Host]:
    made = deployed(context, platform)
    yield made
    removed(context)


def said(context: Context, host: Host, tmp_path: Path) -> tuple[bool, dict[str, list[str]]]:
    """Whether all is well, and the lines about each topic by the end of its name."""
    with (tmp_path / "said").open("w+") as file:
        well = alert_test.send(context, host, Console(file=file, width=400))
        file.seek(0)
        text = file.read()
    found: dict[str, list[str]] = {}
    for line in text.splitlines()[1:]:
        if not line.startswith(" "):
            name, line = line.removeprefix(f"{context.settings.names.prefix}-").split(": ", 1)
            found[name] = []
        found[name].append(line.strip())
    assert list(found) == list(TOPICS), text
    return well, found


def states(context: Context) -> dict[str, tuple[str, str]]:
    prefix = f"{context.settings.names.prefix}-"
    found = context.client("cloudwatch").describe_alarms(AlarmNamePrefix=prefix)["MetricAlarms"]
    return {each["AlarmName"].removeprefix(prefix): (each["StateValue"], each.get("StateReason", "")) for each in found}


def queue(context: Context, topic: str) -> Callable[[], list[dict[str, Any]]]:
    """What comes out of the topic, from now on; a queue has confirmed."""
    sqs = context.client("sqs")
    url = sqs.create_queue(QueueName=topic.split(":")[-1])["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    context.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    return lambda: [
        json.loads(each["Body"])
        for each in sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
    ]


def test_each_topic_carries_a_message_that_says_that_it_is_a_test(context: Context, host: Host, tmp_path: Path) -> None:
    before = states(context)
    queues = [queue(context, host["alert_topic_arn"]), queue(context, host["silence_topic_arn"])]

    well, found = said(context, host, tmp_path)

    assert well, found
    [text] = found["monitoring"]
    assert "a page and a ticket, TEST-" in text
    who = f"confirmed: {WHO}, arn:aws:sqs:us-east-1:123456789012:realworld-local-monitoring"
    assert text.endswith(f": of 2 SNS took 2, delivered 4, failed to deliver 0; {who}; not confirmed: nobody")
    assert "the alarm realworld-local-monitoring-silent: of 2 SNS took 2, delivered 4," in found["monitoring-silent"][0]
    assert "the alarm realworld-local-database-cpu: of 2 SNS took 2, delivered 2," in found["database-alarms"][0]
    messages = [each for receive in queues for each in receive()]
    assert len(messages) == 4
    assert all("TEST" in each["Message"] for each in messages)
    assert sorted(each["Subject"].split()[0] for each in messages) == ["ALARM:", "OK:", "[page]", "[ticket]"]
    # Each is in its state again, and none was touched that reboots or moves a host.
    after = states(context)
    assert {name: state for name, (state, _) in after.items()} == {name: state for name, (state, _) in before.items()}
    changed = {name for name in after if after[name] != before[name]}
    assert changed == {"monitoring-silent", "database-cpu"}


def test_what_nobody_hears_is_said(context: Context, host: Host, tmp_path: Path) -> None:
    sns, cloudwatch = context.client("sns"), context.client("cloudwatch")
    [subscription] = sns.list_subscriptions_by_topic(TopicArn=host["alert_topic_arn"])["Subscriptions"]
    sns.unsubscribe(SubscriptionArn=subscription["SubscriptionArn"])
    web = "https://events.pager.test/canary-in-the-path"
    # moto would call it. And whoever has chosen other messages misses nothing.
    chosen = {"FilterPolicy": json.dumps({"severity": ["page"]})}
    sns.subscribe(TopicArn=host["alert_topic_arn"], Protocol="https", Endpoint=web, Attributes=chosen)
    cloudwatch.set_alarm_state(AlarmName="realworld-local-monitoring-silent", StateValue="ALARM", StateReason="silent")

    well, found = said(context, host, tmp_path)

    assert not well
    text, remedy = found["monitoring"]
    assert text.endswith(
        f" took 2, delivered 0, failed to deliver 0; confirmed: events.pager.test; not confirmed: {WHO}"
    )
    assert remedy == "remedy: make doctor ENVIRONMENT=local says how they confirm."
    text, remedy = found["monitoring-silent"]
    assert text.startswith("no alarm, because there is none that is not in alarm by itself: of 0 SNS took 0,")
    assert remedy == "remedy: See make alert-test in docs/runbooks/monitoring-host.md."
    assert len(found["database-alarms"]) == 1
    # A real alarm is not ended by a test.
    assert states(context)["monitoring-silent"] == ("ALARM", "silent")


class CutShort(Context):
    """Ctrl-C comes when CloudWatch has taken a new state."""

    def client(self, service: str, **options: Any) -> Any:
        made, came = super().client(service, **options), iter([KeyboardInterrupt])

        def ctrl_c(**_: Any) -> None:
            for error in came:
                raise error

        made.meta.events.register("after-call.cloudwatch.SetAlarmState", ctrl_c)
        return made


def test_an_alarm_is_in_its_state_again_when_the_test_is_cut_short(
    context: Context, host: Host, tmp_path: Path
) -> None:
    before = states(context)
    cut = CutShort(context.settings, context.simulator, context.variables)

    with pytest.raises(KeyboardInterrupt), (tmp_path / "said").open("w") as file:
        alert_test.send(cut, host, Console(file=file))

    after = states(context)
    assert {name: state for name, (state, _) in after.items()} == {name: state for name, (state, _) in before.items()}
    assert {name for name in after if after[name] != before[name]} == {"monitoring-silent"}


@pytest.fixture
def away(staging: Staging, platform: Platform, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Context, Host]]:
    """The environment staging, as if its AWS was none that is simulated."""
    settings = changed(
        load_settings("staging"),
        account=staging.context.settings.account,
        monitoring={"alert_emails": [WHO]},
        database={"alarm_emails": [WHO]},
    )
    for name, value in staging.context.variables.items():
        monkeypatch.setenv(name, value)
    opened = Context(settings, None, {**staging.context.variables, "PATH": f"{staging.bin}:{os.environ['PATH']}"})
    made = deployed(opened, platform)
    yield opened, made
    removed(opened)


@pytest.fixture
def alertmanager(
    away: tuple[Context, Host], staging: Staging, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[int]:
    """The port of one with the configuration of the host, which waits for a sixtieth of the time."""
    if not shutil.which("prometheus-alertmanager"):
        pytest.skip("prometheus-alertmanager is not installed: apt-get install what .ci/run lists")
    context, port = away[0], free_port()
    routes = yaml.safe_load(hurried(files(context.settings)["alertmanager/alertmanager.yml"]))
    [topic] = [receiver for receiver in routes["receivers"] if receiver["name"] == "topic"]
    aws = getattr(request, "param", context.variables["AWS_ENDPOINT_URL"])
    topic["sns_configs"][0] |= {"api_url": aws, "topic_arn": away[1]["alert_topic_arn"]}
    (tmp_path / "alertmanager.yml").write_text(yaml.safe_dump(routes))
    command = [
        "prometheus-alertmanager",
        f"--config.file={tmp_path}/alertmanager.yml",
        f"--storage.path={tmp_path}/alerts",
        f"--web.listen-address=127.0.0.1:{port}",
        "--cluster.listen-address=",
    ]
    with (tmp_path / "log").open("w") as log:
        process = subprocess.Popen(
            command, env=clean_environment(os.environ) | staging.context.variables, stdout=log, stderr=log
        )
    assert wait(lambda: "Listening on" in (tmp_path / "log").read_text()), (tmp_path / "log").read_text()
    session_manager(staging, port)
    yield port
    process.terminate()
    process.wait(timeout=30)


@pytest.mark.usefixtures("alertmanager")
def test_alertmanager_itself_tells_of_a_page_and_a_ticket(away: tuple[Context, Host], tmp_path: Path) -> None:
    context, host = away
    receive = queue(context, host["alert_topic_arn"])

    well, found = said(context, host, tmp_path)

    assert well, (found, (tmp_path / "log").read_text())
    firing = [each for each in receive() if each["Subject"].startswith("[FIRING")]
    assert sorted(each["Subject"].split(" ")[1] for each in firing) == ["page]", "ticket]"]
    assert {each["MessageAttributes"]["summary"]["Value"] for each in firing} == {alert_test.SAYS}
    assert all(each["Subject"].split(" ")[2].startswith("TEST-") for each in firing)
    aws = (tmp_path / "bin" / "aws.arguments").read_text().split()
    assert aws[-1] == "portNumber=9093"


@pytest.mark.parametrize("alertmanager", ["http://127.0.0.1:9"], indirect=True)
@pytest.mark.usefixtures("alertmanager")
def test_what_alertmanager_cannot_deliver_is_missed(
    away: tuple[Context, Host], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(alert_test, "SECONDS", 10)

    well, found = said(*away, tmp_path)

    assert not well
    text, remedy = found["monitoring"]
    assert ": of 2 SNS took 0, delivered 0, failed to deliver 0;" in text
    assert remedy == "remedy: See make alert-test in docs/runbooks/monitoring-host.md."
    assert [len(lines) for lines in found.values()] == [2, 1, 1]


def test_without_an_alertmanager_nothing_is_sent(away: tuple[Context, Host], staging: Staging, tmp_path: Path) -> None:
    session_manager(staging, free_port())
    before = states(away[0])

    with pytest.raises(OperationError, match="Alertmanager takes no alert: "), (tmp_path / "said").open("w") as file:
        alert_test.send(*away, Console(file=file))

    assert states(away[0]) == before
    assert (tmp_path / "bin" / "session-manager-plugin.ended").exists(), "the session has ended"
