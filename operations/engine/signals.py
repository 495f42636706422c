"""Ctrl-C: stop between stacks first, and inside of them only when asked again."""

import signal
from collections.abc import Callable
from types import FrameType, TracebackType

from rich.console import Console


class Signals:
    """Handles SIGINT and SIGTERM while it is entered.

    Terraform that is interrupted cancels the requests that are under way. What AWS had begun to create then exists
    without being in any state, and the next run fails because of it; what is in a state, but was not ready, is to be
    replaced, which a protected database refuses. So the first Ctrl-C lets the stacks that run finish, and begins no
    other. A second one, or SIGTERM, after which a CI system soon kills, interrupts Terraform.
    """

    def __init__(self, running: Callable[[], list[str]], interrupt: Callable[[], None], console: Console) -> None:
        self._running, self._interrupt, self._console = running, interrupt, console
        self.stopping = False

    def __enter__(self) -> "Signals":
        self._before = {number: signal.signal(number, self._handle) for number in (signal.SIGINT, signal.SIGTERM)}
        return self

    def __exit__(self, _type: type[BaseException] | None, _error: object, _trace: TracebackType | None) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _handle(self, number: int, _frame: FrameType | None) -> None:
        if self.stopping or number == signal.SIGTERM:
            self._console.print("Interrupting Terraform: waiting until it has given its locks back.")
            self._interrupt()
        else:
            running = ", ".join(self._running()) or "nothing"
            self._console.print(f"Stopping: waiting for {running} to finish. Ctrl-C again interrupts Terraform.")
        self.stopping = True
