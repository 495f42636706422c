"""Days of the month that python -m tests.monitoring.month simulates: what is shipped is right, what is not is seen."""

from pathlib import Path

import pytest

from tests.conftest import Platform, all_of
from tests.monitoring.month.evaluate import HEARTBEAT, SILENCE
from tests.monitoring.month.events import KINDS
from tests.monitoring.month.judge import judged, table
from tests.monitoring.test_rules import ALERTS

TOLD = {alert for kind in KINDS for alert in kind.alerts}
FEW = {
    "nobody reaches the first release",
    "releases",
    "replacements of nodes",
    "nights with few requests, of which one fails",
    "replacements of the monitoring host",
    "every new pod crashes",
    "its storage fills",
    "one is forgotten after an upgrade",
    "Loki is down",
    "most are refused, all at once",
}


def rules(bundle: Path, *names: str) -> dict[str, str]:
    return {name: (bundle / "prometheus/rules" / name).read_text() for name in names}


def test_each_alert_has_something_to_tell_in_the_month() -> None:
    assert ALERTS - {"Watchdog"} | {HEARTBEAT} == TOLD


def test_what_is_added_to_a_counter_is_not_given_to_a_gauge() -> None:
    """Of kube_ series each value is as it stands: half of them would be between two that are stored."""
    every = [
        name for kind in KINDS for name, value in kind.sets.items() if isinstance(value, dict) and "every" in value
    ]
    assert every
    assert [name for name in every if name.startswith("kube_")] == []


def test_the_heartbeat_is_missed_after_as_long_as_in_cloudwatch(platform: Platform) -> None:
    alarms = all_of(platform("local")["monitoring"], "aws_cloudwatch_metric_alarm")
    [alarm] = [each for each in alarms if each["alarm_name"].endswith(HEARTBEAT)]
    assert alarm["period"] * alarm["evaluation_periods"] == SILENCE * 60


@pytest.mark.slow
def test_some_days_have_no_false_and_no_missed_alert(bundle: Path, tmp_path: Path) -> None:
    """Without the objectives, which cost as much as all others, and have scenarios of days."""
    kinds = [kind for kind in KINDS if kind.what in FEW]
    assert len(kinds) == len(FEW)
    events, quiet = judged(rules(bundle, "aws.yml", "kubernetes.yml", "platform.yml"), 4, 1, tmp_path, kinds)
    assert {alert for event in events for alert in event.missed()} == {"SloFastBurn"}, table(events, quiet)
    assert not [each for event in events for each in event.false] + quiet, table(events, quiet)


@pytest.mark.slow
def test_false_and_missed_alerts_are_told(bundle: Path, tmp_path: Path) -> None:
    texts = rules(bundle, "kubernetes.yml")
    texts["kubernetes.yml"] = (
        texts["kubernetes.yml"].replace('condition="Ready"', 'condition="ready"').replace("2h", "0s")
    )
    kinds = [kind for kind in KINDS if kind.what in ("one does not answer", "a node is cordoned for an upgrade")]
    events, quiet = judged(texts, 2, 1, tmp_path, kinds)
    found = {event.kind.what: event for event in events}
    assert "NodeNotReady" in found["one does not answer"].missed()
    assert [each.alert for each in found["a node is cordoned for an upgrade"].false] == ["NodeCordoned"]
    assert not quiet
