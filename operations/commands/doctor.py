"""What has to be there before anything starts."""

import datetime
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError
from rich.console import Console

from operations import failures, preflight, support
from operations.checks import SECONDS, Check, Page, refuse, side_by_side
from operations.context import EMBEDDED, Context, open_context, settings_of
from operations.drill import throwaway
from operations.engine.synthesis import synthesize
from operations.machine import fetch
from operations.preflight.rights import cluster_access
from settings import Settings, warnings_of
from settings.examples import placeholders
from settings.offered import date

PYTHON = (3, 11)


def doctor(environment: str, console: Console) -> bool:
    """Print every prerequisite of a deploy, with what was found; True when none is missing. Raises OperationError."""
    settings = settings_of(environment)
    until = time.monotonic() + SECONDS
    found = [*prerequisites(settings), *support.checks(settings, datetime.date.today())]
    if environment != EMBEDDED and not any(check.fails for check in found if check.name in ("AWS", "Node.js")):
        context = open_context(environment)
        asked = {"Cluster access": lambda: cluster_access(context), "Restore drill": lambda: throwaway.check(context)}
        found += side_by_side(asked, until)
        with tempfile.TemporaryDirectory() as folder:
            graph = synthesize(environment, Path(folder) / environment)
            question = preflight.Question.of(context, graph, list(graph.dependencies))
        found += preflight.ask(question, list(preflight.CHECKS))
    console.print(Page(found))
    return not any(check.fails for check in found)


def prerequisites(settings: Settings) -> list[Check]:
    """Of every command, those that only read among them."""
    node = ("Node.js", os.environ.get("JSII_NODE", "node"), "--version", fetch.NODE, "it runs the engine of CDKTF")
    terraform = ("Terraform", "terraform", "version", fetch.TERRAFORM, "locks and secrets rely on it")
    every: dict[str, Callable[[], Check]] = {
        "Python": _python,
        "Node.js": lambda: _program(*node),
        "Terraform": lambda: _program(*terraform),
        "Offers": lambda: Check("Offers", "\n".join(warnings_of(settings)) or f"known to the data of {date()}"),
    }
    if settings.environment != EMBEDDED:
        every |= {
            "Settings": lambda: own_values(settings),
            "AWS": lambda: credentials(settings),
            "AWS CLI": aws_command,
        }
    return side_by_side(every)


def require(environment: str) -> None:
    """Raises OperationError that names everything that is missing."""
    refuse(prerequisites(settings_of(environment)))


def _text(version: tuple[int, ...]) -> str:
    return ".".join(str(part) for part in version)


def _python() -> Check:
    version = sys.version_info[:3]
    remedy = "" if version >= PYTHON else f"Install {_text(PYTHON)} or newer."
    return Check("Python", _text(version), remedy)


def _program(name: str, command: str, argument: str, least: tuple[int, ...], reason: str) -> Check:
    install = f"Install {_text(least)} or newer, or let make deploy fetch it: {reason}."
    try:
        version = fetch.version(command, argument, seconds=SECONDS - 2)
    except fetch.NoVersion as error:
        return Check(name, str(error), install)
    return Check(name, f"{_text(version)} ({shutil.which(command)})", "" if version >= least else install)


def on_path(name: str, command: str, remedy: str) -> Check:
    found = shutil.which(command)
    return Check(name, found or f"{command} is not on PATH", "" if found else remedy)


def aws_command() -> Check:
    """The kubernetes and helm providers log in with it, and would miss it only in the middle of a deploy."""
    return on_path("AWS CLI", "aws", "Install version 2: it logs in to EKS and to hosts.")


def own_values(settings: Settings) -> Check:
    """A network of the documentation opens nothing to anybody, and an account of it is nobody's."""
    found = placeholders(settings)
    remedy = f"Write your own into environments/{settings.environment}.yaml."
    return Check("Settings", f"these are examples: {', '.join(found)}" if found else "valid", remedy if found else "")


def credentials(settings: Settings) -> Check:
    """Those of this account, and no others."""
    once = {"connect_timeout": 3, "read_timeout": 3, "retries": {"total_max_attempts": 1}}
    try:
        identity = Context(settings, None, {}).client("sts", **once).get_caller_identity()
    except HTTPClientError as error:
        return Check("AWS", str(error), "See to the network, its proxy and what AWS_ENDPOINT_URL says.")
    except (BotoCoreError, ClientError) as error:
        found = "the login has expired" if failures.has_expired(error) else f"no valid credentials ({error})"
        return Check("AWS", found, failures.log_in(error))
    if identity["Account"] != settings.account:
        remedy = f"The settings say {settings.account}: log in there, or correct account in the settings."
        return Check("AWS", f"these are credentials of account {identity['Account']}", remedy)
    return Check("AWS", identity["Arn"])
