"""What each stack is at: a table that moves on a terminal, one line for each step elsewhere."""

import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.live import Live
from rich.table import Table

STYLES = {"done": "green", "failed": "red", "interrupted": "red", "skipped": "yellow", "waiting": "dim"}


@dataclass
class Row:
    status: str = "waiting"
    done: int = 0
    total: int = 0
    started: float = 0
    seconds: float = 0

    def elapsed(self) -> float:
        return self.seconds or (time.monotonic() - self.started if self.started else 0)


class Progress:
    """Use it as a context manager. Its methods may be called from any thread."""

    def __init__(self, console: Console, stacks: Iterable[str]) -> None:
        self._console = console
        self.rows = {stack: Row() for stack in stacks}
        self._lock = threading.Lock()
        self._live = Live(get_renderable=self._table, console=console, refresh_per_second=4, transient=True)

    def __enter__(self) -> "Progress":
        if self._console.is_terminal:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._console.is_terminal:
            self._live.stop()

    def running(self) -> list[str]:
        return [stack for stack, row in self.rows.items() if row.status != "waiting" and row.status not in STYLES]

    def step(self, stack: str, status: str) -> None:
        """The stack goes on to something else."""
        with self._lock:
            row = self.rows[stack]
            if row.status == status:
                return
            row.status = status
            row.started = row.started or time.monotonic()
            if status in STYLES:
                row.seconds = time.monotonic() - row.started
            if not self._console.is_terminal:
                counted = f"{row.done} of {row.total}" if row.total else ""
                self._console.print(f"{stack:<10} {status:<14} {counted:<10} {row.elapsed():4.0f} s")

    def count(self, stack: str, *, done: int = 0, total: int = 0) -> None:
        """So many resources more are done, or are to be done."""
        with self._lock:
            self.rows[stack].done += done
            self.rows[stack].total += total

    def _table(self) -> Any:
        table = Table(box=None, pad_edge=False)
        for column in ("stack", "status"):
            table.add_column(column)
        for column in ("resources", "seconds"):
            table.add_column(column, justify="right")
        for stack, row in self.rows.items():
            counted = f"{row.done} of {row.total}" if row.total else ""
            seconds = f"{row.elapsed():.0f}" if row.started else ""
            table.add_row(stack, row.status, counted, seconds, style=STYLES.get(row.status))
        return table
