"""What an unchanged plan costs: of one area, and of all of them, to one flat state of the same resources."""

import json
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from operations import run
from operations.cluster.kubernetes import in_cluster
from operations.engine.synthesis import Graph
from operations.engine.variables import inherited
from tests.bench import flat
from tests.bench.measure import BenchError, Measure, measure
from tests.bench.rows import Row

PLAN = ("plan", "-input=false", "-lock=false", "-detailed-exitcode")


def rows(copy: Path, graph: Graph, folder: Path) -> Iterator[Row]:
    """Of a platform that is deployed in that copy of the project. Raises BenchError when a plan is not empty."""
    variables = variables_of(copy)
    inside = in_cluster(graph, list(graph.dependencies))
    stacks = [stack for stack in graph.dependencies if stack not in inside]
    templates = {stack: graph.template(stack) for stack in stacks}
    states = {stack: json.loads(_terraform(graph.path(stack), variables, "state", "pull")) for stack in stacks}
    flat.write(folder, templates, states)
    _terraform(folder, variables, "init", "-input=false")

    whole = _plan(folder, variables)
    each = {stack: _plan(graph.path(stack), variables) for stack in stacks}
    yield from against_flat(each, whole, flat.count(states.values()))


def against_flat(each: dict[str, Measure], whole: Measure, resources: int) -> Iterator[Row]:
    middle = sorted(each, key=lambda stack: each[stack].cpu)[len(each) // 2]
    total = sum(measured.cpu for measured in each.values())
    yield Row(
        f"plan of one flat state of {resources} resources, to that of the median area alone, {middle}",
        f"{whole.cpu:.1f} to {each[middle].cpu:.1f} CPU s, {whole.wall:.1f} to {each[middle].wall:.1f} s",
        whole.cpu / each[middle].cpu,
        goal="4, not met",
        least=1.5,
    )
    yield Row(
        f"plan of all {len(each)} areas, to that flat state",
        f"{total:.1f} to {whole.cpu:.1f} CPU s",
        total / whole.cpu,
        goal="1.5, not met",
        most=4,
    )


def variables_of(copy: Path) -> dict[str, str]:
    """What `eval "$(make -s env)"` sets in that copy of the project."""
    printed = run(sys.executable, "-m", "operations", "env", cwd=copy, env=inherited(os.environ)).stdout
    return inherited(os.environ) | dict(re.findall(r"^export (\w+)='?(.*?)'?$", printed, re.MULTILINE))


def _plan(directory: Path, variables: dict[str, str]) -> Measure:
    return measure("terraform", f"-chdir={directory}", *PLAN, variables=variables)


def _terraform(directory: Path, variables: dict[str, str], *command: str) -> str:
    result = run("terraform", f"-chdir={directory}", *command, env=variables)
    if result.returncode:
        raise BenchError(f"terraform {' '.join(command)}: {result.stdout}{result.stderr}")
    return result.stdout
