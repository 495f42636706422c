"""Questions that are asked side by side within seconds, and their answers as one table."""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from rich.console import Console, ConsoleOptions, RenderResult
from rich.markup import escape

from operations import OperationError
from operations.tables import NARROW, plain

SECONDS = 10  # for everything; a program or AWS that has not answered by then does not


@dataclass(frozen=True)
class Check:
    """remedy is empty when all is well. With stops, a deploy would fail without it."""

    name: str
    found: str
    remedy: str = ""
    needed: str = ""
    stops: bool = True

    @property
    def fails(self) -> bool:
        return bool(self.remedy) and self.stops

    def __str__(self) -> str:
        return f"{self.name}: {self.found}.{f' Needed: {self.needed}.' if self.needed else ''} {self.remedy}"


Answer = Check | list[Check]


def side_by_side(
    every: Mapping[str, Callable[[], Answer]], until: float | None = None, *, stops: bool = True
) -> list[Check]:
    """The answers of all checks, by name. One that is silent until then (or for SECONDS) is said to be."""
    found: dict[str, Answer] = {}
    raised: list[Exception] = []
    until = until or time.monotonic() + SECONDS

    def ask(name: str, check: Callable[[], Answer]) -> None:
        try:
            found[name] = check()
        except Exception as error:
            raised.append(error)

    # Not a pool, whose threads the end of this process would wait for.
    threads = [threading.Thread(target=ask, args=each, daemon=True) for each in every.items()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(0, until - time.monotonic()))
    if raised:
        raise raised[0]
    silent = f"did not answer within {SECONDS} seconds"
    remedy = "Find out what it waits for, and run this again."
    answers = [found.get(name, Check(name, silent, remedy, stops=stops)) for name in every]
    return [check for each in answers for check in (each if isinstance(each, list) else [each])]


def refuse(found: list[Check], why: str = "this machine is not ready") -> None:
    """Raises OperationError that names all of these that stop a deploy."""
    if problems := [f"  {check}" for check in found if check.fails]:
        raise OperationError(f"{why}:", *problems)


@dataclass(frozen=True)
class Page:
    """One row for each check; on a narrow terminal, and in a file or a pipe, one paragraph."""

    checks: list[Check]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        if options.max_width < NARROW or not console.is_terminal:
            for check in self.checks:
                said = {"": check.found, "needed: ": check.needed, "remedy: ": check.remedy}
                yield f"{escape(check.name)}: " + "\n  ".join(
                    f"{name}{escape(each)}" for name, each in said.items() if each
                )
            return
        table = plain()
        for column in ("check", "found", "needed", "remedy"):
            table.add_column(column, overflow="fold")
        for check in self.checks:
            table.add_row(*map(escape, (check.name, check.found, check.needed or "-", check.remedy or "-")))
        yield table
