"""States that Terraform could not write to the bucket, and has left beside the configuration as errored.tfstate."""

import os
from pathlib import Path

from operations import OUTPUT, OperationError
from operations.context import in_shell
from operations.engine.synthesis import ERRORED_STATE, Graph


def require_none(environment: str, graph: Graph) -> None:
    """Raises OperationError for each that is left of the environment: an apply would create everything in it again."""
    if found := sorted((graph.directory / "stacks").glob(f"*/{ERRORED_STATE}")):
        raise OperationError(f"Nothing was changed. {advice(environment, found)}")


def require_none_to_delete() -> None:
    """Raises OperationError where the folder that is about to be deleted holds the only copy of a state."""
    for output in sorted(OUTPUT.glob("*")):
        if found := sorted(output.glob(f"stacks/*/{ERRORED_STATE}")):
            raise OperationError(f"Nothing was deleted. {advice(output.name, found)}")


def advice(environment: str, paths: list[Path]) -> str:
    """What has happened, and the commands that bring these states to where they belong."""
    stacks = ", ".join(path.parent.name for path in paths)
    lines = [
        f"The last state of {stacks} could not be written to the bucket: only {ERRORED_STATE} knows what was created. "
        "Push it, and run the same command again:",
        "",
    ]
    for path in paths:
        folder = os.path.relpath(path.parent)
        push = f"terraform -chdir={folder} state push {ERRORED_STATE}"
        lines.append(f"    {in_shell(environment, push, f'rm {folder}/{ERRORED_STATE}')}")
    return "\n".join(lines)
