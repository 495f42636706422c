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
LOCK_TIMEOUT = "-lock-timeout=60s"
JSON_LINES = ("apply", "init", "plan")  # the commands that say what they do as events, one a line
CHANGES = {"create", "update", "delete", "replace"}
UNTOUCHED = {"import": "import", "remove": "forget"}  # by Terraform's word: it takes on what runs, or leaves it alone

Listener = Callable[[dict[str, Any]], None]


@dataclass
class Outcome:
    """How a command went, and what its plan changes.

    changes has by address: create, update, delete, replace, import, or forget. outputs are names.
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

    @property
    def reason(self) -> str:
        """Why it failed."""
        return "\n".join(self.diagnostics or self.text) or "Terraform ended without a word."


class Terraform:
    """Runs Terraform on the stacks of an environment. Commands of several threads can be interrupted together."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._running: set[subprocess.Popen[bytes]] = set()
        self._lock = threading.Lock()
        # With a shared cache of providers, two inits would write the same file.
        shared = "TF_PLUGIN_CACHE_DIR" in context.environment
        self._init_lock: Any = threading.Lock() if shared else contextlib.nullcontext()
        self.interrupted = False

    def interrupt(self) -> None:
        """Ask every running command, once, to end in order: it finishes what it began and releases its lock."""
        with self._lock:
            if self.interrupted:  # a second signal would make Terraform drop everything
                return
            self.interrupted = True
            for process in self._running:
                process.send_signal(signal.SIGINT)

    def log(self, stack: str) -> Path:
        return LOCAL / "logs" / self._context.settings.environment / f"{stack}.log"

    def init(self, directory: Path) -> Outcome:
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
            outcome = self._run(directory, ["init", "-reconfigure"])
        if outcome.succeeded:
            with contextlib.suppress(OSError):  # a full disk: the next command does it again
                stamp.write_text(digest, encoding="utf-8")
        return outcome

    def run(self, directory: Path, arguments: list[str], listener: Listener | None = None) -> Outcome:
        """Run a command on the stack in this folder, which is initialised first. All of it goes to the log."""
        outcome = self.init(directory)
        return self._run(directory, arguments, listener) if outcome.succeeded else outcome

    def _run(self, directory: Path, arguments: list[str], listener: Listener | None = None) -> Outcome:
        """It writes into the log of the stack by itself, and so outlives this process."""
        outcome, environment, stack = Outcome(), self._context.settings.environment, directory.name
        log = self.log(stack)
        try:
            log.parent.mkdir(parents=True, exist_ok=True)
            log.touch()
            recorded = runs.Recorded(environment, stack, arguments, log)
        except OSError as error:
            outcome.text.append(f"{error.filename}: {error.strerror}. Nothing was begun.")
            return outcome
        with log.open("ab", buffering=0) as output, recorded.file:
            with contextlib.suppress(OSError):  # a full disk
                output.write(f"{runs.HEADER} {' '.join(arguments)}\n".encode())
            begin = log.stat().st_size
            json_lines = ["-json", "-input=false"] if arguments[0] in JSON_LINES else []
            with self._lock:
                if self.interrupted:
                    recorded.run.forget()
                    return outcome
                process = subprocess.Popen(
                    ["terraform", f"-chdir={directory}", arguments[0], *json_lines, *arguments[1:]],
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
            _record(event, outcome, directory, environment)
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
        outcome.outputs |= {name for name, each in event["outputs"].items() if each.get("action", "noop") != "noop"}
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
