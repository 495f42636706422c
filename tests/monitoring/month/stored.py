"""The series of a month in the notation of promtool, as Prometheus would have stored them."""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from tests.monitoring.month.world import WELL, Month

# Stored and evaluated every two minutes, which the host does every half: it costs a quarter, and a delay is up to two
# minutes longer.
STEP = 2
# Counters that begin anew with another host.
OWN = re.compile(r'\{job="(alertmanager|loki|prometheus|monitoring-host)"')


def written(values: Iterable[float | None]) -> str:
    """Runs of nothing, and of what grows by the same."""
    items, parts, place = list(values), [], 0
    while items and items[-1] is None:
        items.pop()
    items.append(None)
    while place < len(items):
        value, end = items[place], place + 1
        if value is None:
            while end < len(items) and items[end] is None:
                end += 1
            # Prometheus notes at once that a series has ended.
            nothing = f"_x{end - place}" if place == 0 else "stale" + f" _x{end - place - 1}" * (end - place > 1)
            parts.append(nothing)
        else:
            step = None
            while (following := items[end]) is not None:
                difference = following - (items[end - 1] or 0)
                if step is not None and difference != step:
                    break
                step, end = difference, end + 1
            grown = f"{step:+.6f}".rstrip("0").rstrip(".") + f"x{end - place - 1}" if step is not None else ""
            parts.append(f"{value:.6f}".rstrip("0").rstrip(".") + grown)
        place = end
    return " ".join(parts)


def _counted(month: Month, series: str, added: Sequence[float | None]) -> Iterator[float | None]:
    """Most counters appear with their first event."""
    total: float | None = 0 if series in WELL["counters"] else None
    restarts = {each.stop for each in month.away} if OWN.search(series) else set()
    for minute, more in enumerate(added):
        if total is not None and minute in restarts:
            total = 0
        if more:
            total = (total or 0) + more
        yield None if more is None else total


def series_of(month: Month) -> list[dict[str, str]]:
    """As input_series; what kube-state-metrics says once for each of its pods, of which two are there for a moment."""
    counters = {name: list(_counted(month, name, added)) for name, added in month.counters.items()}
    found = []
    for name, whole in {**month.gauges, **counters}.items():
        values = list(whole)
        for gap in [*month.away, *(when for names, when in month.hidden if name.startswith(names))]:
            values[gap.start : gap.stop] = [None] * len(values[gap.start : gap.stop])
        if not name.startswith("kube_"):
            found.append({"series": name, "values": written(values[::STEP])})
            continue
        for begin, end in pairwise([*month.watchers, month.minutes]):
            end += STEP
            part = [None] * begin + values[begin:end]
            found.append({"series": f'{name[:-1]},instance="k{begin}"}}', "values": written(part[::STEP])})
    # What never is there is no series.
    return [each for each in found if not re.fullmatch(r"_x\d+", each["values"])]
