"""Recording rules and alerts for objectives, with several windows and several burn rates.

A burn rate of 1 uses up the whole error budget within the window of the objective. The limits and pairs of windows are
those of the SRE Workbook of Google, chapter 5, for 30 days: over another window they spend another share of the budget.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from monitoring.placeholders import Placeholders
from settings.messages import read_mapping
from settings.monitoring import SloSettings

# With ten requests an hour one failure is ten percent (the same chapter, "Low-Traffic Services and Error Budget
# Alerting"). Until ten events were bad within the long window their share is chance: it may be a third off. An outage
# does not wait for them: a probe asks 120 times an hour, whatever the traffic, and has an objective of its own.
LEAST_BAD_EVENTS = 10
# That it goes on: after an outage, a single failure at night is no second one.
LEAST_STILL = 2
RUNBOOK = "docs/runbooks/slo.md"
COUNTED = re.compile(r"counted\((.+?)\)$", re.MULTILINE)
UNITS = {"m": 60, "h": 3600, "d": 86400}


@dataclass(frozen=True, kw_only=True)
class BurnRate:
    """Both windows have to burn that fast: the long one proves that it matters, the short one that it goes on."""

    factor: float
    long: str
    short: str


PAGE = (BurnRate(factor=14.4, long="1h", short="5m"), BurnRate(factor=6, long="6h", short="30m"))
TICKET = (BurnRate(factor=3, long="1d", short="2h"), BurnRate(factor=1, long="3d", short="6h"))


def error_budget(slo: SloSettings) -> float:
    """The share of the events that may be bad."""
    return round(1 - slo.objective / 100, 6)


def _bound(seconds: float) -> str:
    """The pattern of a bucket's bound: 1 is le="1" as Node writes it, and le="1.0" as Prometheus 3 stores it."""
    whole = f"{seconds:g}"
    return whole.replace(".", "[.]") if "." in whole else f"{whole}([.]0)?"


def slo_rules(slos: Mapping[str, SloSettings], indicators: Path) -> str:
    """The YAML of a rule file. indicators holds two PromQL expressions for each kind of indicator, events and bad."""
    expressions = read_mapping(indicators)

    def written_out(text: str) -> str:
        return COUNTED.sub(lambda found: expressions["counted"].replace("@{series}", found[1]), text)

    groups = []
    for name, slo in slos.items():
        groups += _groups(name, slo, {kind: written_out(text) for kind, text in expressions[slo.indicator].items()})
    return yaml.safe_dump({"groups": groups}, sort_keys=False, width=1000)


def _groups(name: str, slo: SloSettings, counts: Mapping[str, str]) -> list[dict[str, Any]]:
    budget = error_budget(slo)
    whole = f"{slo.window_days}d"
    windows = list(dict.fromkeys(each for rate in (*PAGE, *TICKET) for each in (rate.short, rate.long)))
    labels = {"slo": name}

    def count(kind: str, window: str) -> str:
        seconds = int(window[:-1]) * UNITS[window[-1]]
        bound = _bound(slo.threshold_seconds or 0)
        return Placeholders(counts[kind]).substitute(window=window, seconds=seconds, bound=bound)

    def share(window: str) -> str:
        # Over days it is much to read, and once is enough.
        bad = f"sum({bad_events(window)})" if window in windows else f"({count('bad', window)})"
        return f"{bad} / ({count('events', window)} > 0)"

    def bad_events(window: str) -> str:
        return f'slo:bad_events:increase{window}{{slo="{name}"}}'

    def ratio(window: str) -> str:
        return f'slo:sli_error:ratio_rate{window}{{slo="{name}"}}'

    def burns(rates: tuple[BurnRate, ...]) -> str:
        return "\nor\n".join(
            f"({ratio(rate.long)} > {rate.factor} * {budget} and {ratio(rate.short)} > {rate.factor} * {budget}"
            # Prometheus extrapolates, so that a count is no whole number.
            f" and round({bad_events(rate.long)}) >= {LEAST_BAD_EVENTS}"
            f" and round({bad_events(rate.short)}) >= {LEAST_STILL})"
            for rate in rates
        )

    def alert(kind: str, severity: str, wait: str, rates: tuple[BurnRate, ...]) -> dict[str, Any]:
        return {
            "alert": kind,
            "expr": burns(rates),
            "for": wait,
            "labels": labels | {"severity": severity},
            "annotations": {
                "summary": f"{name}: the error budget of {slo.objective:g} percent over {whole} burns too fast",
                "description": "{{ $value | humanizePercentage }} of the events are bad.",
                "runbook_url": RUNBOOK,
            },
        }

    counted = [
        {"record": f"slo:bad_events:increase{each}", "expr": count("bad", each), "labels": labels} for each in windows
    ]
    measured = [
        {"record": f"slo:sli_error:ratio_rate{each}", "expr": share(each), "labels": labels} for each in windows
    ]
    over_all = {"record": "slo:sli_error:ratio_window", "expr": share(whole), "labels": labels}
    remaining = {
        "record": "slo:error_budget_remaining:ratio",
        "expr": f'1 - slo:sli_error:ratio_window{{slo="{name}"}} / {budget}',
        "labels": labels,
    }
    return [
        # One group, because its rules run one after another: the alerts see what was just recorded.
        {
            "name": f"slo-{name}",
            "rules": [
                *counted,
                *measured,
                alert("SloFastBurn", "page", "2m", PAGE),
                alert("SloSlowBurn", "ticket", "15m", TICKET),
            ],
        },
        {"name": f"slo-{name}-budget", "interval": "5m", "rules": [over_all, remaining]},
    ]
