"""The rules that are made of objectives, run by promtool: bounds of buckets as Prometheus 2 and 3 store them."""

import re
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from monitoring.bundle import INDICATORS
from monitoring.slo_rules import slo_rules
from observability import LATENCY_BOUNDARIES, SloSettings
from tests.monitoring.test_expressions import queries

Tool = Callable[..., subprocess.CompletedProcess[str]]

# Prometheus 2 stores a bound as the target writes it, and Node writes whole numbers without a point. Prometheus 3
# writes each as OpenMetrics does, 1.0: its model/labels/float.go, and docs/migration.md on le and quantile.
STORED = {
    "prometheus-2": [f"{bound:g}" for bound in LATENCY_BOUNDARIES],
    "prometheus-3": [str(bound) for bound in LATENCY_BOUNDARIES],
}
LATENCIES = {
    f"within-{place}": SloSettings(indicator="latency", objective=99, threshold_seconds=bound)
    for place, bound in enumerate(LATENCY_BOUNDARIES)
}


def promtool(tool: Tool, directory: Path, slos: Mapping[str, SloSettings], test: Mapping[str, Any]) -> None:
    (directory / "rules.yml").write_text(slo_rules(slos, INDICATORS))
    case = {"rule_files": ["rules.yml"], "evaluation_interval": "1m", "tests": [{"interval": "1m", **test}]}
    (directory / "test.yml").write_text(yaml.safe_dump(case))
    checked = tool("promtool", "test", "rules", directory / "test.yml")
    assert checked.returncode == 0, checked.stdout + checked.stderr


@pytest.mark.slow
@pytest.mark.parametrize("version", STORED)
def test_every_threshold_finds_its_bucket(tool: Tool, tmp_path: Path, version: str) -> None:
    labels = 'job="api",http_response_status_code="200"'
    # Of 600 requests a minute each bucket has 40 more than the one before.
    rates = {f"count{{{labels}}}": 600}
    rates |= {f'bucket{{{labels},le="{bound}"}}': 40 * (place + 1) for place, bound in enumerate(STORED[version])}
    series = [
        {"series": f"http_server_request_duration_seconds_{name}", "values": f"0+{rate}x30"}
        for name, rate in rates.items()
    ]
    expected = [
        {
            "expr": f'round(slo:sli_error:ratio_rate5m{{slo="within-{place}"}} * 15)',
            "eval_time": "30m",
            "exp_samples": [{"labels": f'{{slo="within-{place}"}}', "value": 14 - place}],
        }
        for place in range(len(LATENCIES))
    ]
    promtool(tool, tmp_path, LATENCIES, {"input_series": series, "promql_expr_test": expected})


def test_a_bound_is_asked_for_in_both_ways_wherever_one_is_named(bundle: Path) -> None:
    texts = [file.read_text() for file in (bundle / "prometheus/rules").iterdir()]
    texts += [query.expression for query in queries(bundle, "prometheus")]
    texts.append(slo_rules(LATENCIES, INDICATORS))
    found = re.findall(r'\b(?:le|quantile) *(=~|!~|!=|=) *"([^"]*)"', "\n".join(texts))
    assert len(found) > len(LATENCIES)
    for operator, value in found:
        pattern = value if "~" in operator else re.escape(value)
        one, other = ([bool(re.fullmatch(pattern, bound)) for bound in bounds] for bounds in STORED.values())
        assert any(one), value
        assert one == other, value
