"""python -m operations COMMAND: what the Makefile calls, and the one place that prints errors."""

import argparse
import codecs
import contextlib
import locale
import os
import re
import sys
from pathlib import Path

from rich.console import Console

from operations import OperationError
from operations.engine.stacks import Interrupted
from operations.streams import run

FAILED, CHANGES, INTERRUPTED = 1, 2, 130
SYNTHESIZE = ("deploy", "destroy", "plan", "synth")
HELPERS = ("outputs", "kubeconfig", "psql", "shell")  # where local is hardly ever meant


def main() -> int:
    """Returns the exit code: 0, 1 after a failure, 2 for a plan with changes where asked for, 130 after Ctrl-C."""
    parser = argparse.ArgumentParser(prog="operations")
    commands = parser.add_subparsers(dest="command", required=True)
    for name in ("deploy", "destroy", "plan", "synth", "doctor", "env", "grafana", "runner", "clean", *HELPERS):
        commands.add_parser(name)
    command = parser.parse_args().command
    environment = os.environ.get("ENVIRONMENT") or "local"

    # Wide enough for whole rows where the output goes into a file.
    console = Console(width=None if sys.stdout.isatty() else 160, emoji=False, highlight=False)
    try:
        return _run(command, environment, console)
    except Interrupted as error:
        print(error, file=sys.stderr)
        return INTERRUPTED
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return INTERRUPTED
    except OperationError as error:
        print(error, file=sys.stderr)
        return FAILED
    except Exception as error:
        from operations import failures

        print(failures.text(error), file=sys.stderr)
        return FAILED


def _run(command: str, environment: str, console: Console) -> int:
    if command in HELPERS and not os.environ.get("ENVIRONMENT"):
        raise OperationError(
            f"make {command} works on no environment by itself: name it, such as make {command} ENVIRONMENT=staging"
        )
    if command == "clean":  # of all environments
        return _command(command, environment, console)
    from operations.context import place, settings_of
    from operations.engine.lock import exclusive

    # Not into the output, which for some commands is read by a shell.
    print(f"make {command}: {environment}, {place(settings_of(environment))}", file=sys.stderr)
    with exclusive(environment, command) if command in SYNTHESIZE else contextlib.nullcontext():
        return _command(command, environment, console)


def _command(command: str, environment: str, console: Console) -> int:
    names = re.split(r"[\s,]+", os.environ.get("STACK", "").strip(" ,"))
    names = [name for name in names if name]
    folder = Path(os.environ["PLANS"]).resolve() if os.environ.get("PLANS") else None
    if folder and folder.exists() and not folder.is_dir():
        raise OperationError(f"PLANS={os.environ['PLANS']} is a file: name a folder")
    # Each command imports what it needs: `make env` has no use for boto3.
    if command == "deploy":
        from operations.commands.deploy import deploy

        deploy(environment, names, console, folder)
    elif command == "destroy":
        from operations.commands.destroy import destroy

        destroy(environment, names, console)
    elif command == "plan":
        from operations.commands.plan import plan

        changes = plan(environment, names, console, folder, details=os.environ.get("DETAILS") == "1")
        return CHANGES if changes and os.environ.get("DETAILED_EXITCODE") == "1" else 0
    elif command == "synth":
        from operations.engine.synthesis import synthesize

        graph = synthesize(environment)
        for stack in graph.select(names):
            print(graph.path(stack) / "cdk.tf.json")
    elif command == "doctor":
        return _doctor(environment, console)
    elif command == "env":
        from operations.context import exports, open_context

        print(exports(open_context(environment)))
    elif command == "grafana":
        from operations.commands.grafana import grafana

        grafana(environment, console)
    elif command == "runner":
        from operations.commands.runner import runner

        runner(environment, console)
    elif command in HELPERS:
        return _helper(command, environment, names, console)
    elif command == "clean":
        from operations.commands.clean import clean

        clean(console)
    return 0


def _helper(command: str, environment: str, names: list[str], console: Console) -> int:
    if command == "outputs":
        from operations.commands.outputs import outputs

        outputs(environment, names, console)
    elif command == "kubeconfig":
        from operations.commands.kubeconfig import kubeconfig

        print(kubeconfig(environment))
    elif command == "shell":
        from operations.commands.shell import shell

        shell(environment, os.environ.get("HOST", ""))
    elif command == "psql":
        from operations.commands.psql import psql

        return psql(environment)
    return 0


def _doctor(environment: str, console: Console) -> int:
    from operations.checks import Page
    from operations.commands.doctor import checks

    found = checks(environment)
    console.print(Page(found))
    return FAILED if any(check.fails for check in found) else 0


if __name__ == "__main__":
    # What Terraform, AWS and settings say is UTF-8, whatever the locale is.
    if not sys.flags.utf8_mode and codecs.lookup(locale.getpreferredencoding(False)).name != "utf-8":
        os.environ["PYTHONUTF8"] = "1"
        os.execv(sys.executable, [sys.executable, "-m", "operations", *sys.argv[1:]])
    sys.exit(run(main))
