"""docs/alerts.md has every alert, with its scenarios, so that none is without a runbook or a test."""

import re
from pathlib import Path
from typing import Any

import yaml

from tests.conftest import ROOT, Platform, all_of
from tests.monitoring.test_rules import SCENARIOS
from tests.test_docs import require


def readable(text: str) -> str:
    text = re.sub(r"\{\{ \$labels\.(\w+) \}\}", r"<\1>", text)
    return re.sub(r"\{\{.*?\}\}", "…", text).replace("|", r"\|").replace("<", r"\<")


def seen(alert: str, *, fires: bool) -> str:
    """The first scenario of those that say so."""
    found = [
        name
        for name, (_, scenario) in SCENARIOS.items()
        if any(case["alertname"] == alert and bool(case["exp_alerts"]) == fires for case in scenario["alert_rule_test"])
    ]
    assert found, f"{alert}: add a scenario in which it {'fires' if fires else 'stays silent'}"
    return str(found[0])


def test_every_alert_has_its_row_with_runbook_and_scenarios(bundle: Path) -> None:
    alerts: dict[str, dict[str, Any]] = {}
    for file in sorted((bundle / "prometheus/rules").iterdir()):
        for group in yaml.safe_load(file.read_text())["groups"]:
            # An objective has the same alerts as the others.
            alerts |= {
                rule["alert"]: rule for rule in group["rules"] if "alert" in rule and rule["alert"] not in alerts
            }
    rows = ["| alert | severity | symptom | runbook | fires | stays silent |", "|---|---|---|---|---|---|"]
    for name, rule in sorted(alerts.items()):
        page = rule["annotations"]["runbook_url"]
        assert name in (ROOT / page).read_text(), f"{page} says nothing of {name}"
        link = f"[{Path(page).stem}]({page.removeprefix('docs/')})"
        told = readable(rule["annotations"]["summary"])
        cells = [name, rule["labels"]["severity"], told, link, seen(name, fires=True), seen(name, fires=False)]
        rows.append(f"| {' | '.join(cells)} |")
    require("docs/alerts.md", r"\| alert \|.*?(?=\n\n)", "\n".join(rows))


def test_every_alarm_of_cloudwatch_has_its_row(platform: Platform) -> None:
    rows = ["| alarm | metric | symptom | topic |", "|---|---|---|---|"]
    for template in platform("local").values():
        topics = {
            f"${{aws_sns_topic.{id}.arn}}": each["name"]
            for id, each in template["resource"].get("aws_sns_topic", {}).items()
        }
        for alarm in all_of(template, "aws_cloudwatch_metric_alarm"):
            [topic] = [topics.get(each, each.split(":")[-1]) for each in alarm["ok_actions"]]
            cells = [alarm["alarm_name"], alarm["metric_name"], readable(alarm["alarm_description"]), topic]
            rows.append(f"| {' | '.join(cells)} |".replace("realworld-local-", "…-"))
    require("docs/alerts.md", r"\| alarm \|.*?(?=\n\n)", "\n".join(rows))
