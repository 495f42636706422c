"""The folder of a reviewed plan: one file of Terraform for each stack, and what these files belong to."""

import contextlib
import hashlib
import json
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from operations import LOCAL, OperationError
from operations.engine.synthesis import Graph

if TYPE_CHECKING:  # it is made from these files
    from operations.plans.report import Report

MANIFEST, PAGE = "plans.json", "report.md"


@contextlib.contextmanager
def private(environment: str) -> Iterator[Path]:
    """A folder for plans, which hold sensitive values: nobody else may read it, and it is gone afterwards."""
    folder = LOCAL / "plans" / environment
    shutil.rmtree(folder, ignore_errors=True)  # of a command that was killed
    folder.mkdir(mode=0o700, parents=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def clear(folder: Path) -> None:
    """Make the folder, without the files of an earlier plan."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for path in (*folder.glob("*.tfplan"), folder / MANIFEST, folder / PAGE):
        path.unlink(missing_ok=True)


def path_of(folder: Path, stack: str) -> Path:
    return folder / f"{stack}.tfplan"


def write(folder: Path, graph: Graph, stacks: Sequence[str], report: "Report") -> None:
    """Complete the folder, once Terraform has written the plans of these stacks."""
    manifest = {
        **report.document(),
        "stacks": {
            stack: {"plan": _digest(path_of(folder, stack)), "configuration": _digest(_configuration(graph, stack))}
            for stack in stacks
        },
    }
    (folder / PAGE).write_text(report.markdown(), encoding="utf-8")
    (folder / MANIFEST).write_text(f"{json.dumps(manifest, indent=2)}\n", encoding="utf-8")


def read(folder: Path, environment: str, graph: Graph) -> dict[str, Path]:
    """The plan of each stack that has one.

    Raises OperationError unless all of them are what was written for this environment, code and settings.
    """
    again = f"make plan PLANS={folder.name} ENVIRONMENT={environment}"
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        written = manifest["environment"]
        digests = {stack: (each["plan"], each["configuration"]) for stack, each in manifest["stacks"].items()}
    except FileNotFoundError:
        raise OperationError(f"PLANS={folder} holds no {MANIFEST}: {again} writes one") from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise OperationError(f"{folder / MANIFEST} is not what a plan wrote: {again}") from None
    if written != environment:
        raise OperationError(f"PLANS={folder} holds the plan of {written}, not of {environment}: {again}")
    problems = []
    for stack, (plan, configuration) in digests.items():
        path = path_of(folder, stack)
        if not path.is_file() or _digest(path) != plan:
            problems.append(f"  {path.name} is not the file that was planned")
        elif stack not in graph.dependencies or _digest(_configuration(graph, stack)) != configuration:
            problems.append(f"  {path.name} was planned from other code or settings than these")
    if unknown := sorted({path.stem for path in folder.glob("*.tfplan")} - digests.keys()):
        problems += [f"  {stack}.tfplan is none of the files that were planned" for stack in unknown]
    if problems:
        raise OperationError(f"nothing was applied of PLANS={folder}:", *problems, f"Plan again: {again}")
    return {stack: path_of(folder, stack) for stack in digests}


def _configuration(graph: Graph, stack: str) -> Path:
    return graph.path(stack) / "cdk.tf.json"


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
