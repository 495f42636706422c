"""The first deploy against the longest chain of its stacks, the second one, and plans against one state.

It deploys the environment local in a copy of the project, whose simulated AWS is empty, and stops that at the end.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from operations import OUTPUT, ROOT, run
from operations.context import EMBEDDED
from operations.engine.schedule import LANES, chains
from operations.engine.synthesis import read_graph
from operations.engine.variables import inherited
from tests.bench import plans
from tests.bench.measure import BenchError
from tests.bench.rows import Row

NOT_COPIED = shutil.ignore_patterns(".*", "__pycache__", "gen", "cdktf.out", "node_modules", "tests")
ROW = re.compile(r"^(\w+) +\d+ +\d+ +(\d+)(?: |$)", re.MULTILINE)  # stack, resources, changed, seconds


def rows() -> Iterator[Row]:
    """Raises BenchError when something fails, with what it said."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "copy"
        shutil.copytree(ROOT, copy, ignore=NOT_COPIED)
        if (ROOT / "node_modules").exists():
            (copy / "node_modules").symlink_to(ROOT / "node_modules")
        try:
            took, printed = _deploy(copy)
            graph = read_graph(copy / OUTPUT.relative_to(ROOT) / EMBEDDED)
            yield against_chain(took, printed, graph.dependencies)
            again, _ = _deploy(copy)
            measured = f"{again:.0f} to {took:.0f} s"
            yield Row("second deploy, of nothing, to the first", measured, again / took, most=0.6)
            yield from plans.rows(copy, graph, Path(folder) / "flat")
        finally:
            _run(copy, "clean")


def _deploy(copy: Path) -> tuple[float, str]:
    """How many seconds it took, and what it printed."""
    began = time.monotonic()
    deployed = _run(copy, "deploy")
    if deployed.returncode:
        raise BenchError(deployed.stdout)
    return time.monotonic() - began, deployed.stdout


def against_chain(took: float, printed: str, dependencies: Mapping[str, frozenset[str]]) -> Row:
    """What a deploy that took so many seconds has printed, against the longest chain of its stacks."""
    seconds = {stack: int(each) for stack, each in ROW.findall(printed)}
    remaining = chains({stack: dependencies[stack] & seconds.keys() for stack in seconds}, seconds)
    chain = [max(remaining, key=lambda stack: remaining[stack])]
    while readers := [stack for stack in seconds if chain[-1] in dependencies[stack]]:
        chain.append(max(readers, key=lambda stack: remaining[stack]))
    longest = remaining[chain[0]]
    return Row(
        f"first deploy, {LANES} stacks at a time, to its longest chain, {' + '.join(chain)}",
        f"{took:.0f} to {longest} s, {sum(seconds.values())} one after another",
        took / longest,
        goal="1.5",
        most=2,
    )


def _run(copy: Path, target: str) -> subprocess.CompletedProcess[str]:
    variables = inherited(os.environ) | {"ENVIRONMENT": EMBEDDED}
    piped = {"capture_output": False, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    return run(sys.executable, "-m", "operations", target, cwd=copy, env=variables, **piped)
