"""From settings to stacks: main.py writes them, the manifest says in which order they go."""

import difflib
import json
import os
import shutil
import sys
from dataclasses import dataclass
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

from operations import OUTPUT, ROOT, OperationError, failures, run
from operations.engine.variables import inherited

ERRORED_STATE = "errored.tfstate"  # how Terraform calls a state that it could not write to the bucket


@dataclass(frozen=True)
class Graph:
    """The stacks of a synthesis, and what each of them reads."""

    directory: Path
    dependencies: dict[str, frozenset[str]]

    def path(self, stack: str) -> Path:
        return self.directory / "stacks" / stack

    def template(self, stack: str) -> Any:
        """Its Terraform JSON, as written."""
        return json.loads((self.path(stack) / "cdk.tf.json").read_text(encoding="utf-8"))

    def all_dependencies(self, stack: str) -> frozenset[str]:
        return self.dependencies[stack].union(*(self.all_dependencies(needed) for needed in self.dependencies[stack]))

    def readers(self, stack: str) -> frozenset[str]:
        """Those that depend on it, near and far."""
        return frozenset(other for other in self.dependencies if stack in self.all_dependencies(other))

    def select(self, names: list[str]) -> list[str]:
        """These stacks, or all when none is named, in order. Raises OperationError for one that does not exist."""
        unknown = [name for name in names if name not in self.dependencies]
        if unknown:
            near = {found for name in unknown for found in difflib.get_close_matches(name, self.dependencies, 1)}
            guess = f" (did you mean {' '.join(sorted(near))}?)" if near else ""
            known = ", ".join(self.dependencies)
            raise OperationError(f"STACK: there is no stack {', '.join(unknown)}{guess}; there are {known}")
        return [name for name in self.dependencies if not names or name in names]


def synthesize(environment: str, directory: Path | None = None) -> Graph:
    """Run main.py for an environment, into its own folder. Raises OperationError with what it says when it fails."""
    directory = directory or OUTPUT / environment
    directory.parent.mkdir(parents=True, exist_ok=True)
    if directory.exists() and not directory.is_dir():
        raise OperationError(f"{os.path.relpath(directory)} is no folder: remove it")
    variables = inherited(os.environ) | {"ENVIRONMENT": environment, "CDKTF_OUTDIR": str(directory)}
    result = run(sys.executable, "main.py", cwd=ROOT, env=variables)
    if result.returncode != 0:
        said = result.stderr.strip() or result.stdout.strip() or "main.py failed without a word"
        raise OperationError(failures.of_traceback(said) if failures.TRACEBACK in said else said)
    for line in result.stderr.splitlines():
        if line.startswith("Warning: environments/"):  # what it says besides is the engine's own
            print(line, file=sys.stderr, flush=True)
    return read_graph(directory)


def read_graph(directory: Path) -> Graph:
    """The graph of the manifest, producers first.

    A folder of a stack that the manifest does not name is removed, unless it holds the only copy of a state.
    """
    stacks = json.loads((directory / "manifest.json").read_text(encoding="utf-8"))["stacks"]
    for folder in (directory / "stacks").iterdir():
        # Left over from another branch: it would still plan and apply.
        if folder.name not in stacks and not (folder / ERRORED_STATE).exists():
            shutil.rmtree(folder)
    dependencies = {name: sorted(stack["dependencies"]) for name, stack in sorted(stacks.items())}
    return Graph(
        directory, {name: frozenset(dependencies[name]) for name in TopologicalSorter(dependencies).static_order()}
    )
