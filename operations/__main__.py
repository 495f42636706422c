"""python -m operations COMMAND: what the Makefile calls, and the one place that prints errors."""

import argparse
import codecs
import contextlib
import locale
import os
import re
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

from rich.console import Console

from operations import OperationError, failures
from operations.context import EMBEDDED, exports, open_context, place, settings_of
from operations.engine.lock import exclusive
from operations.engine.stacks import Interrupted
from operations.engine.synthesis import synthesize
from operations.streams import run

FAILED, CHANGES, INTERRUPTED = 1, 2, 130
HELPERS = ("adopt", "outputs", "kubeconfig", "psql", "restore-drill", "shell")  # where local is hardly ever meant
SYNTHESIZE = ("adopt", "deploy", "destroy", "drift", "plan", "synth")


def main() -> int:
    """Returns the exit code: 0, 1 after a failure, 2 for drift and, where asked for, changes, 130 after Ctrl-C."""
    parser = argparse.ArgumentParser(prog="operations")
    parser.add_argument(
        "command", choices=[*SYNTHESIZE, "doctor", "env", "grafana", "runner", "clean", "alert-test", *HELPERS]
    )
    command = parser.parse_args().command
    # Wide enough for whole rows where the output goes into a file.
    console = Console(width=None if sys.stdout.isatty() else 160, emoji=False, highlight=False)
    try:
        return _run(command, console)
    except (Interrupted, KeyboardInterrupt) as error:
        print(str(error) or "interrupted", file=sys.stderr)
        return INTERRUPTED
    except Exception as error:
        print(failures.text(error), file=sys.stderr)
        return FAILED


def _run(command: str, console: Console) -> int:
    environment = os.environ.get("ENVIRONMENT", "")
    if command in HELPERS and not environment:
        raise OperationError(
            f"make {command} works on no environment by itself: name it, such as make {command} ENVIRONMENT=staging"
        )
    environment = environment or EMBEDDED
    if command == "clean":  # of all environments
        return _command(command, environment, console)
    # Not into the output, which for some commands is read by a shell.
    print(f"make {command}: {environment}, {place(settings_of(environment))}", file=sys.stderr)
    with exclusive(environment, command) if command in (*SYNTHESIZE, "restore-drill") else contextlib.nullcontext():
        return _command(command, environment, console)


def _command(command: str, environment: str, console: Console) -> int:
    names = re.findall(r"[^\s,]+", os.environ.get("STACK", ""))
    folder = Path(os.environ["PLANS"]).resolve() if os.environ.get("PLANS") else None
    if folder and folder.exists() and not folder.is_dir():
        raise OperationError(f"PLANS={os.environ['PLANS']} is a file: name a folder")

    def call(*arguments: Any, **options: Any) -> Any:
        """Each command imports what it needs: `make env` has no use for boto3."""
        name = command.replace("-", "_")
        return getattr(import_module(f"operations.commands.{name}"), name)(*arguments, **options)

    match command:
        case "env":
            print(exports(open_context(environment)))
        case "synth":
            graph = synthesize(environment)
            print(*(graph.path(stack) / "cdk.tf.json" for stack in graph.select(names)), sep="\n")
        case "adopt":
            print(call(environment, sys.stdin.read()))
        case "deploy":
            call(environment, names, console, folder)
        case "plan":
            found = call(environment, names, console, folder, details=os.environ.get("DETAILS") == "1")
            return CHANGES if found >= {"1": 1, "risk": 2}.get(os.environ.get("DETAILED_EXITCODE", ""), 3) else 0
        case "drift":
            return CHANGES if call(environment, names, console, folder) else 0
        case "destroy" | "outputs":
            call(environment, names, console)
        case "doctor" | "alert-test":
            return 0 if call(environment, console) else FAILED
        case "grafana" | "runner":
            call(environment, console)
        case "restore-drill":
            call(environment)
        case "kubeconfig":
            print(call(environment))
        case "shell":
            call(environment, os.environ.get("HOST", ""))
        case "psql":
            return int(call(environment))
        case "clean":
            call(console)
    return 0


if __name__ == "__main__":
    # What Terraform, AWS and settings say is UTF-8, whatever the locale is.
    if not sys.flags.utf8_mode and codecs.lookup(locale.getpreferredencoding(False)).name != "utf-8":
        os.environ["PYTHONUTF8"] = "1"
        os.execv(sys.executable, [sys.executable, "-m", "operations", *sys.argv[1:]])
    sys.exit(run(main))
