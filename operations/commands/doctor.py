"""What has to be there before anything starts."""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass

from operations import OperationError
from operations.context import EMBEDDED, settings_of
from operations.machine.fetch import NODE, TERRAFORM
from settings import Settings
from settings.examples import placeholders

PYTHON = (3, 11)


@dataclass(frozen=True)
class Check:
    name: str
    found: str
    remedy: str = ""  # empty when all is well


def checks(environment: str) -> list[Check]:
    """Every prerequisite of a deploy, with what was found. Raises OperationError for wrong settings."""
    settings = settings_of(environment)
    found = prerequisites(settings)
    if environment != EMBEDDED and not any(check.remedy for check in found):
        found.append(cluster_access(settings))
    return found


def prerequisites(settings: Settings) -> list[Check]:
    """Of every command, those that only read among them."""
    found = [
        _python(),
        _program(os.environ.get("JSII_NODE", "node"), "Node.js", ["--version"], NODE, "it runs the engine of CDKTF"),
        _program("terraform", "Terraform", ["version"], TERRAFORM, "locks and secrets rely on it"),
    ]
    if settings.environment != EMBEDDED:
        found += [own_values(settings), credentials(settings), aws_command()]
    return found


def require(environment: str) -> None:
    """Raises OperationError that names everything that is missing."""
    refuse(prerequisites(settings_of(environment)))


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
    install = f"Install {_text(least)} or newer, or let make deploy fetch it: {reason}."
    path = shutil.which(command)
    if path is None:
        return Check(name, f"{command} is not on PATH", install)
    result = subprocess.run([command, *arguments], capture_output=True, text=True, check=False)
    match = re.search(r"v(\d+)\.(\d+)\.(\d+)", result.stdout)
    if match is None:
        return Check(name, f"{command} {arguments[0]} says no version", install)
    version = tuple(int(part) for part in match.groups())
    return Check(name, f"{_text(version)} ({path})", "" if version >= least else install)


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
    import boto3

    caller = boto3.client("sts", region_name=settings.region).get_caller_identity()["Arn"]
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
    import boto3
    from botocore.exceptions import ClientError

    try:
        found: str = boto3.client("iam", region_name=settings.region).get_role(RoleName=name)["Role"]["Arn"]
    except ClientError:
        return f"arn:aws:iam::{settings.account}:role/{name}"
    return found


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
