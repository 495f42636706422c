"""Every Terraform that is started, on record before it starts, so that the next command finds what became of it.

The record stays locked (flock) for as long as Terraform or one of its providers lives, because they inherit it: the
system itself says who is alive, whatever became of the command that started them, and a reused process id fools nobody.
"""

import fcntl
import json
import os
import shutil
import signal
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from operations import LOCAL, OperationError

SUFFIX, CORE_LOG_SUFFIX = ".run", ".log"
HEADER = "# terraform"  # begins what a run writes into the log of its stack
POLL_SECONDS = 0.1
RUNS = "runs"


@dataclass(frozen=True)
class Run:
    """One Terraform command on one stack. began is in seconds since 1970, offset where its part of the log begins."""

    path: Path
    stack: str
    command: list[str]
    host: str
    began: float
    log: str
    offset: int

    def __str__(self) -> str:
        since = time.strftime("%H:%M:%S", time.localtime(self.began))
        return (
            f"terraform {' '.join(self.command)} on {self.stack}, begun at {since} as process {self.pid or 'unknown'}"
        )

    @property
    def pid(self) -> int | None:
        """Of Terraform, and of the group with its providers; None when the command died in the moment of the start."""
        second = self.path.read_text(encoding="utf-8").splitlines()[1:]
        return int(second[0]) if second and second[0].isdigit() else None

    def lives(self) -> bool:
        """Whether Terraform still works. Providers that it left behind, which would wait for ever, are ended."""
        with self.path.open(encoding="utf-8") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                pid = self.pid
                if pid is None or _runs(pid):
                    return True
                # Members of a group keep its number from being used again, and one of them holds the record.
                os.killpg(pid, signal.SIGKILL)
                fcntl.flock(file, fcntl.LOCK_SH)
        return False

    def locked_with(self, lock: str) -> bool:
        """Whether it asked for the lock of this id: Terraform logs that before it does."""
        log = self.path.with_suffix(CORE_LOG_SUFFIX)
        return log.is_file() and lock in log.read_text(encoding="utf-8", errors="replace")

    def events(self) -> Iterator[dict[str, Any]]:
        """What it said, in order."""
        for number, line in enumerate(self.lines(lambda: False)):
            if not line.startswith(HEADER):
                yield parse(line)
            elif number:  # of the next one
                return

    def lines(self, lives: Callable[[], bool]) -> Iterator[str]:
        return follow(Path(self.log), self.offset, lives)

    def forget(self) -> None:
        self.path.with_suffix(CORE_LOG_SUFFIX).unlink(missing_ok=True)
        self.path.unlink(missing_ok=True)


class Recorded:
    """A run that is about to start: on record once this is made. Close its file after the start."""

    def __init__(self, environment: str, stack: str, command: list[str], log: Path) -> None:
        """Raises OSError where nothing can be written."""
        place = folder(environment) / stack
        place.mkdir(parents=True, exist_ok=True)
        began = time.time()
        path = place / f"{time.time_ns()}{SUFFIX}"
        offset = log.stat().st_size
        self.run = Run(path, stack, command, socket.gethostname(), began, str(log), offset)
        said = {"command": command, "host": self.run.host, "began": began, "log": str(log), "offset": offset}
        self.file = path.open("xb", buffering=0)
        fcntl.flock(self.file, fcntl.LOCK_EX)
        try:
            self.file.write(f"{json.dumps(said)}\n".encode())
        except OSError:
            self.file.close()
            path.unlink()
            raise

    @property
    def variables(self) -> dict[str, str]:
        """They make Terraform log the ids of its locks, and little else: no request, no value."""
        return {"TF_LOG_CORE": "INFO", "TF_LOG_PATH": str(self.run.path.with_suffix(CORE_LOG_SUFFIX))}

    def started(self, pid: int) -> None:
        self.file.write(f"{pid}\n".encode())


def folder(environment: str) -> Path:
    return LOCAL / RUNS / environment


def left(environment: str, stack: str = "*") -> list[Run]:
    """The runs that have not succeeded, as far as anybody knows, oldest first."""
    found = []
    for path in sorted(folder(environment).glob(f"{stack}/*{SUFFIX}"), key=lambda path: path.name):
        try:
            said = json.loads(path.read_text(encoding="utf-8").splitlines()[0])
        except (ValueError, IndexError):  # the command died before it could start anything
            path.unlink()
            continue
        found.append(Run(path, path.parent.name, **said))
    return found


def follow(log: Path, offset: int, lives: Callable[[], bool]) -> Iterator[str]:
    """The lines from there on, as they are written, until nothing lives that could write another."""
    if not log.is_file():
        return
    with log.open("rb") as file:
        file.seek(offset)
        rest = b""
        while True:
            ended = not lives()
            if data := file.read():
                *lines, rest = (rest + data).split(b"\n")
                yield from (line.decode("utf-8", "replace") for line in lines)
            elif ended:
                break
            else:
                time.sleep(POLL_SECONDS)
        if rest:
            yield rest.decode("utf-8", "replace")


def parse(line: str) -> dict[str, Any]:
    """An event of Terraform. Before it has read its arguments, it speaks plain text."""
    try:
        event = json.loads(line)
    except ValueError:
        event = None
    if isinstance(event, dict) and "type" in event:
        return event
    return {"type": "text", "@level": "error", "@message": line.rstrip()}


def end(environment: str) -> None:
    """End what still runs, with its providers, and forget all of it: for what goes together with its AWS."""
    for run in left(environment):
        if run.lives() and run.pid:
            os.killpg(run.pid, signal.SIGKILL)
    shutil.rmtree(folder(environment), ignore_errors=True)


def require_none_to_delete() -> None:
    """Raises OperationError where the records that are about to be deleted tell what was created."""
    for directory in sorted((LOCAL / RUNS).glob("*")):
        if found := left(environment := directory.name):
            stacks = ", ".join(sorted({run.stack for run in found}))
            raise OperationError(
                f"Nothing was deleted. Runs of {stacks} did not end in order, and only their logs tell what was "
                f"created: make deploy ENVIRONMENT={environment} adopts it, make plan shows it"
            )


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    stat = Path(f"/proc/{pid}/stat")  # where nobody reaps, what has ended keeps its number
    return not (stat.exists() and stat.read_text(encoding="utf-8").rpartition(")")[2].split()[0] == "Z")
