"""Ctrl-C: stop between stacks first, and inside of them only when asked again."""

import contextlib
import os
import signal
import sys
from collections.abc import Callable
from types import FrameType, TracebackType

from rich.console import Console


class Signals:
    """Handles SIGINT, SIGTERM and SIGHUP, which a terminal sends when it closes, while it is entered.

    Terraform that is interrupted cancels the requests that are under way. What AWS had begun to create then exists
    without being in any state, and the next run fails because of it; what is in a state, but was not ready, is to be
    replaced, which a protected database refuses. So the first Ctrl-C lets the stacks that run finish, and begins no
    other. A second one, or SIGTERM, after which a CI system soon kills, interrupts Terraform. Under nohup, where SIGHUP
    is ignored, a closed terminal changes nothing.
    """

    def __init__(self, running: Callable[[], list[str]], interrupt: Callable[[], None], console: Console) -> None:
        self._running, self._interrupt, self._console = running, interrupt, console
        self.stopping = False

    def __enter__(self) -> "Signals":
        numbers = [signal.SIGINT, signal.SIGTERM]
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
            numbers.append(signal.SIGHUP)
        self._before = {number: signal.signal(number, self._handle) for number in numbers}
        return self

    def __exit__(self, _type: type[BaseException] | None, _error: object, _trace: TracebackType | None) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _handle(self, number: int, _frame: FrameType | None) -> None:
        if number == signal.SIGHUP:
            _leave_terminal()
        if self.stopping or number != signal.SIGINT:
            self._interrupt()
            self._say("Interrupting Terraform: waiting until it has released its locks.")
        else:
            running = ", ".join(self._running()) or "nothing"
            self._say(f"Stopping: waiting for {running} to finish. Ctrl-C again interrupts Terraform.")
        self.stopping = True

    def _say(self, text: str) -> None:
        with contextlib.suppress(OSError):
            self._console.print(text)


def _leave_terminal() -> None:
    """What is still to be printed must not fail because nobody can read it."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.__stdout__, sys.__stderr__):
        if stream and stream.isatty():
            os.dup2(nowhere, stream.fileno())
    os.close(nowhere)
