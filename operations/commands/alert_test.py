"""make alert-test: a message of each kind on the way that a real one takes, and who hears of it.

A page and a ticket start in the Alertmanager of the host, the others as the state of an alarm. Whether they get through
is what SNS counts for each topic. It does not tell messages apart, so what others send meanwhile counts as well, and
does not know whether a mail that a server has taken was filed as spam, or read.
Nothing stays behind: alerts end by themselves, and CloudWatch gives an alarm its actual state back within seconds.
Sources: Amazon SNS Developer Guide, Monitoring topics using CloudWatch; CloudWatch API Reference, SetAlarmState;
Alertmanager, api/v2/openapi.yaml.
"""

import json
import time
import urllib.request
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from rich.console import Console

from operations import OperationError
from operations.checks import Check, Page
from operations.commands.hosts import LOOPBACK, forwarded, open_host, outputs_of, session
from operations.context import EMBEDDED, Context, open_context
from operations.engine import state_bucket
from operations.recovery.lookup import listed

PORT = 9093  # of Alertmanager on the host
SECONDS = 900  # SNS gives its counts to CloudWatch within minutes
PERIOD = timedelta(minutes=5)  # of these counts, at most
LIFE = timedelta(minutes=3)  # of an alert, of which Alertmanager waits half a minute before it tells anybody
COUNTS = ("MessagesPublished", "NotificationsDelivered", "NotificationsFilteredOut", "NotificationsFailed")
SAYS = "TEST by make alert-test: nothing is wrong"


def alert_test(environment: str, console: Console) -> bool:
    """Whether everything has reached everybody. Raises OperationError where there is nothing to send with."""
    if environment == EMBEDDED:
        context = open_context(environment)
        return send(context, outputs_of(context, "monitoring"), console)
    return send(*open_host(environment, "monitoring", command="make alert-test", programs=[]), console)


def send(context: Context, host: dict[str, Any], console: Console) -> bool:
    """host are the outputs of the stack monitoring."""
    settings, alerts, since = context.settings, host["alert_topic_arn"], datetime.now(UTC)
    people = dict.fromkeys([alerts, host["silence_topic_arn"]], settings.monitoring.alert_emails)
    if database := state_bucket.read(context, "database"):
        people[database.outputs["alarm_topic_arn"]] = settings.database.alarm_emails
    before = {topic: _counts(context, topic, since) for topic in people}
    name = f"TEST-{since:%H%M%S}"  # another one each time, because Alertmanager would not repeat it for hours
    sent = {alerts: (2, f"a page and a ticket, {name}")}
    if context.simulator:  # without an Alertmanager
        subject = f"[{{}}] {name} ({settings.environment})"
        for severity in ("page", "ticket"):
            context.client("sns").publish(TopicArn=alerts, Subject=subject.format(severity), Message=SAYS)
    else:
        way = session(context, host["monitoring_instance_id"], "AWS-StartPortForwardingSession", portNumber=PORT)
        with forwarded(way, context, "Alertmanager") as port:
            _alert(port, name)
    sent |= {topic: _alarm(context, topic) for topic in people if topic != alerts}
    console.print("Sent. SNS says within some minutes what it has delivered.")
    console.file.flush()
    until = time.monotonic() + (0 if context.simulator else SECONDS)
    while True:
        new = {topic: _counts(context, topic, since) - before[topic] for topic in people}
        answers = [_answer(context, topic, each, *sent[topic], new[topic]) for topic, each in people.items()]
        if all(through for through, _ in answers) or time.monotonic() > until:
            break
        time.sleep(5)
    console.print(Page([check for _, check in answers]))
    return not any(check.remedy for _, check in answers)


def _alert(port: str, name: str) -> None:
    annotations = {"summary": SAYS, "runbook_url": "docs/runbooks/monitoring-host.md"}
    common = {"annotations": annotations, "endsAt": (datetime.now(UTC) + LIFE).isoformat()}
    alerts = [{"labels": {"alertname": name, "severity": each}, **common} for each in ("page", "ticket")]
    url, headers = f"http://{LOOPBACK}:{port}/api/v2/alerts", {"Content-Type": "application/json"}
    try:
        urllib.request.urlopen(urllib.request.Request(url, json.dumps(alerts).encode(), headers), timeout=30).close()
    except OSError as error:
        raise OperationError(f"Alertmanager takes no alert: {error}") from None


def _alarm(context: Context, topic: str) -> tuple[int, str]:
    """How many messages one was made to send, and which it is: none that does more than tell people."""
    client, prefix = context.client("cloudwatch"), f"{context.settings.names.prefix}-"
    for alarm in listed(client, "describe_alarms", "MetricAlarms[]", {"AlarmNamePrefix": prefix}):
        name, actual = alarm["AlarmName"], alarm["StateValue"]
        if alarm["AlarmActions"] == [topic] and actual != "ALARM":
            try:
                client.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason=SAYS)
            finally:
                client.set_alarm_state(AlarmName=name, StateValue=actual, StateReason=SAYS)
            return 1 + (actual == "OK"), f"the alarm {name}"
    return 0, "no alarm, because there is none that is not in alarm by itself"


def _counts(context: Context, topic: str, since: datetime) -> Counter[str]:
    """What SNS has counted since then, and in the period in which that was."""
    times = {"StartTime": since - PERIOD, "EndTime": datetime.now(UTC) + PERIOD, "Period": 60}
    named = {"Namespace": "AWS/SNS", "Dimensions": [{"Name": "TopicName", "Value": topic.split(":")[-1]}]}
    ask, found = context.client("cloudwatch").get_metric_statistics, Counter[str]()
    for name in COUNTS:
        points = ask(MetricName=f"NumberOf{name}", Statistics=["Sum"], **named, **times)["Datapoints"]
        found[name] = int(sum(point["Sum"] for point in points))
    return found


def _answer(
    context: Context, topic: str, people: Sequence[str], number: int, way: str, count: Counter[str]
) -> tuple[bool, Check]:
    """Whether all that was sent has got through to those who have confirmed, and what is said of the topic."""
    there = listed(context.client("sns"), "list_subscriptions_by_topic", "Subscriptions[]", {"TopicArn": topic})
    confirmed = [_who(each) for each in there if each["SubscriptionArn"].startswith("arn:")]
    waiting = sorted({*people, *(_who(each) for each in there)}.difference(confirmed))
    taken, delivered, filtered, failed = (count[name] for name in COUNTS)
    through = taken >= number and delivered + filtered >= number * len(confirmed)
    said = (
        f"{way}: of {number} SNS took {taken}, delivered {delivered}, failed to deliver {failed}; "
        f"confirmed: {', '.join(confirmed) or 'nobody'}; not confirmed: {', '.join(waiting) or 'nobody'}"
    )
    remedy = ""
    if not number or not through or failed:
        remedy = "See make alert-test in docs/runbooks/monitoring-host.md."
    elif waiting or not confirmed:
        remedy = f"make doctor ENVIRONMENT={context.settings.environment} says how they confirm."
    return through, Check(topic.split(":")[-1], said, remedy)


def _who(subscription: dict[str, str]) -> str:
    """Of a web hook its host alone: the path is its password."""
    return urlsplit(subscription["Endpoint"]).hostname or subscription["Endpoint"]
