"""One Terraform command on one stack, and what it says while it works."""

import contextlib
import hashlib
import json
import os
import re
import signal
import subprocess
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from operations import LOCAL
from operations.context import Context, in_shell
from operations.recovery import runs

ADOPTED = "adopted.tf.json"  # beside the configuration: imports of what an earlier run created
BACKEND = "terraform.tfstate"  # in .terraform, which backend it was initialised for, and no state
STAMP = "initialised"  # in .terraform, the digest of what it was initialised for
LOCK_TIMEOUT = "60s"
CHANGES = {"create", "update", "delete", "replace"}
UNTOUCHED = {"import": "import", "remove": "forget"}  # by Terraform's word: it takes on what runs, or leaves it alone

Listener = Callable[[dict[str, Any]], None]


@dataclass
class Outcome:
    """How a command went. changes is what the plan said, by address: create, update, delete, replace, import, or
    forget.

    outputs are the names of those that the plan changes.
    """

    succeeded: bool = False
    changes: dict[str, str] = field(default_factory=dict)
    outputs: set[str] = field(default_factory=set)
    diagnostics: list[str] = field(default_factory=list)
    text: list[str] = field(default_factory=list)  # what it said outside of its protocol

    @property
    def steps(self) -> int:
        """What there is to do: to replace is to delete and to create."""
        return sum(2 if action == "replace" else 1 for action in self.changes.values() if action in CHANGES)


class Terraform:
    """Runs Terraform on the stacks of an environment. Commands of several threads can be interrupted together."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._running: set[subprocess.Popen[bytes]] = set()
        self._lock = threading.Lock()
        # With a shared cache of providers, two inits would write the same file.
        self._init_lock: Any = (
            threading.Lock() if "TF_PLUGIN_CACHE_DIR" in context.environment else contextlib.nullcontext()
        )
        self.interrupted = False

    def interrupt(self) -> None:
        """Ask every running command, once, to end in order: it finishes what it began and gives its lock back."""
        with self._lock:
            if self.interrupted:  # a second signal would make Terraform drop everything
                return
            self.interrupted = True
            for process in self._running:
                process.send_signal(signal.SIGINT)

    def log(self, stack: str) -> Path:
        return LOCAL / "logs" / self._context.settings.environment / f"{stack}.log"

    def init(self, directory: Path, stack: str) -> Outcome:
        """Initialise a stack, unless it is already for just this backend and these providers."""
        terraform = json.loads((directory / "cdk.tf.json").read_text(encoding="utf-8"))["terraform"]
        configured = json.dumps([terraform, self._context.variables.get("TF_CLI_CONFIG_FILE")], sort_keys=True)
        digest = hashlib.sha256(configured.encode()).hexdigest()
        stamp = directory / ".terraform" / STAMP
        if stamp.is_file() and stamp.read_text(encoding="utf-8") == digest:
            return Outcome(succeeded=True)
        # What an init that was cut off has half written, no other one can read.
        (stamp.parent / BACKEND).unlink(missing_ok=True)
        with self._init_lock:
            outcome = self.run(directory, stack, ["init", "-reconfigure"])
        if outcome.succeeded:
            with contextlib.suppress(OSError):  # a full disk: the next command does it again
                stamp.write_text(digest, encoding="utf-8")
        return outcome

    def run(self, directory: Path, stack: str, arguments: list[str], listener: Listener | None = None) -> Outcome:
        """Run a command that speaks JSON, one event a line; all of it goes to the log of the stack."""
        outcome = self.execute(directory, stack, arguments, listener, speaks=("-json", "-input=false"))
        if outcome.succeeded and arguments[0] == "apply":  # what an earlier run left behind is in the state by now
            (directory / ADOPTED).unlink(missing_ok=True)
            for run in runs.left(self._context.settings.environment, stack):
                run.forget()
        return outcome

    def execute(
        self,
        directory: Path,
        stack: str,
        arguments: list[str],
        listener: Listener | None = None,
        speaks: tuple[str, ...] = (),
    ) -> Outcome:
        """Run any command, with these options for how it speaks.

        It writes into the log of the stack by itself, and so outlives this process.
        """
        outcome = Outcome()
        log = self.log(stack)
        try:
            log.parent.mkdir(parents=True, exist_ok=True)
            log.touch()
            recorded = runs.Recorded(self._context.settings.environment, stack, arguments, log)
        except OSError as error:
            outcome.text.append(f"{error.filename}: {error.strerror}. Nothing was begun.")
            return outcome
        with log.open("ab", buffering=0) as output, recorded:
            with contextlib.suppress(OSError):  # a full disk
                output.write(f"{runs.HEADER} {' '.join(arguments)}\n".encode())
            begin = log.stat().st_size
            with self._lock:
                if self.interrupted:
                    recorded.run.forget()
                    return outcome
                process = subprocess.Popen(
                    ["terraform", f"-chdir={directory}", arguments[0], *speaks, *arguments[1:]],
                    env=self._context.environment | recorded.variables,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    pass_fds=[recorded.file.fileno()],
                    start_new_session=True,  # Ctrl-C reaches it through interrupt() only, and only once
                )
                self._running.add(process)
            with contextlib.suppress(OSError):
                recorded.started(process.pid)
        for line in runs.follow(log, begin, lambda: process.poll() is None):
            event = runs.parse(line)
            _record(event, outcome, directory, self._context.settings.environment)
            if listener:
                with contextlib.suppress(OSError):  # of a terminal that is gone, or a full disk
                    listener(event)
        with self._lock:
            self._running.remove(process)
        outcome.succeeded = process.wait() == 0 or (process.returncode == 2 and "-detailed-exitcode" in arguments)
        if outcome.succeeded:
            recorded.run.forget()
        return outcome


def _record(event: dict[str, Any], outcome: Outcome, directory: Path, environment: str) -> None:
    if event["type"] == "planned_change":
        change = event["change"]
        action = "import" if change["action"] == "noop" and "importing" in change else change["action"]
        if action in CHANGES | UNTOUCHED.keys():
            outcome.changes[change["resource"]["addr"]] = UNTOUCHED.get(action, action)
    elif event["type"] == "outputs":
        changed = {name for name, each in event["outputs"].items() if each.get("action", "noop") != "noop"}
        outcome.outputs |= changed
    elif event["type"] == "diagnostic" and event["diagnostic"]["severity"] == "error":
        outcome.diagnostics.append(_describe(event["diagnostic"], directory, environment))
    elif event["type"] == "text" and event["@message"]:
        outcome.text.append(event["@message"])


def _describe(diagnostic: dict[str, Any], directory: Path, environment: str) -> str:
    where = f" ({diagnostic['address']})" if diagnostic.get("address") else ""
    detail = diagnostic.get("detail", "").strip()
    text = f"{diagnostic['summary']}{where}" + (f"\n{detail}" if detail else "")
    lock = re.search(r"^\s*ID:\s+(\S+)", detail, re.MULTILINE)
    if "state lock" in diagnostic["summary"] and lock:
        text += f"\nIf nobody works on it any more: {unlocking(environment, directory, lock.group(1))}"
    return text


def unlocking(environment: str, directory: Path, lock: str) -> str:
    """The command that releases a lock, on one line: Terraform asks before it does."""
    terraform = f"terraform -chdir={os.path.relpath(directory)}"
    initialise = [] if (directory / ".terraform").is_dir() else [f"{terraform} init -reconfigure >/dev/null"]
    return in_shell(environment, *initialise, f"{terraform} force-unlock {lock}")
