"""Every point of the migration guide of Prometheus 3, and what the configuration of the host answers to it.

The guide: https://github.com/prometheus/prometheus/blob/v3.13.1/docs/migration.md. Its headings are the tests.
What is right for 3 has to be right for the 2.42 that other tests run.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import promql_parser as promql
import pytest
import yaml

from monitoring.bundle import HERE, PINS
from settings.monitoring import LATENCY_BOUNDARIES
from tests.conftest import ROOT
from tests.monitoring.series import CATALOGUE, rules_of
from tests.monitoring.test_expressions import queries

GUIDE = "v3.13.1"
REGEX = (promql.MatchOp.Re, promql.MatchOp.NotRe)
# Names that AWS, Kubernetes, Linux or this repository gives: none can hold a line break. That of a request can be
# anything, so http_route is one that the application has, or unmatched.
ONE_LINE = {
    "device",
    "fstype",
    "http_response_status_code",
    "http_route",
    "job",
    "le",
    "mountpoint",
    "namespace",
    "phase",
    "pod",
    "reason",
}


class Asked(NamedTuple):
    where: str
    node: Any


@pytest.fixture(scope="module")
def configuration(bundle: Path) -> dict[str, Any]:
    read: dict[str, Any] = yaml.safe_load((bundle / "prometheus/prometheus.yml").read_text())
    return read


@pytest.fixture(scope="module")
def nodes(bundle: Path) -> list[Asked]:
    """Every node of every expression of a rule or a panel."""
    expressions = [
        (rule.get("alert") or rule["record"], rule["expr"])
        for rule in rules_of((bundle / "prometheus/rules").iterdir())
    ]
    expressions += [(query.where, query.expression) for query in queries(bundle, "prometheus")]
    found = [Asked(where, node) for where, expression in expressions for node in inside(promql.parse(expression))]
    assert len(found) > 500
    return found


def inside(node: Any) -> Iterator[Any]:
    yield node
    children = [getattr(node, name, None) for name in ("expr", "lhs", "rhs", "param", "vector_selector")]
    for child in [*children, *getattr(node, "args", [])]:
        if isinstance(child, promql.Expr):
            yield from inside(child)


def matchers(nodes: list[Asked]) -> Iterator[tuple[str, Any]]:
    for where, node in nodes:
        if isinstance(node, promql.VectorSelector):
            yield from ((where, matcher) for matcher in node.matchers.matchers)


def test_the_guide_is_that_of_the_pinned_version() -> None:
    assert f":{GUIDE}@" in PINS["images"]["prometheus"], "read the guide again, at the version that is pinned"


def test_flags(bundle: Path, configuration: dict[str, Any]) -> None:
    """Removed feature flags: none is used, and none of what they do by default now is met unawares."""
    assert "--enable-feature" not in (bundle / "units/prometheus.service").read_text()
    # expand-external-labels: $ begins the name of a variable.
    assert not any("$" in value for value in configuration["global"]["external_labels"].values())
    # no-default-scrape-port: each address says its port itself, so that `instance` is the same in both.
    for job in configuration["scrape_configs"]:
        addresses = [each for group in job.get("static_configs", []) for each in group["targets"]]
        addresses = [
            rule.get("replacement", "")
            for rule in job.get("relabel_configs", [])
            if rule.get("target_label") == "__address__"
        ] or addresses
        found = [group for kind in ("ec2_sd_configs", "dns_sd_configs") for group in job.get(kind, [])]
        assert addresses or found, job
        assert all(re.search(r":\d+$", address) for address in addresses), job
        assert all(group["port"] for group in found), job


def test_configuration(configuration: dict[str, Any]) -> None:
    """Native histograms are not scraped, so scrape_classic_histograms has no new name; there is no remote_write."""
    text = json.dumps(configuration)
    assert "_histograms" not in text
    assert "remote_write" not in text


def test_regular_expressions_match_newlines(nodes: list[Asked], configuration: dict[str, Any]) -> None:
    """A dot now matches a line break too: no value that is matched can have one."""
    asked = {matcher.name for _, matcher in matchers(nodes) if matcher.op in REGEX and "." in matcher.value}
    assert asked
    assert asked <= ONE_LINE, "say here why no value has a line break, or write [^\\n]"
    for job in configuration["scrape_configs"]:
        for rule in job.get("metric_relabel_configs", []):
            # Names of metrics and of labels.
            assert "." not in rule["regex"] or rule.get("source_labels", ["__name__"])[0] == "__name__"


def test_range_selectors_exclude_the_left_boundary(nodes: list[Asked], configuration: dict[str, Any]) -> None:
    """One sample less where the evaluation meets a scrape: no range may rely on it."""
    slowest = 30
    assert configuration["global"]["scrape_interval"] == f"{slowest}s"
    ranges = [asked for asked in nodes if isinstance(asked.node, promql.MatrixSelector)]
    assert len(ranges) > 50
    for where, node in ranges:
        # Two samples for a rate, also when one scrape of three is lost.
        assert node.range.total_seconds() >= 4 * slowest, where
    for where, node in nodes:
        if isinstance(node, promql.SubqueryExpr):
            assert node.range is not None
            assert node.step is not None, f"{where}: without a step it is that of the evaluation"
            assert node.range >= 2 * node.step, where


def test_holt_winters(nodes: list[Asked]) -> None:
    """Renamed, and experimental under both names."""
    called = {node.func.name for _, node in nodes if isinstance(node, promql.Call)}
    assert {"rate", "histogram_quantile"} <= called
    assert not called & {"holt_winters", "double_exponential_smoothing"}


def test_scrape_protocols(configuration: dict[str, Any]) -> None:
    """A scrape fails without a known Content-Type. Each target sends one, which test_series.py and the tests of the
    preloads look at, so no job needs a fallback. Prometheus 2 does not know the setting."""
    assert "fallback_scrape_protocol" not in json.dumps(configuration)


def test_tsdb_format_and_downgrade() -> None:
    """What 3 has written is read by 2.55 and newer: the runbook says how far back the pin may go."""
    assert "2.55" in (ROOT / "docs/runbooks/monitoring-host.md").read_text()


def test_tsdb_storage_contract(configuration: dict[str, Any]) -> None:
    """Nothing is read from a storage of others."""
    assert "remote_read" not in configuration


def test_utf8_names(configuration: dict[str, Any]) -> None:
    """Names may be anything now: those that are asked for are valid in both. Prometheus 2 has no scheme to choose."""
    assert "validation_scheme" not in json.dumps(configuration)
    metrics = [exporter["metrics"] for exporter in CATALOGUE.values()]
    names = {name for each in metrics for metric, labels in each.items() for name in (metric, *labels)}
    assert len(names) > 100
    assert all(re.fullmatch(r"[a-zA-Z_]\w*", name, re.ASCII) for name in names)


def test_log_message_format() -> None:
    """time= and source= instead of ts= and caller=: nothing reads the log but people."""
    texts = [
        path
        for folder in (HERE, ROOT / "docs/runbooks")
        for path in folder.rglob("*")
        if path.suffix in {".sh", ".md", ".py"}
    ]
    assert len(texts) > 20
    assert [path for path in texts if re.search(r"\b(ts|caller)=", path.read_text())] == []


def test_le_and_quantile_label_values(nodes: list[Asked]) -> None:
    """le="1" of a target is stored as 1.0: whatever asks for a bound takes both spellings, or neither."""
    asked = [(where, matcher) for where, matcher in matchers(nodes) if matcher.name in {"le", "quantile"}]
    assert asked
    for where, matcher in asked:
        pattern = matcher.value if matcher.op in REGEX else re.escape(matcher.value)
        for bound in LATENCY_BOUNDARIES:
            spellings = {f"{bound:g}", str(float(bound))}
            assert len({bool(re.fullmatch(pattern, each)) for each in spellings}) == 1, where


def test_alertmanager_with_the_v1_api(configuration: dict[str, Any]) -> None:
    """v2 is the default of both, and of the pinned Alertmanager the only one."""
    assert all("api_version" not in each for each in configuration["alerting"]["alertmanagers"])
    [version] = re.findall(r":v0\.(\d+)\.", PINS["images"]["alertmanager"])
    assert int(version) >= 16
