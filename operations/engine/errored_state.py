"""States that Terraform could not write to the bucket, and has left beside the configuration as errored.tfstate."""

import json
import os
from pathlib import Path
from typing import Any

from rich.console import Console

from operations import OUTPUT, OperationError
from operations.context import Context, in_shell
from operations.engine import state_bucket
from operations.engine.synthesis import ERRORED_STATE, Graph
from operations.engine.terraform import LOCK_TIMEOUT, Terraform

CONTENT = ("resources", "outputs")


def push(context: Context, graph: Graph, console: Console) -> None:
    """Push each that is left of the environment, because an apply would create everything in it again.

    Raises OperationError, before anything is pushed, where one does not follow from the state in the bucket, and when
    Terraform refuses one.
    """
    found = sorted((graph.directory / "stacks").glob(f"*/{ERRORED_STATE}"))
    documents = {path: _read(path) for path in found}
    stored = {path: state_bucket.document(context, path.parent.name) for path in found}
    problems = [
        _conflict(context.settings.environment, path, own, other)
        for path, own in documents.items()
        if (other := stored[path]) and not (_follows(own, other) or _same(own, other))
    ]
    if problems:
        raise OperationError("Nothing was changed.", *problems)
    for path, own in documents.items():
        other = stored[path]
        if not (other and _same(own, other)):
            stack = path.parent.name
            outcome = Terraform(context).run(path.parent, ["state", "push", LOCK_TIMEOUT, ERRORED_STATE])
            if not outcome.succeeded:
                why = f"Nothing was changed. The last state of {stack} cannot be pushed:"
                raise OperationError(why, outcome.reason)
            console.print(f"Pushed the last state of {stack}, which could not be written (serial {own['serial']})")
        path.unlink()


def _read(path: Path) -> dict[str, Any]:
    try:
        document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return {name: document[name] for name in ("serial", "lineage", *CONTENT)}
    except (ValueError, KeyError, TypeError):
        raise OperationError(
            f"Nothing was changed. {os.path.relpath(path)} is no whole state, as on a full disk: look what it has of "
            f"{path.parent.name}, and remove it. What its run created is adopted then."
        ) from None


def _follows(own: dict[str, Any], other: dict[str, Any]) -> bool:
    """What Terraform itself asks for before it pushes."""
    return bool(own["lineage"] == other["lineage"] and own["serial"] > other["serial"])


def _same(own: dict[str, Any], other: dict[str, Any]) -> bool:
    return own["lineage"] == other["lineage"] and all(own[name] == other[name] for name in CONTENT)


def _conflict(environment: str, path: Path, own: dict[str, Any], other: dict[str, Any]) -> str:
    folder, stack = os.path.relpath(path.parent), path.parent.name
    terraform = f"terraform -chdir={folder}"
    compare = f"{terraform} state pull | diff - {folder}/{ERRORED_STATE}"
    force = f"{terraform} state push -force {ERRORED_STATE}"
    return (
        f"The last state of {stack} could not be written to the bucket, and meanwhile somebody else has written one:\n"
        f"  {folder}/{ERRORED_STATE} has serial {own['serial']}, lineage {own['lineage']}\n"
        f"  the bucket has serial {other['serial']}, lineage {other['lineage']}\n"
        f"Compare them:\n    {in_shell(environment, compare)}\n"
        f"To keep that of the bucket:\n    rm {folder}/{ERRORED_STATE}\n"
        f"What the other run created is adopted then. To keep the file:\n"
        f"    {in_shell(environment, force, f'rm {folder}/{ERRORED_STATE}')}"
    )


def require_none_to_delete() -> None:
    """Raises OperationError where the folder that is about to be deleted holds the only copy of a state."""
    for output in sorted(OUTPUT.glob("*")):
        if found := sorted(output.glob(f"stacks/*/{ERRORED_STATE}")):
            stacks, environment = ", ".join(path.parent.name for path in found), output.name
            raise OperationError(
                f"Nothing was deleted. The last state of {stacks} could not be written to the bucket: only "
                f"{ERRORED_STATE} knows what was created. make plan ENVIRONMENT={environment} pushes it"
            )
