"""What keeps back an alert has to exist, and to share with it the labels by which it does: else nothing is kept back.

An alert without such a label counts as one with an empty value, so that two of those are equal:
prometheus.io/docs/alerting/latest/configuration, "Inhibition-related settings".
"""

import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from monitoring.bundle import HERE
from tests.monitoring.test_rules import SCENARIOS

RULES: list[dict[str, Any]] = yaml.safe_load((HERE / "alertmanager/alertmanager.yml").read_text())["inhibit_rules"]


def fired() -> dict[str, list[set[str]]]:
    """By alert, the labels with which promtool has seen it in test_rules.py."""
    found: dict[str, list[set[str]]] = {}
    for _, scenario in SCENARIOS.values():
        for case in scenario["alert_rule_test"]:
            found.setdefault(case["alertname"], []).extend(set(each["exp_labels"]) for each in case["exp_alerts"])
    return found


def named(matchers: list[str]) -> Iterator[str]:
    for matcher in matchers:
        match = re.fullmatch(r'alertname=~?"([\w|]+)"', matcher)
        assert match, f"{matcher} does not name alerts"
        yield from match[1].split("|")


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["source_matchers"][0])
def test_both_sides_exist_and_have_the_labels(rule: dict[str, Any]) -> None:
    seen = fired()
    for alert in (*named(rule["source_matchers"]), *named(rule["target_matchers"])):
        assert seen.get(alert), f"no alert {alert} fires"
        assert all(set(rule["equal"]) <= labels for labels in seen[alert]), f"{alert} lacks one of {rule['equal']}"
