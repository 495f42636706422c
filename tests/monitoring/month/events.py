"""What happens in a month, as kinds.yaml says it, and what each word there does to the series."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tests.monitoring.month.world import BACKEND, Month, Value

VALUES: dict[str, Callable[..., Value]] = {
    "after": lambda wait: lambda k: float(k >= wait),
    "counts": lambda pause: lambda k: float((k + 1) // pause),
    # Of a counter: what it adds.
    "every": lambda pause: lambda k: float(k % pause == pause - 1),
    "flickers": lambda pause: lambda k: float(k % pause < 2),
    "grows": lambda step: lambda k: step * k,
    # Within three hours, and then it stays there.
    "fills": lambda low, high: lambda k: max(low, high - (high - low) * k / 180),
}


@dataclass(frozen=True, kw_only=True, eq=False)
class Kind:
    component: str
    what: str
    lasts: list[int]
    alerts: Mapping[str, int] = field(default_factory=dict)
    may: Sequence[str] = ()
    does: Mapping[str, Any] = field(default_factory=dict)
    sets: Mapping[str, Any] = field(default_factory=dict)
    visible: float = 0
    resolves: int = 15
    times: int = 1
    hours: Sequence[int] = (0, 24)

    def happen(self, month: Month, begin: int, length: int) -> None:
        node = month.node(begin)
        for name, given in self.does.items():
            if isinstance(given, dict):
                DEEDS[name](month, begin, length, **given)
            else:
                DEEDS[name](
                    month,
                    begin,
                    length,
                    *(each.replace("NODE", node) if isinstance(each, str) else each for each in given),
                )
        for series, value in self.sets.items():
            name = series.replace("NODE", node)
            if isinstance(value, dict):
                [(word, given)] = value.items()
                value = VALUES[word](*(given if isinstance(given, list) else [given]))
            month.put(name, begin, length, value)


def api(
    month: Month,
    begin: int,
    length: int,
    failing: float = 0,
    slow: float = 0,
    lost: float = 0,
    probe: bool = True,
    reached: bool = True,
) -> None:
    """Shares of the requests that fail, are late, or end at the load balancer; and whether the probe gets there."""
    for minute in range(begin, min(begin + length, month.minutes)):
        month.failing[minute], month.slow[minute], month.lost[minute] = failing, slow, lost
        month.reached[minute] = reached
    if not probe:
        month.put('probe_success{job="probe",instance="u"}', begin, length, 0)


def once(month: Month, begin: int, length: int, share: float) -> None:
    """In a single minute of them; also when nobody else asks."""
    minute = begin + length // 2
    month.requests[minute] = max(month.requests[minute], 1)
    month.failing[minute] = share


def crash(month: Month, begin: int, length: int) -> None:
    api(month, begin, length, lost=1, probe=False)
    month.put(f"kube_deployment_status_replicas_available{{{BACKEND}}}", begin, length, 0)
    month.put('aws_alb_healthy_hosts{load_balancer="b",target_group="g"}', begin, length, 0)
    labels = f'namespace="realworld",pod="new-{begin}",container="backend"'
    waiting = f'kube_pod_container_status_waiting_reason{{{labels},reason="CrashLoopBackOff"}}'
    # It runs for a moment now and then, less and less often.
    month.put(waiting, begin + 1, length, lambda k: None if k in (2, 5, 10, 20) else 1)
    restarts = f"kube_pod_container_status_restarts_total{{{labels}}}"
    month.put(restarts, begin, length, lambda k: sum(k >= at for at in (1, 3, 6, 11, 21)))
    for life in month.pods():
        month.put(f'up{{job="api",instance="{life.name}"}}', begin, length, None)


def cluster_gone(month: Month, begin: int, length: int) -> None:
    crash(month, begin, length)
    month.hide(["kube_", 'up{job="kube-state-metrics"', 'up{job="node-exporter"'], begin, length)
    month.put('loki_distributor_lines_received_total{job="loki"}', begin, length, 0)


def down(month: Month, begin: int, length: int, job: str, *more: str) -> None:
    """The targets are known, and none answers."""
    for series, values in month.gauges.items():
        if series.startswith(f'up{{job="{job}"'):
            for minute in range(begin, begin + length):
                values[minute] = None if values[minute] is None else 0
    if more:
        month.hide(more, begin, length)


def gone(month: Month, begin: int, length: int, *names: str) -> None:
    month.hide(names, begin, length)


def held(month: Month, begin: int, length: int, series: str) -> None:
    """What would go on stays as it is."""
    month.put(series, begin, length, month.gauges[series][begin])


def out_of_memory(month: Month, begin: int, length: int, every: int) -> None:
    """Of a pod that is another one afterwards."""
    labels = f'namespace="n",pod="leak-{begin}",container="c"'
    month.put(f"kube_pod_container_status_restarts_total{{{labels}}}", begin, length, lambda k: (k + 1) // every)
    reason = f'kube_pod_container_status_last_terminated_reason{{{labels},reason="OOMKilled"}}'
    month.put(reason, begin + every, length - every, 1)


def looping(month: Month, begin: int, length: int, *reasons: str) -> None:
    """A container that waits for one reason after another."""
    labels = f'namespace="realworld",pod="p-{begin}",container="c"'
    for place, reason in enumerate(reasons):
        name = f'kube_pod_container_status_waiting_reason{{{labels},reason="{reason}"}}'
        turns: Value = lambda k, place=place: 1 if k // 2 % len(reasons) == place else None  # noqa: E731
        month.put(name, begin, length, turns)


def unreached(month: Month, begin: int, length: int) -> None:
    """The pods of a first release run from then on; nothing was there before."""
    api(month, 0, begin + length, reached=False, probe=False)
    for life in month.pods():
        month.put(f'up{{job="api",instance="{life.name}"}}', 0, begin, None)


def away(month: Month, begin: int, length: int) -> None:
    month.away.append(range(begin, begin + length))


DEEDS: dict[str, Callable[..., None]] = {
    deed.__name__: deed
    for deed in (api, once, crash, cluster_gone, down, gone, held, out_of_memory, looping, unreached, away)
}


def kind(row: dict[str, Any]) -> Kind:
    return Kind(**row)


KINDS = [kind(row) for row in yaml.safe_load(Path(__file__).with_name("kinds.yaml").read_text())]
