"""What each stack is at: a table that moves on a terminal, elsewhere a line for each step, and for each silence."""

import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from rich.console import Console
from rich.live import Live
from rich.markup import escape
from rich.table import Table

STYLES = {"done": "green", "failed": "red", "interrupted": "red", "skipped": "yellow", "waiting": "dim"}
QUIET_SECONDS = 30  # without news of a stack, its line is printed again


@dataclass
class Row:
    """working has the resources that Terraform works on, each with the time at which it began."""

    status: str = "waiting"
    done: int = 0
    total: int = 0
    started: float = 0
    seconds: float = 0
    told: float = 0
    working: dict[str, float] = field(default_factory=dict)

    def elapsed(self) -> float:
        return self.seconds or (time.monotonic() - self.started if self.started else 0)

    def counted(self) -> str:
        return f"{self.done} of {self.total}" if self.total else ""

    def waits_for(self) -> tuple[str, float] | None:
        """The resource that it has worked on for longest, and for how many seconds."""
        if not self.working:
            return None
        address = min(self.working, key=self.working.__getitem__)
        return address, time.monotonic() - self.working[address]


class Progress:
    """Use it as a context manager. Its methods may be called from any thread."""

    def __init__(self, console: Console, stacks: Iterable[str]) -> None:
        self._console = console
        self.rows = {stack: Row() for stack in stacks}
        self._lock = threading.Lock()
        self._live = Live(get_renderable=self._table, console=console, refresh_per_second=4, transient=True)
        self._moves = console.is_terminal and not console.is_dumb_terminal
        self._over = threading.Event()

    def __enter__(self) -> "Progress":
        if self._moves:
            self._live.start()
        else:
            threading.Thread(target=self._break_silence, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        if self._moves:
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
                row.working.clear()
            if not self._moves:
                self._tell(stack)

    def working(self, stack: str, address: str, *, seconds: float = 0) -> None:
        """Terraform has worked on the resource for so long."""
        with self._lock:
            self.rows[stack].working.setdefault(address, time.monotonic() - seconds)

    def finished(self, stack: str, address: str) -> None:
        with self._lock:
            self.rows[stack].working.pop(address, None)

    def count(self, stack: str, *, done: int = 0, total: int = 0) -> None:
        """So many resources more are done, or are to be done."""
        with self._lock:
            self.rows[stack].done += done
            self.rows[stack].total += total

    def _tell(self, stack: str) -> None:
        row = self.rows[stack]
        row.told = time.monotonic()
        line = f"{stack:<10} {row.status:<14} {row.counted():<10} {row.elapsed():4.0f} s"
        if found := row.waits_for():
            line += f"  waits for {found[0]} {found[1]:.0f} s"
        self._console.print(line, markup=False, soft_wrap=True)

    def _break_silence(self) -> None:
        while not self._over.wait(QUIET_SECONDS / 10):
            with self._lock:
                for stack in self.running():
                    if time.monotonic() - self.rows[stack].told >= QUIET_SECONDS:
                        self._tell(stack)

    def _table(self) -> Any:
        table = Table(box=None, pad_edge=False)
        table.add_column("stack", min_width=max(map(len, self.rows), default=0))
        table.add_column("status", min_width=len("initialising"))
        for column in ("resources", "seconds"):
            table.add_column(column, justify="right", min_width=len(column))
        table.add_column("waits for", no_wrap=True, overflow="ellipsis")
        with self._lock:
            for stack, row in self.rows.items():
                seconds = f"{row.elapsed():.0f}" if row.started else ""
                found = row.waits_for()
                waits = f"{found[1]:.0f} s {found[0]}" if found else ""
                table.add_row(stack, row.status, row.counted(), seconds, escape(waits), style=STYLES.get(row.status))
        return table
