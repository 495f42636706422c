"""What has to be there before anything starts."""

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from operations import failures, preflight
from operations.checks import SECONDS, Check, refuse, side_by_side
from operations.context import EMBEDDED, open_context, settings_of
from operations.engine.synthesis import synthesize
from operations.machine.fetch import NODE, TERRAFORM
from settings import Settings, warnings_of
from settings.examples import placeholders
from settings.offered import date

PYTHON = (3, 11)


def checks(environment: str) -> list[Check]:
    """Every prerequisite of a deploy, with what was found. Raises OperationError for wrong settings."""
    settings = settings_of(environment)
    until = time.monotonic() + SECONDS
    found = prerequisites(settings)
    if environment != EMBEDDED and not any(check.fails for check in found if check.name in ("AWS", "Node.js")):
        found += side_by_side({"Cluster access": lambda: cluster_access(settings)}, until)
        with tempfile.TemporaryDirectory() as folder:
            graph = synthesize(environment, Path(folder) / environment)
            question = preflight.Question.of(open_context(environment), graph, list(graph.needs))
        found += preflight.ask(question, list(preflight.CHECKS))
    return found


def prerequisites(settings: Settings) -> list[Check]:
    """Of every command, those that only read among them."""
    node = os.environ.get("JSII_NODE", "node")
    every: dict[str, Callable[[], Check]] = {
        "Python": _python,
        "Node.js": lambda: _program(node, "Node.js", ["--version"], NODE, "it runs the engine of CDKTF"),
        "Terraform": lambda: _program("terraform", "Terraform", ["version"], TERRAFORM, "locks and secrets rely on it"),
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


def _program(command: str, name: str, arguments: list[str], least: tuple[int, ...], reason: str) -> Check:
    install = f"Install {_text(least)} or newer, or let make deploy fetch it: {reason}."
    path = shutil.which(command)
    if path is None:
        return Check(name, f"{command} is not on PATH", install)
    try:
        said = _says([command, *arguments])
    except subprocess.TimeoutExpired:
        silent = f"{command} {arguments[0]} did not answer within {SECONDS - 2} seconds"
        return Check(name, silent, "Run it to see what it waits for.")
    except OSError as error:
        return Check(name, f"{command} cannot be started: {error.strerror}", install)
    match = re.search(r"v(\d+)\.(\d+)\.(\d+)", said)
    if match is None:
        return Check(name, f"{command} {arguments[0]} says no version", install)
    version = tuple(int(part) for part in match.groups())
    return Check(name, f"{_text(version)} ({path})", "" if version >= least else install)


def _says(command: list[str]) -> str:
    """What a program prints. One that hangs is ended with all that it has started. Raises TimeoutExpired, OSError."""
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        errors="replace",
        start_new_session=True,
    ) as process:
        try:
            return process.communicate(timeout=SECONDS - 2)[0]
        except subprocess.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            raise


def _client(service: str, settings: Settings) -> Any:
    """One that soon gives up. Each check has a session of its own, because these are not made for several threads."""
    import boto3
    from botocore.config import Config

    once = Config(connect_timeout=3, read_timeout=3, retries={"total_max_attempts": 1})
    return boto3.Session().client(service, region_name=settings.region, config=once)


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


def cluster_access(settings: Settings) -> Check:
    """EKS lets in the roles that have an access entry, and not even the one that has created the cluster besides."""
    caller = _client("sts", settings).get_caller_identity()["Arn"]
    assumed = re.fullmatch(r"arn:aws:sts::\d{12}:assumed-role/([^/]+)/.+", caller)
    if assumed is None:
        return Check("Cluster access", f"{caller} is not a role", "Log in with a role: only roles get access entries.")
    name = assumed[1]
    entering = {arn.split("/")[-1] for arn in settings.eks.admin_role_arns} | {f"{settings.names.prefix}-deploy"}
    if name in entering:
        return Check("Cluster access", name)
    arn = _arn_of_role(name, settings)
    remedy = f'Add "{arn}" to eks.admin_role_arns in environments/{settings.environment}.yaml.'
    return Check("Cluster access", f"{name} will not be let into the cluster", remedy)


def _arn_of_role(name: str, settings: Settings) -> str:
    """With its path, which the ARN of a session lacks, as far as these credentials may ask for it."""
    from botocore.exceptions import ClientError

    try:
        found: str = _client("iam", settings).get_role(RoleName=name)["Role"]["Arn"]
    except ClientError:
        return f"arn:aws:iam::{settings.account}:role/{name}"
    return found


def credentials(settings: Settings) -> Check:
    """Those of this account, and no others."""
    from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError

    try:
        identity = _client("sts", settings).get_caller_identity()
    except HTTPClientError as error:
        return Check("AWS", str(error), "See to the network, its proxy and what AWS_ENDPOINT_URL says.")
    except (BotoCoreError, ClientError) as error:
        found = "the login has expired" if failures.has_expired(error) else f"no valid credentials ({error})"
        return Check("AWS", found, failures.log_in(error))
    if identity["Account"] != settings.account:
        remedy = f"The settings say {settings.account}: log in there, or correct account in the settings."
        return Check("AWS", f"these are credentials of account {identity['Account']}", remedy)
    return Check("AWS", identity["Arn"])
