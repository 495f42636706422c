"""What can be asked for: the metrics of Prometheus and the labels of Loki, read from what configures them."""

import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import promql_parser
import yaml

from tests.conftest import ROOT
from tests.monitoring.promql import Known, Labels, Mismatch, labels_of

# Of the bodies that Prometheus 3 reads without a fallback_scrape_protocol: extractMediaType in its model/textparse.
SCRAPED_TYPES = {"text/plain", "application/openmetrics-text"}
CATALOGUE: dict[str, Any] = yaml.safe_load(Path(__file__).with_name("series.yaml").read_text())
ALLOY = ROOT / "monitoring" / "alloy" / "config.alloy"
PROMTAIL = ROOT / "charts" / "values" / "promtail.yaml"


def scraped(configuration: Mapping[str, Any]) -> Known:
    """Metric to job to labels, as they are after the relabeling of prometheus.yml."""
    known: dict[str, dict[str | None, Labels]] = {}
    for job in configuration["scrape_configs"]:
        name = job["job_name"]
        of_target = {"job", "instance"} | {
            rule["target_label"]
            for rule in job.get("relabel_configs", [])
            if not rule.get("target_label", "__").startswith("__")
        }
        for exporter in CATALOGUE.values():
            if exporter["jobs"] is None or name in exporter["jobs"]:
                for metric, labels in exporter["metrics"].items():
                    renamed, kept = _relabeled(metric, set(labels), job.get("metric_relabel_configs", []))
                    known.setdefault(renamed, {})[name] = frozenset(kept | of_target)
    return known


def _relabeled(metric: str, labels: set[str], rules: Sequence[Mapping[str, Any]]) -> tuple[str, set[str]]:
    for rule in rules:
        action, regex = rule.get("action", "replace"), rule["regex"]
        if action == "labeldrop":
            labels = {label for label in labels if not re.fullmatch(regex, label)}
            continue
        assert (action, rule["source_labels"][0]) == ("replace", "__name__"), f"teach series.py about {rule}"
        # A label that a rule asks for beside the name may be empty, and then the rule gives it a value.
        found = re.fullmatch(regex, ";".join([metric] + [""] * (len(rule["source_labels"]) - 1)))
        if found and rule["target_label"] == "__name__":
            metric = found.expand(re.sub(r"\$(\d)", r"\\\1", rule["replacement"]))
        elif found:
            labels = labels | {rule["target_label"]}
    return metric, labels


def rules_of(files: Iterable[Path]) -> list[dict[str, Any]]:
    return [
        rule
        for file in sorted(files)
        for group in yaml.safe_load(file.read_text())["groups"]
        for rule in group["rules"]
    ]


def with_rules(known: Known, rules: Sequence[Mapping[str, Any]]) -> Known:
    """And what the rules make: their records, and the alerts."""
    everything = {metric: dict(jobs) for metric, jobs in known.items()}
    waiting = [rule for rule in rules if "record" in rule]
    while waiting:
        left = []
        for rule in waiting:
            expression = promql_parser.parse(rule["expr"])
            if isinstance(expression, promql_parser.BinaryExpr) and f"{rule['record']}[" in rule["expr"]:
                expression = expression.lhs  # or its own past, which has the same labels
            try:
                labels = labels_of(expression, everything)
            except Mismatch:
                left.append(rule)  # of a record that is not there yet
                continue
            made = frozenset((labels or frozenset()) | rule.get("labels", {}).keys())
            before = everything.get(rule["record"], {}).get(None, made)
            everything[rule["record"]] = {None: made & before}
        if len(left) == len(waiting):
            break  # test_expressions.py tells why
        waiting = left
    alerts: Labels = frozenset({"alertname", "alertstate"})
    for rule in rules:
        if "alert" in rule:
            with suppress(Mismatch):  # test_expressions.py tells why
                alerts |= labels_of(promql_parser.parse(rule["expr"]), everything) or frozenset()
            alerts |= frozenset(rule["labels"])
    everything["ALERTS"] = {None: alerts}
    return everything


def log_labels() -> dict[str, Labels]:
    """The labels of a line in Loki, for each log agent."""
    alloy, promtail = ALLOY.read_text(), PROMTAIL.read_text()
    targets = {
        "alloy": re.findall(r'target_label *= "(\w+)"', alloy),
        "promtail": re.findall(r"target_label: (\w+)", promtail),
    }
    # The stage that reads what containerd writes adds the label stream: stdout or stderr.
    cri = {"alloy": "stage.cri" in alloy, "promtail": "- cri: {" in promtail}
    return {
        agent: frozenset(label for label in labels if not label.startswith("__"))
        | ({"stream"} if cri[agent] else set())
        for agent, labels in targets.items()
    }
