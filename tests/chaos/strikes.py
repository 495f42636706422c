"""Kills, and what the next command did about each."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

KINDS = ("command", "terraform", "everything", "closed terminal", "full disk", "refused state", "expired token")
ADOPTED = re.compile(r"adopting (\d+) resource")


@dataclass
class Strike:
    """One kill: its kind, and what the next command did about it."""

    kind: str
    waited: int = 0
    released: int = 0
    pushed: int = 0
    adopted: int = 0
    converged: bool = False

    def note(self, printed: str) -> None:
        self.waited = printed.count("Waiting for terraform")
        self.released = printed.count("Released the lock")
        self.pushed = printed.count("Pushed the last state")
        self.adopted = sum(map(int, ADOPTED.findall(printed)))


def table(strikes: Sequence[Strike]) -> str:
    """One row for each kind of kill."""
    titles = ("kill", "number", "converged", "waited for", "locks released", "states pushed", "adopted")
    lines = [f"{titles[0]:<16}" + "".join(f"{title:>15}" for title in titles[1:])]
    for kind in [*KINDS, ""]:
        of_kind = [each for each in strikes if kind in ("", each.kind)]
        numbers = (
            len(of_kind),
            sum(each.converged for each in of_kind),
            *(sum(getattr(each, name) for each in of_kind) for name in ("waited", "released", "pushed", "adopted")),
        )
        if of_kind:
            lines.append(f"{kind or 'all':<16}" + "".join(f"{number:>15}" for number in numbers))
    return "\n".join(lines)
