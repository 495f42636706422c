"""What is in a plan file: for programs as JSON, and for people in the text that Terraform itself makes of it."""

import json
import re
from pathlib import Path
from textwrap import dedent
from typing import Any

from operations import OperationError, run
from operations.context import Context

# A change outside of Terraform is described in the same way, before this line.
ACTIONS = "Terraform will perform the following actions:"
RESOURCE = re.compile(r"^  # (\S+) .*\n(?:  # .*\n)*...\s?resource .* \{\n((?:.*\n)*?)    \}$", re.MULTILINE)


def read(context: Context, directory: Path, plan: Path) -> dict[str, Any]:
    """The plan file in Terraform's JSON. It holds sensitive values in the clear, and so never goes to a log or a file.

    Source of its format: developer.hashicorp.com/terraform/internals/json-format, "Change Representation".
    """
    found: dict[str, Any] = json.loads(_show(context, directory, plan, "-json"))
    return found


def texts(context: Context, directory: Path, plan: Path) -> dict[str, list[str]]:
    """By address, the lines in which Terraform shows old and new attributes. It masks those that are sensitive."""
    return attributes(_show(context, directory, plan, "-no-color"))


def attributes(shown: str) -> dict[str, list[str]]:
    """The same of what `terraform show` has printed."""
    found = RESOURCE.findall(shown.partition(ACTIONS)[2])
    return {address: dedent(lines).splitlines() for address, lines in found}


def _show(context: Context, directory: Path, plan: Path, form: str) -> str:
    result = run("terraform", f"-chdir={directory}", "show", form, plan, env=context.environment)
    if result.returncode != 0:
        raise OperationError(f"the plan of {directory.name} cannot be read: {result.stderr.strip()}")
    return result.stdout
