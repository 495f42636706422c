"""Every expression of a rule or a dashboard parses, and asks only for what something produces.

PromQL and LogQL find nothing, and say nothing, when a metric or a label does not exist: an alert then never fires.
"""

import json
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import promql_parser
import pytest
import yaml

from tests.conftest import ROOT
from tests.monitoring.promql import Known, Labels, labels_of
from tests.monitoring.series import CATALOGUE, log_labels, rules_of, scraped, with_rules

Tool = Callable[..., subprocess.CompletedProcess[str]]
BUILT_IN = {"__rate_interval": "5m", "__range": "1h", "__interval": "1m", "__auto": "5m"}


class Query(NamedTuple):
    where: str
    expression: str
    legend: str


def without_variables(text: str) -> str:
    """As Grafana sends it, with some value for each variable."""
    for name, value in BUILT_IN.items():
        text = text.replace(f"${name}", value)
    return re.sub(r"\$[a-z]\w*", "x", text)


def queries(bundle: Path, datasource: str) -> Iterator[Query]:
    for file in sorted((bundle / "dashboards").iterdir()):
        board = json.loads(file.read_text())
        for panel in board["panels"]:
            for target in panel.get("targets", []):
                if target["datasource"]["uid"] == datasource:
                    where = f"{file.name}, {panel['title']}"
                    yield Query(where, without_variables(target["expr"]), target.get("legendFormat", ""))
        for mark in board["annotations"]["list"] if datasource == "prometheus" else []:
            assert mark["datasource"]["uid"] == datasource
            yield Query(f"{file.name}, {mark['name']}", mark["expr"], mark["textFormat"])


def variables(bundle: Path, datasource: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for file in sorted((bundle / "dashboards").iterdir()):
        for variable in json.loads(file.read_text())["templating"].get("list", []):
            if variable.get("datasource", {}).get("uid") == datasource:
                yield f"{file.name}, ${variable['name']}", variable["query"]


@pytest.fixture(scope="module")
def rules(bundle: Path) -> list[dict[str, Any]]:
    return rules_of((bundle / "prometheus/rules").iterdir())


@pytest.fixture(scope="module")
def known(bundle: Path, rules: list[dict[str, Any]]) -> Known:
    return with_rules(scraped(yaml.safe_load((bundle / "prometheus/prometheus.yml").read_text())), rules)


def checked(where: str, expression: str, known: Known) -> Labels:
    try:
        return labels_of(promql_parser.parse(expression), known) or frozenset()
    except Exception as error:
        raise AssertionError(f"{where}: {error}") from error


def test_rules_ask_for_what_there_is_and_their_texts_too(rules: list[dict[str, Any]], known: Known) -> None:
    assert len(rules) > 50
    for rule in rules:
        name = rule.get("alert") or rule["record"]
        labels = checked(name, rule["expr"], known) | rule.get("labels", {}).keys()
        texts = " ".join(rule.get("annotations", {}).values())
        assert set(re.findall(r"\$labels\.(\w+)", texts)) <= labels, name


def test_panels_ask_for_what_there_is_and_their_legends_too(bundle: Path, known: Known) -> None:
    found = list(queries(bundle, "prometheus"))
    assert len(found) > 60
    for query in found:
        labels = checked(query.where, query.expression, known)
        assert set(re.findall(r"\{\{(\w+)\}\}", query.legend)) <= labels, query


def test_prometheus_itself_takes_what_panels_ask(bundle: Path, tmp_path: Path, tool: Tool) -> None:
    expressions = [query.expression for query in queries(bundle, "prometheus")]
    rules = [{"record": f"query:{place}", "expr": each} for place, each in enumerate(expressions)]
    file = tmp_path / "queries.yml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "queries", "rules": rules}]}))
    checked = tool("promtool", "check", "rules", file)
    assert (checked.returncode, f"{len(rules)} rules found" in checked.stdout) == (0, True), checked.stderr


def test_variables_list_the_values_of_labels_that_there_are(bundle: Path, known: Known) -> None:
    found = list(variables(bundle, "prometheus"))
    assert found
    for where, query in found:
        match = re.fullmatch(r"label_values\((.+), (\w+)\)", query["query"])
        assert match, where
        assert match[2] in checked(where, match[1], known), where


@pytest.fixture(scope="module")
def logql() -> Any:
    """Expressions to what the grammar of Grafana says about each: node is started once for all of them."""
    if not shutil.which("node") or not (ROOT / "node_modules/@grafana/lezer-logql").is_dir():
        pytest.skip("the grammar of LogQL is not installed: apt-get install nodejs, and npm ci")

    def parse(expressions: list[str]) -> list[dict[str, list[Any]]]:
        command = ["node", str(Path(__file__).with_name("logql.mjs"))]
        result = subprocess.run(command, input=json.dumps(expressions), capture_output=True, text=True, check=True)
        answer: list[dict[str, list[Any]]] = json.loads(result.stdout)
        return answer

    return parse


def test_log_queries_parse_and_name_labels_of_both_log_agents(bundle: Path, logql: Any) -> None:
    found = list(queries(bundle, "loki"))
    found += [
        Query(where, without_variables(query["stream"]) or f"{{{label}=~`.+`}}", f"{{{{{label}}}}}")
        for where, query in variables(bundle, "loki")
        for label in [query["label"]]
    ]
    assert len(found) > 6
    usable = frozenset.intersection(*log_labels().values())
    for query, parsed in zip(found, logql([query.expression for query in found]), strict=True):
        assert parsed["errors"] == [], query
        assert parsed["labels"], query
        assert set(parsed["labels"]) <= usable, query
        assert set(re.findall(r"\{\{(\w+)\}\}", query.legend)) <= usable, query


def test_the_grammar_of_logql_finds_errors(logql: Any) -> None:
    broken = ['{app="x" |= "y"', '{app="x"} | jsonn', "rate({app=`x`})", '{app=~"$app"} |~ "']
    assert all(each["errors"] for each in logql(broken))


def test_every_metric_of_aws_is_shown_or_watched(bundle: Path, rules: list[dict[str, Any]]) -> None:
    asked = " ".join(
        [*(query.expression for query in queries(bundle, "prometheus")), *(rule["expr"] for rule in rules)]
    )
    metrics = [metric for metric in CATALOGUE["textfile"]["metrics"] if metric.startswith("aws_")]
    assert len(metrics) > 15
    assert [metric for metric in metrics if not re.search(rf"\b{metric}\b", asked)] == []


def test_the_catalogue_holds_nothing_that_nobody_asks_for(bundle: Path, known: Known) -> None:
    texts = [file.read_text() for folder in ("dashboards", "prometheus/rules") for file in (bundle / folder).iterdir()]
    everything = "\n".join(texts)
    unused = [metric for metric in known if not re.search(rf"\b{metric}\b", everything)]
    assert unused == []
