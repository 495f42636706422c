"""The rules that are made of objectives, run by promtool: bounds of buckets as Prometheus 2 and 3 store them, and few
requests."""

import re
import subprocess
from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import pytest
import yaml

from monitoring.bundle import INDICATORS
from monitoring.slo_rules import LEAST_BAD_EVENTS, slo_rules
from settings.monitoring import LATENCY_BOUNDARIES, SloSettings
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


def promtool(
    tool: Tool, directory: Path, slos: Mapping[str, SloSettings], test: Mapping[str, Any], every: str = "1m"
) -> None:
    (directory / "rules.yml").write_text(slo_rules(slos, INDICATORS))
    case = {"rule_files": ["rules.yml"], "evaluation_interval": every, "tests": [{"interval": "1m", **test}]}
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


AVAILABLE = {"api-availability": SloSettings(indicator="availability", objective=99.5)}
FAST, SLOW = "SloFastBurn", "SloSlowBurn"
HOUR, DAY = 60, 24 * 60


def requests(minutes: int, failing: Sequence[int]) -> list[dict[str, str]]:
    """The counters of ten requests an hour, each minute, of which those with these numbers fail."""
    numbers = [minute // 6 for minute in range(minutes)]
    bad = [bisect_left(failing, number) for number in numbers]
    good = [number - failed for number, failed in zip(numbers, bad, strict=True)]
    return [
        {
            "series": f'http_server_request_duration_seconds_count{{job="api",http_response_status_code="{code}"}}',
            "values": " ".join(map(str, counts)),
        }
        for code, counts in (("200", good), ("500", bad))
    ]


def told(alert: str, minutes: int, fires: bool) -> dict[str, Any]:
    """Whether the alert has fired at any evaluation until then."""
    expression = f'group(count_over_time(ALERTS{{alertname="{alert}",alertstate="firing"}}[30d]))'
    return {
        "expr": expression,
        "eval_time": f"{minutes}m",
        "exp_samples": [{"labels": "{}", "value": 1}] if fires else [],
    }


@pytest.mark.slow
@pytest.mark.parametrize("failures", [1, LEAST_BAD_EVENTS - 1, LEAST_BAD_EVENTS])
def test_of_ten_requests_an_hour_a_few_fail_in_a_row(tool: Tool, tmp_path: Path, failures: int) -> None:
    minutes = DAY + 4 * HOUR
    series = requests(minutes, range(DAY // 6, DAY // 6 + failures))
    fires = failures >= LEAST_BAD_EVENTS
    expected = [told(alert, minutes, fires) for alert in (FAST, SLOW)]
    promtool(tool, tmp_path, AVAILABLE, {"input_series": series, "promql_expr_test": expected})


@pytest.mark.slow
@pytest.mark.parametrize("failures", [LEAST_BAD_EVENTS - 1, LEAST_BAD_EVENTS])
def test_of_ten_requests_an_hour_a_few_fail_in_three_days(tool: Tool, tmp_path: Path, failures: int) -> None:
    # One in five hours is two percent, of which the objective allows half of one.
    minutes = 4 * DAY
    series = requests(minutes, [DAY // 6 + 50 * place for place in range(failures)])
    expected = [told(FAST, minutes, fires=False), told(SLOW, minutes, failures >= LEAST_BAD_EVENTS)]
    promtool(tool, tmp_path, AVAILABLE, {"input_series": series, "promql_expr_test": expected}, every="10m")


@pytest.mark.slow
def test_of_ten_requests_an_hour_all_fail(tool: Tool, tmp_path: Path) -> None:
    """The probe pages after twelve minutes, in first.yml; the requests themselves do so too."""
    minutes = DAY + 75
    series = requests(minutes, range(DAY // 6, minutes))
    expected = [told(alert, minutes, fires=True) for alert in (FAST, SLOW)]
    promtool(tool, tmp_path, AVAILABLE, {"input_series": series, "promql_expr_test": expected})


@pytest.mark.slow
def test_bad_events_of_each_indicator_are_counted(tool: Tool, tmp_path: Path) -> None:
    indicators: tuple[Literal["availability", "latency", "edge", "probe"], ...]
    indicators = ("availability", "latency", "edge", "probe")
    slos: dict[str, SloSettings] = {
        each: SloSettings(indicator=each, objective=99, threshold_seconds=1 if each == "latency" else None)
        for each in indicators
    }
    http = "http_server_request_duration_seconds"
    series = {
        f'{http}_count{{job="api",http_response_status_code="500"}}': "0+2x90",
        f'{http}_count{{job="api",http_response_status_code="200"}}': "0+20x90",
        f'{http}_bucket{{job="api",http_response_status_code="200",le="1.0"}}': "0+17x90",
        'aws_alb_requests_per_second{load_balancer="b"}': "1x90",
        'aws_alb_target_5xx_per_second{load_balancer="b"}': "0.1x90",
        'aws_alb_elb_5xx_per_second{load_balancer="b"}': "0.05x90",
        "probe:success": "1x81 0x8",
    }
    bad = {"availability": 2 * 60, "latency": 3 * 60, "edge": 0.15 * 3600, "probe": 9}
    expected = [
        {
            "expr": f'round(slo:bad_events:increase1h{{slo="{slo}"}})',
            "eval_time": "90m",
            "exp_samples": [{"labels": f'{{slo="{slo}"}}', "value": count}],
        }
        for slo, count in bad.items()
    ]
    given = [{"series": name, "values": values} for name, values in series.items()]
    promtool(tool, tmp_path, slos, {"input_series": given, "promql_expr_test": expected})


@pytest.mark.slow
def test_a_latency_without_its_bucket_is_bad_and_not_well(tool: Tool, tmp_path: Path) -> None:
    slos = {"fast": SloSettings(indicator="latency", objective=99, threshold_seconds=1)}
    count = 'http_server_request_duration_seconds_count{job="api",http_response_status_code="200"}'
    test = {
        "input_series": [{"series": count, "values": "0+20x90"}],
        "promql_expr_test": [told(FAST, 90, fires=True)],
    }
    promtool(tool, tmp_path, slos, test)


def counters(
    minutes: int, seen: range, errors: Mapping[str, Callable[[int], int]], more: int = 0
) -> list[dict[str, str]]:
    """A pod with fifty requests a minute, and errors by route; nothing is stored outside of these minutes."""

    def values(count: Callable[[int], int]) -> str:
        found = [count(minute) if minute in seen else None for minute in range(minutes)]
        return " ".join("_" if each is None else str(each) for each in found)

    name = 'http_server_request_duration_seconds_count{job="api",instance="a",http_response_status_code='
    series = {f'{name}"200"}}': lambda minute: more + 50 * minute}
    series |= {f'{name}"500",http_route="{route}"}}': count for route, count in errors.items()}
    return [{"series": each, "values": values(count)} for each, count in series.items()]


UP = 'up{job="api",instance="a"}'


@pytest.mark.slow
def test_the_first_error_of_each_route_counts(tool: Tool, tmp_path: Path) -> None:
    """A counter appears with its first event, and increase() takes the first value for the start."""
    minutes = 3 * HOUR
    series = counters(minutes, range(minutes), {})
    for route in range(600):
        begin = 100 + route // 10
        fresh = 'http_server_request_duration_seconds_count{job="api",instance="a",http_response_status_code="500",'
        series.append({"series": f'{fresh}http_route="{route}"}}', "values": f"_x{begin} 1x{minutes - begin}"})
    series.append({"series": UP, "values": f"1x{minutes}"})
    test = {"input_series": series, "promql_expr_test": [told(FAST, minutes, fires=True)]}
    promtool(tool, tmp_path, AVAILABLE, test)


@pytest.mark.slow
def test_what_a_new_pod_answers_before_it_is_scraped_counts(tool: Tool, tmp_path: Path) -> None:
    minutes = 3 * HOUR
    series = counters(minutes, range(minutes), {})
    for pod in range(20):
        begin = 100 + 3 * pod
        labels = f'job="api",instance="new-{pod}",http_response_status_code="500"'
        count = f"http_server_request_duration_seconds_count{{{labels}}}"
        # It ends before it is scraped again.
        series.append({"series": count, "values": f"_x{begin} 30 stale"})
    series.append({"series": UP, "values": f"1x{minutes}"})
    test = {"input_series": series, "promql_expr_test": [told(FAST, minutes, fires=True)]}
    promtool(tool, tmp_path, AVAILABLE, test)


@pytest.mark.slow
@pytest.mark.parametrize("away", ["pod", "prometheus"])
def test_errors_of_long_ago_do_not_come_back_with_a_pod_that_was_not_seen(
    tool: Tool, tmp_path: Path, away: str
) -> None:
    minutes = 12 * HOUR
    before, after = range(2 * HOUR), range(4 * HOUR, minutes)
    seen = [minute in before or minute in after for minute in range(minutes)]
    series = counters(minutes, range(minutes), {"old": lambda _: 9000})
    series = [
        {
            **each,
            "values": " ".join(
                value if kept else "_" for value, kept in zip(each["values"].split(), seen, strict=True)
            ),
        }
        for each in series
    ]
    unseen = "0" if away == "pod" else "_"
    series.append({"series": UP, "values": " ".join("1" if kept else unseen for kept in seen)})
    test = {"input_series": series, "promql_expr_test": [told(alert, minutes, fires=False) for alert in (FAST, SLOW)]}
    promtool(tool, tmp_path, AVAILABLE, test)
