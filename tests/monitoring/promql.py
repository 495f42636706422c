"""Which labels an expression of PromQL has in the end, when every series is one that the configuration brings."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import promql_parser as promql
import yaml

ALWAYS = frozenset({"instance", "job"})
OF_A_SCRAPE = ("up", "scrape_duration_seconds")
Labels = frozenset[str]
Series = Mapping[str, Mapping[str, Labels]]  # by job and metric


class Unknown(Exception):
    """An expression asks for what nobody brings; str() says what."""


def series(bundle: Path) -> Series:
    """The catalogue, with what relabeling adds to it, and what the rules of the bundle record (job "")."""
    catalogue = yaml.safe_load(Path(__file__).with_name("series.yaml").read_text())
    jobs = yaml.safe_load((bundle / "prometheus/prometheus.yml").read_text())["scrape_configs"]
    added = {
        job["job_name"]: {each["target_label"] for each in job.get("relabel_configs", [])}
        - {"__address__", "__param_target"}
        for job in jobs
    }
    if strangers := catalogue.keys() - added.keys():
        raise Unknown(f"no job of prometheus.yml is called {', '.join(strangers)}")
    found = {
        job: {metric: ALWAYS | added[job] | set(labels) for metric, labels in catalogue.get(job, {}).items()}
        | dict.fromkeys(OF_A_SCRAPE, ALWAYS | added[job])
        for job in added
    }
    recorded: dict[str, Labels] = {}
    alerts: set[str] = {"alertname", "alertstate"}
    known: dict[str, Mapping[str, Labels]] = {**found, "": recorded}
    for path in sorted((bundle / "prometheus/rules").iterdir()):
        for group in yaml.safe_load(path.read_text())["groups"]:
            for rule in group["rules"]:
                if "record" in rule:
                    recorded[rule["record"]] = labels_of(rule["expr"], known) | rule.get("labels", {}).keys()
                else:
                    alerts |= labels_of(rule["expr"], known) | rule["labels"].keys()
    recorded["ALERTS"] = frozenset(alerts)
    return known


def labels_of(expression: str, known: Series) -> Labels:
    """Raises ValueError where it is not PromQL, and Unknown where a metric or a label is not brought."""
    text = re.sub(r"\[\$__(rate_interval|range)\]", "[5m]", expression)
    text = re.sub(r"\$\{?\w+\}?", "chosen", text)  # a variable, inside of a matcher
    return _labels(promql.parse(text), known)


def _labels(node: Any, known: Series) -> Labels:
    match node:
        case promql.NumberLiteral() | promql.StringLiteral():
            return frozenset()
        case promql.ParenExpr() | promql.UnaryExpr() | promql.SubqueryExpr():
            return _labels(node.expr, known)
        case promql.MatrixSelector():
            return _labels(node.vector_selector, known)
        case promql.VectorSelector():
            return _selected(node, known)
        case promql.AggregateExpr():
            return _aggregated(node, known)
        case promql.Call():
            return _called(node, known)
        case promql.BinaryExpr():
            return _joined(node, known)
    raise AssertionError(f"{type(node).__name__} is not known here")


def _selected(node: Any, known: Series) -> Labels:
    matchers = node.matchers.matchers
    jobs = [each.value for each in matchers if each.name == "job" and each.op == promql.MatchOp.Equal] or [*known]
    brought = [known[job][node.name] for job in jobs if node.name in known.get(job, {})]
    if not brought:
        raise Unknown(f"{node} is brought by no job")
    labels = frozenset().union(*brought)
    _require({each.name for each in matchers}, labels, node)
    return labels


def _aggregated(node: Any, known: Series) -> Labels:
    inside = _labels(node.expr, known)
    if node.modifier is None:
        return frozenset()
    named = frozenset(node.modifier.labels)
    _require(named, inside, node)
    return named if node.modifier.type == promql.AggModifierType.By else inside - named


def _called(node: Any, known: Series) -> Labels:
    arguments = [_labels(argument, known) for argument in node.args]
    if node.func.name == "absent":
        selector = node.args[0]
        return frozenset(each.name for each in selector.matchers.matchers if each.op == promql.MatchOp.Equal)
    if node.func.name == "label_replace":
        _require({node.args[3].val}, arguments[0], node)
        return arguments[0] | {node.args[1].val}
    if node.func.name == "histogram_quantile":
        _require({"le"}, arguments[1], node)
        return arguments[1] - {"le"}
    return frozenset().union(*arguments)


def _joined(node: Any, known: Series) -> Labels:
    left, right = _labels(node.lhs, known), _labels(node.rhs, known)
    modifier = node.modifier
    if modifier is not None and modifier.matching is not None:
        on = frozenset(modifier.matching.labels)
        _require(on, left & right, node)
        _require(set(modifier.group_labels or ()), right, node)
        return left | set(modifier.group_labels or ())
    if str(node.op) in ("and", "or", "unless"):
        return left | right
    if left and right and left != right:
        raise Unknown(f"{node}: its sides never match, because they differ in {', '.join(sorted(left ^ right))}")
    return left or right


def _require(wanted: set[str] | Labels, labels: Labels, node: Any) -> None:
    if missing := sorted(wanted - labels):
        raise Unknown(f"{node}: there is no label {', '.join(missing)} among {', '.join(sorted(labels))}")
