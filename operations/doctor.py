"""What has to be there before anything starts."""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass

from operations import OperationError
from operations.context import EMBEDDED, settings_of
from settings import Settings

PYTHON, NODE, TERRAFORM = (3, 11), (20,), (1, 11)


@dataclass(frozen=True)
class Check:
    name: str
    found: str
    remedy: str = ""  # empty when all is well


def checks(environment: str) -> list[Check]:
    """Every prerequisite of an environment, with what was found. Raises OperationError for wrong settings."""
    settings = settings_of(environment)
    found = [
        _python(),
        _program(os.environ.get("JSII_NODE", "node"), "Node.js", ["--version"], NODE, "it runs the engine of CDKTF"),
        _program("terraform", "Terraform", ["version"], TERRAFORM, "locks and secrets rely on it"),
    ]
    if environment != EMBEDDED:
        found += [credentials(settings), aws_command()]
    return found


def require(environment: str) -> None:
    """Raises OperationError that names everything that is missing."""
    refuse(checks(environment))


def refuse(found: list[Check]) -> None:
    """Raises OperationError that names all of these that are missing."""
    problems = [f"  {check.name}: {check.found}. {check.remedy}" for check in found if check.remedy]
    if problems:
        raise OperationError("\n".join(["this machine is not ready:", *problems]))


def _text(version: tuple[int, ...]) -> str:
    return ".".join(str(part) for part in version)


def _python() -> Check:
    version = sys.version_info[:3]
    remedy = "" if version >= PYTHON else f"Install {_text(PYTHON)} or newer."
    return Check("Python", _text(version), remedy)


def _program(command: str, name: str, arguments: list[str], least: tuple[int, ...], reason: str) -> Check:
    install = f"Install {_text(least)} or newer: {reason}."
    if shutil.which(command) is None:
        return Check(name, f"{command} is not on PATH", install)
    result = subprocess.run([command, *arguments], capture_output=True, text=True, check=False)
    match = re.search(r"v(\d+)\.(\d+)\.(\d+)", result.stdout)
    if match is None:
        return Check(name, f"{command} {arguments[0]} says no version", install)
    version = tuple(int(part) for part in match.groups())
    return Check(name, _text(version), "" if version >= least else install)


def on_path(name: str, command: str, remedy: str) -> Check:
    found = shutil.which(command)
    return Check(name, found or f"{command} is not on PATH", "" if found else remedy)


def aws_command() -> Check:
    """The kubernetes and helm providers log in with it, and would miss it only in the middle of a deploy."""
    return on_path("AWS CLI", "aws", "Install version 2: it logs in to EKS and to hosts.")


def credentials(settings: Settings) -> Check:
    """Those of this account, and no others."""
    import boto3
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        identity = boto3.client("sts", region_name=settings.region).get_caller_identity()
    except (BotoCoreError, ClientError) as error:
        return Check("AWS", f"no valid credentials ({error})", "Log in, or set AWS_PROFILE.")
    if identity["Account"] != settings.account:
        remedy = f"The settings say {settings.account}: log in there, or correct account in the settings."
        return Check("AWS", f"these are credentials of account {identity['Account']}", remedy)
    return Check("AWS", identity["Arn"])
