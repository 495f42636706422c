"""A month is put together, and what fired in it is held against what should have."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from tests.monitoring.month.evaluate import HEARTBEAT, Firing, firings
from tests.monitoring.month.events import KINDS, Kind
from tests.monitoring.month.stored import STEP, series_of
from tests.monitoring.month.traffic import count_requests
from tests.monitoring.month.world import DAY, Month

FIRST = "nobody reaches the first release"
PLANNED = {"releases": "generations", "replacements of nodes": "replaced", "kube-state-metrics moves": "watchers"}
# How long objectives remember what is over. A page ends with the short window of its slowest pair. A ticket may come
# again for as long as the long one, three days, holds the outage: one bad minute of a quiet night is enough then.
MEMORY = {"SloFastBurn": 40, "SloSlowBurn": 3 * DAY + 6 * 60 + 20}
LONG = 10 * 60
# promtool forgets for how long an alert has waited where its series has a gap. Prometheus does not, for an hour
# (--rules.alert.for-outage-tolerance), and the volume of the host outlives it.
APART = {"replacements of the monitoring host", "a new vault gets no copy"}


@dataclass(eq=False)
class Event:
    kind: Kind
    begin: int
    length: int
    delays: dict[str, int] = field(default_factory=dict)
    false: list[Firing] = field(default_factory=list)

    def over(self, alert: str) -> int:
        """When it no longer explains that alert."""
        return self.begin + self.length + max(self.kind.resolves, MEMORY.get(alert, 0))

    def explains(self, firing: Firing) -> bool:
        named = firing.alert in {*self.kind.alerts, *self.kind.may}
        return named and self.begin <= firing.begin and firing.end <= self.over(firing.alert)

    def missed(self) -> list[str]:
        """The alerts that did not come, or came too late."""
        seen = self.kind.visible * self.length
        return [alert for alert, by in self.kind.alerts.items() if self.delays.get(alert, 10**9) > seen + by]


def planned(minutes: int, random: Random, kinds: Sequence[Kind]) -> list[Event]:
    """Those of some hours keep away from each other, so that each alert is of one; longer ones go on beside them."""
    events: list[Event] = []
    for kind in sorted(kinds, key=lambda each: (each.what != FIRST, -each.lasts[1])):
        for _ in range(max(1, kind.times * minutes // (30 * DAY))):
            events.append(_placed(kind, minutes, random, events))
    return sorted(events, key=lambda event: event.begin)


def _placed(kind: Kind, minutes: int, random: Random, others: Sequence[Event]) -> Event:
    for _ in range(100_000):
        event = Event(kind, random.randrange(DAY, minutes), random.randint(kind.lasts[0], kind.lasts[1]))
        if kind.what == FIRST:
            return Event(kind, 30, event.length)
        near = any(
            event.begin < other.over("SloFastBurn") + 20 and other.begin < event.over("SloFastBurn") + 20
            for other in others
            if max(event.length, other.length) < LONG or {event.kind.what, other.kind.what} == APART
        )
        if not near and event.over("SloFastBurn") < minutes and kind.hours[0] <= event.begin % DAY / 60 < kind.hours[1]:
            return event
    raise ValueError(f"{minutes // DAY} days have no room for: {kind.what}")


def simulated(days: int, seed: int, kinds: Sequence[Kind]) -> tuple[Month, list[Event]]:
    random = Random(seed)
    month = Month(days, random)
    events = planned(month.minutes, random, kinds)
    for event in events:
        if event.kind.what in PLANNED:
            getattr(month, PLANNED[event.kind.what]).append(event.begin)
    month.background()
    # What is short goes into what is long.
    for event in sorted(events, key=lambda each: -each.length):
        event.kind.happen(month, event.begin, event.length)
    count_requests(month)
    return month, events


def judged(
    texts: Mapping[str, str], days: int, seed: int, folder: Path, kinds: Sequence[Kind] = KINDS
) -> tuple[list[Event], list[Firing]]:
    """The events, each with what came of it, and what fired when nothing happened. texts: rule files by name."""
    month, events = simulated(days, seed, kinds)
    series = series_of(month)
    with ThreadPoolExecutor() as pool:
        files = sorted(texts, key=lambda name: name != "slo.yml")
        found = pool.map(lambda name: firings(folder, name, texts, series, month.minutes), files)
        fired = sorted((each for some in found for each in some), key=lambda each: each.begin)
    return events, compare(events, fired, month.away)


def compare(events: Sequence[Event], fired: Sequence[Firing], away: Sequence[range]) -> list[Firing]:
    """Gives to each event what it explains, and what came while it went on; returns the rest."""
    quiet: list[Firing] = []
    for firing in fired:
        if firing.alert != HEARTBEAT and any(
            gap.start <= firing.begin and firing.end <= gap.stop + STEP for gap in away
        ):
            continue  # Prometheus is away as well.
        causes = [event for event in events if event.explains(firing)]
        for event in causes:
            delay = firing.begin - event.begin
            event.delays[firing.alert] = min(event.delays.get(firing.alert, delay), delay)
        if not causes:
            during = [event for event in events if event.begin <= firing.begin <= event.over(firing.alert)]
            (during[-1].false if during else quiet).append(firing)
    return quiet


def table(events: Sequence[Event], quiet: Sequence[Firing]) -> str:
    """Markdown: a row for each kind, with the longest delay of each alert in minutes."""
    rows = [
        "| component | what happens | times | expected alerts, and the longest delay in minutes | missed | false |",
        "|---|---|---|---|---|---|",
    ]
    for kind in KINDS:
        some = [event for event in events if event.kind is kind]
        delays = (f"{alert} {max(event.delays.get(alert, 0) for event in some)}" for alert in kind.alerts if some)
        counts = [len(some), sum(len(event.missed()) for event in some), sum(len(event.false) for event in some)]
        if some:
            cells = [kind.component, kind.what, counts[0], ", ".join(delays) or "none", *counts[1:]]
            rows.append(f"| {' | '.join(map(str, cells))} |")
    expected = sum(len(event.kind.alerts) for event in events)
    missed = sum(len(event.missed()) for event in events)
    false = sum(len(event.false) for event in events) + len(quiet)
    rows.append(f"| all | also when nothing happens | {len(events)} | {expected} | {missed} | {false} |")
    return "\n".join(rows)
