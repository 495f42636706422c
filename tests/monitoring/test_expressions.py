"""Every query of every rule and dashboard parses, and asks only for what the configuration brings."""

import json
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from monitoring.bundle import HERE
from tests.conftest import ROOT
from tests.monitoring.promql import Series, Unknown, labels_of, series

PARSE_LOGQL = """
import { parser } from '@grafana/lezer-logql';
import { readFileSync } from 'node:fs';
const failed = JSON.parse(readFileSync(0, 'utf8')).filter((query) => {
  let error = false;
  parser.parse(query).iterate({ enter: (node) => { error ||= node.type.isError; } });
  return error;
});
console.log(JSON.stringify(failed));
"""


@dataclass(frozen=True)
class Query:
    dashboard: str
    panel: str
    source: str
    expression: str
    legend: str


def queries(bundle: Path, source: str) -> list[Query]:
    return [
        Query(path.stem, panel["title"], target["datasource"]["uid"], target["expr"], target.get("legendFormat", ""))
        for path in sorted(bundle.glob("dashboards/*.json"))
        for panel in json.loads(path.read_text())["panels"]
        for target in panel.get("targets", [])
        if target["datasource"]["uid"] == source
    ]


def alerts(bundle: Path) -> Iterator[Any]:
    for path in sorted((bundle / "prometheus/rules").iterdir()):
        for group in yaml.safe_load(path.read_text())["groups"]:
            yield from (rule for rule in group["rules"] if "alert" in rule)


@pytest.fixture(scope="module")
def known(bundle: Path) -> Series:
    return series(bundle)


def test_dashboards_ask_for_what_there_is_and_name_it(bundle: Path, known: Series) -> None:
    asked = queries(bundle, "prometheus")
    assert len(asked) > 60
    for query in asked:
        labels = labels_of(query.expression, known)
        named = set(re.findall(r"{{(\w+)}}", query.legend))
        assert named <= labels, query


def test_alerts_name_labels_that_they_have(bundle: Path, known: Series) -> None:
    for alert in alerts(bundle):
        labels = labels_of(alert["expr"], known) | alert["labels"].keys()
        named = set(re.findall(r"\$labels\.(\w+)", " ".join(alert["annotations"].values())))
        assert named <= labels, alert


def test_variables_choose_among_labels_that_there_are(bundle: Path, known: Series) -> None:
    for path in bundle.glob("dashboards/*.json"):
        for variable in json.loads(path.read_text()).get("templating", {}).get("list", []):
            if variable["type"] == "query" and variable["datasource"]["uid"] == "prometheus":
                [(metric, label)] = re.findall(r"^label_values\((.+), (\w+)\)$", variable["query"])
                assert label in labels_of(metric, known)


def test_everything_that_aws_is_asked_for_is_shown(bundle: Path) -> None:
    told = set(re.findall(r'"(aws_\w+)"', (HERE / "scripts" / "aws_metrics.py").read_text())) - {"aws_metrics"}
    assert len(told) > 15
    shown = " ".join(query.expression for query in queries(bundle, "prometheus"))
    assert {metric for metric in told if metric not in shown} == set()
    catalogue = yaml.safe_load(Path(__file__).with_name("series.yaml").read_text())["monitoring-host"]
    assert {metric for metric in catalogue if metric.startswith("aws_")} == told


@pytest.mark.parametrize("agent", ["alloy", "promtail"])
def test_logs_are_searched_by_labels_that_lines_have(bundle: Path, agent: str) -> None:
    configuration = {"alloy": HERE / "alloy" / "config.alloy", "promtail": ROOT / "charts" / "values" / "promtail.yaml"}
    given = set(re.findall(r'target_label\s*[=:]\s*"?(\w+)', configuration[agent].read_text())) - {"__path__"}
    assert given == {"namespace", "pod", "container", "app"}
    for query in queries(bundle, "loki"):
        matched = set(re.findall(r"[{,]\s*(\w+)\s*[=!]~?", query.expression))
        grouped = {name for names in re.findall(r"by \(([^)]*)\)", query.expression) for name in names.split(", ")}
        assert matched == given
        assert grouped <= given
        # Loki refuses what may match nothing in every part, and this one is in every line.
        assert 'namespace=~"$namespace"' in query.expression


def failed_logql(expressions: list[str]) -> list[str]:
    if not (ROOT / "node_modules" / "@grafana" / "lezer-logql").exists():
        pytest.skip("the parser of LogQL is not installed: npm ci --ignore-scripts")
    texts = [re.sub(r"\$\w+", "chosen", text.replace("$__auto", "5m")) for text in expressions]
    result = subprocess.run(
        ["node", "--input-type=module", "--eval", PARSE_LOGQL],
        cwd=ROOT,
        input=json.dumps(texts),
        capture_output=True,
        text=True,
        check=True,
    )
    return [str(text) for text in json.loads(result.stdout)]


def test_queries_of_logs_parse(bundle: Path) -> None:
    asked = [query.expression for query in queries(bundle, "loki")]
    assert len(asked) == 3
    assert failed_logql(asked) == []
    broken = ['{app="api"', '{app="api"} | jsonn', "sum by (app) (rate({app=~`x`}))"]
    assert failed_logql(broken) == broken


@pytest.mark.parametrize(
    ("expression", "complaint"),
    [
        ('rate(http_server_request_duration_count{job="api"}[5m])', "is brought by no job"),
        ('up{jobs="api"}', "there is no label jobs"),
        ("sum by (route) (up)", "there is no label route"),
        ("histogram_quantile(0.9, sum(rate(http_server_request_duration_seconds_bucket[5m])))", "there is no label le"),
        ("aws_rds_connections / aws_alb_healthy_hosts", "its sides never match"),
    ],
)
def test_what_nobody_brings_is_noticed(known: Series, expression: str, complaint: str) -> None:
    with pytest.raises(Unknown, match=complaint):
        labels_of(expression, known)


@pytest.mark.parametrize("expression", ["rate(up)", "sum(up", "nosuch(up)"])
def test_what_is_no_promql_is_noticed(known: Series, expression: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        labels_of(expression, known)
