"""What the commands share that go to what runs in AWS, its hosts through Session Manager."""

import contextlib
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from typing import Any, NoReturn

from operations import OperationError
from operations.checks import Check, refuse
from operations.commands import doctor
from operations.context import EMBEDDED, Context, open_context, settings_of
from operations.engine import state_bucket

PLUGIN = "https://docs.aws.amazon.com/systems-manager/latest/userguide/session-manager-working-with-install-plugin.html"

LOOPBACK = "127.0.0.1"
# What the plugin prints once it listens. Source: session-manager-plugin, portsession/muxportforwarding.go.
OPENED = re.compile(r"Port (\d+) opened for sessionId")
OPENING_SECONDS, CLOSING_SECONDS = 60, 10


def open_host(environment: str, stack: str, *, command: str, programs: list[Check]) -> tuple[Context, dict[str, Any]]:
    """The environment and the outputs of the stack that owns the host.

    Raises OperationError where the host is simulated or not there, and with everything that is missing here.
    """
    plugin = doctor.on_path("Session Manager", "session-manager-plugin", f"Install the plugin of the AWS CLI: {PLUGIN}")
    context = open_aws(environment, command=command, programs=[plugin, *programs])
    return context, outputs_of(context, stack)


def open_aws(environment: str, *, command: str, programs: list[Check]) -> Context:
    """The environment, for a command that needs what only runs in AWS. Raises OperationError as open_host does."""
    settings = settings_of(environment)
    if environment == EMBEDDED:
        raise OperationError(
            f"{command} has nothing to offer for {environment}, whose AWS is simulated: name an environment of AWS, "
            f"such as {command} ENVIRONMENT=staging"
        )
    refuse([doctor.credentials(settings), doctor.aws_command(), *programs])
    return open_context(environment)


def outputs_of(context: Context, stack: str) -> dict[str, Any]:
    """Raises OperationError where there is nothing of it."""
    state = state_bucket.read(context, stack)
    if state is None or not state.resources:
        environment = context.settings.environment
        raise OperationError(f"{stack} of {environment} is not deployed: make deploy ENVIRONMENT={environment}")
    return state.outputs


def session(context: Context, target: str, document: str = "", **parameters: str | int) -> list[str]:
    """The aws command that opens a session on a host: a shell, or what the document of Session Manager says."""
    command = ["aws", "ssm", "start-session", "--region", context.settings.region, "--target", target]
    if document:
        pairs = ",".join(f"{name}={value}" for name, value in parameters.items())
        command += ["--document-name", document, "--parameters", pairs]
    return command


@contextlib.contextmanager
def forwarded(command: list[str], context: Context, to: str) -> Iterator[str]:
    """The port of this machine that leads there while entered: the plugin takes one that is free.

    Raises OperationError with what the plugin says instead.
    """
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, leave)
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(
            command,
            env=context.environment,
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C in psql does not reach it
        )
        try:
            yield _opened(process, said.fileno(), to)
        finally:
            _end(process)


def _opened(process: subprocess.Popen[bytes], said: int, to: str) -> str:
    until = time.monotonic() + OPENING_SECONDS
    while True:
        ended = process.poll() is not None or time.monotonic() > until
        text = os.pread(said, 1 << 16, 0).decode(errors="replace").strip()
        if found := OPENED.search(text):
            return found[1]
        if ended:
            raise OperationError(f"Session Manager opens no way to {to}: {text or 'it says nothing'}")
        time.sleep(0.1)


def _end(process: subprocess.Popen[bytes]) -> None:
    """aws starts the plugin, which ends the session when it gets Ctrl-C's signal; aws itself ignores that meanwhile."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(CLOSING_SECONDS)
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def leave(number: int, _frame: object) -> NoReturn:
    sys.exit(128 + number)
