"""docs/metrics.md has every metric that a rule or a dashboard asks for."""

import inspect
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml

from tests.monitoring.promql import Known
from tests.monitoring.series import CATALOGUE, rules_of, scraped, with_rules
from tests.monitoring.test_aws_metrics import script
from tests.monitoring.test_expressions import queries as panels
from tests.monitoring.test_expressions import variables
from tests.monitoring.test_series import aws_answers
from tests.test_docs import require

__all__ = ["script"]  # a fixture
HOST_LABELS = {"instance", "job"}  # of every target
WINDOW = r"\d+[mhd]"


@pytest.fixture(scope="module")
def rules(bundle: Path) -> list[dict[str, Any]]:
    return rules_of((bundle / "prometheus/rules").iterdir())


@pytest.fixture(scope="module")
def targets(bundle: Path) -> Known:
    return scraped(yaml.safe_load((bundle / "prometheus/prometheus.yml").read_text()))


@pytest.fixture(scope="module")
def queries(bundle: Path, rules: list[dict[str, Any]]) -> dict[str, str]:
    """What is asked, by who asks: an alert, a dashboard, a recorded series."""
    asked: dict[str, str] = {}
    for rule in rules:
        name = rule.get("alert") or f"`{rule['record']}`"
        asked[name] = asked.get(name, "") + "\n" + rule["expr"]
    shown = [(each.where, each.expression) for each in panels(bundle, "prometheus")]
    for where, expression in [*shown, *((where, each["query"]) for where, each in variables(bundle, "prometheus"))]:
        name = f"dashboard {where.partition('.')[0]}"
        asked[name] = asked.get(name, "") + "\n" + expression
    return asked


def readers(metric: str, queries: Mapping[str, str]) -> str:
    name = rf"(?<![\w:]){re.escape(metric).replace('<window>', WINDOW)}(?![\w:])"
    found = {each_window(who) for who, text in queries.items() if re.search(name, text)} - {f"`{metric}`"}
    assert found, f"{metric}: nothing asks for it"
    return ", ".join(sorted(found))


def each_window(series: str) -> str:
    """Those of an objective are the same for windows from five minutes to three days."""
    return re.sub(rf"(slo:\w+:\w+?){WINDOW}", r"\1<window>", series)


def listed(labels: Iterable[str], *, every: bool = False) -> str:
    return ", ".join(f"`{label}`" for label in sorted(set(labels) - (set() if every else HOST_LABELS))) or "-"


def table(*columns: str, rows: Iterable[Iterable[str]]) -> str:
    return "\n".join(f"| {' | '.join(row)} |" for row in [columns, *rows]).replace(
        "\n", f"\n|{'---|' * len(columns)}\n", 1
    )


def of_exporters(targets: Known, queries: Mapping[str, str]) -> str:
    rows = []
    for metric, jobs in sorted(targets.items()):
        if not metric.startswith("aws_"):
            named = "every job" if metric in CATALOGUE["targets"]["metrics"] else ", ".join(sorted(map(str, jobs)))
            labels = frozenset.intersection(*jobs.values())
            rows.append([f"`{metric}`", named, listed(labels), readers(metric, queries)])
    return table("metric", "job", "labels", "asked for by", rows=rows)


def test_every_metric_of_an_exporter_has_its_row(targets: Known, queries: dict[str, str]) -> None:
    require("docs/metrics.md", r"\| metric \| job .*?(?=\n\n)", of_exporters(targets, queries))


def test_every_metric_of_aws_has_its_row_with_what_it_is(
    script: ModuleType, queries: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("PREFIX", "CLUSTER", "DATABASE", "VOLUME_ID", "BACKUP_VAULT", "LIMITS", "REGION"):
        monkeypatch.setenv(name, "acme")
    for name in ("TOPICS", "DATABASE_TOPIC"):
        monkeypatch.setenv(name, "arn:aws:sns:us-east-1:1:acme=1")
    monkeypatch.setattr(script, "aws", aws_answers)
    told = {"aws_metrics_up": "1, or 0 for a source that does not answer."}
    for collect in script.SOURCES.values():
        for metric, _, _ in collect(script.datetime.now(script.timezone.utc)):
            text = inspect.getdoc(collect)
            assert text, f"aws_metrics.py: say in a docstring what {collect.__name__} asks for"
            told[metric] = text.splitlines()[0]
    for metrics in (each for each in vars(script).values() if isinstance(each, dict)):
        for metric, value in metrics.items():
            if metric.startswith("aws_"):
                told[metric] = f"`{value[0]}` of CloudWatch, {value[1].lower()}"
    rows = [
        [f"`{metric}`", listed(labels), told[metric], readers(metric, queries)]
        for metric, labels in sorted(CATALOGUE["textfile"]["metrics"].items())
        if metric.startswith("aws_")
    ]
    written = table("metric", "labels", "what it is", "asked for by", rows=rows)
    require("docs/metrics.md", r"\| metric \| labels .*?(?=\n\n)", written)


def test_every_recorded_series_has_its_row(
    targets: Known, rules: list[dict[str, Any]], queries: dict[str, str]
) -> None:
    known = with_rules(targets, rules)
    recorded = {each_window(rule["record"]): rule["record"] for rule in rules if "record" in rule}
    rows = [
        [f"`{name}`", listed(known[one][None], every=True), readers(name, queries)]
        for name, one in sorted(recorded.items())
    ]
    written = table("series", "labels", "asked for by", rows=rows)
    require("docs/metrics.md", r"\| series \| labels .*?(?=\n\n)", written)


def test_a_metric_that_nobody_asks_for_is_refused(targets: Known, queries: dict[str, str]) -> None:
    with pytest.raises(AssertionError, match="node_new: nothing asks for it"):
        of_exporters({**targets, "node_new": targets["node_load5"]}, queries)
