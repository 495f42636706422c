"""A command in a process of its own, to be killed: python -m tests.operations.recovery.command JSON."""

import json
import sys
from pathlib import Path

from rich.console import Console

from operations import OperationError
from operations.context import Context
from operations.engine import terraform
from operations.engine.stacks import run_all
from operations.engine.synthesis import Graph
from operations.recovery import runs
from operations.recovery.recover import recover
from settings import load_settings
from simulator.process import Simulator


def context_of(environment: str, simulator: Simulator, variables: dict[str, str]) -> Context:
    """The environment local under another name, and so with other states and records."""
    return Context(load_settings("local").model_copy(update={"environment": environment}), simulator, variables)


def main() -> None:
    said = json.loads(sys.argv[1])
    folder = Path(said["folder"])
    vars(terraform)["LOCAL"] = vars(runs)["LOCAL"] = folder / ".local"
    graph = Graph(folder, {stack: frozenset() for stack in said["stacks"]})
    context = context_of(said["environment"], Simulator(**said["simulator"]), said["variables"])
    console = Console(width=200, highlight=False)
    try:
        recover(context, graph, list(graph.dependencies), console)
        run_all(context, graph, graph.dependencies, ["apply", "-auto-approve", "-lock-timeout=5s"], console)
    except OperationError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
