"""The second half of make bench: how long the first deploy takes, against the longest chain of its stacks.

It deploys the environment local in a copy of the project, whose simulated AWS is empty, and stops that at the end.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from operations import OUTPUT, ROOT, run
from operations.context import EMBEDDED
from operations.engine.schedule import LANES, chains
from operations.engine.synthesis import read_graph
from operations.engine.variables import inherited

NOT_COPIED = shutil.ignore_patterns(".*", "__pycache__", "gen", "cdktf.out", "node_modules", "tests")
ROW = re.compile(r"^(\w+) +\d+ +\d+ +(\d+)(?: |$)", re.MULTILINE)  # stack, resources, changed, seconds


def main() -> int:
    """Returns 1 when the deploy fails, after what it said."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "copy"
        shutil.copytree(ROOT, copy, ignore=NOT_COPIED)
        if (ROOT / "node_modules").exists():
            (copy / "node_modules").symlink_to(ROOT / "node_modules")
        print("Deploying everything into an empty simulated AWS ...", flush=True)
        try:
            began = time.monotonic()
            deployed = _run(copy, "deploy")
            took = time.monotonic() - began
            print(
                deployed.stdout
                if deployed.returncode
                else summary(took, deployed.stdout, read_graph(copy / OUTPUT.relative_to(ROOT) / EMBEDDED).dependencies)
            )
        finally:
            _run(copy, "clean")
    return deployed.returncode


def summary(took: float, printed: str, dependencies: Mapping[str, frozenset[str]]) -> str:
    """What a deploy that took so many seconds has printed, against the longest chain of its stacks."""
    seconds = {stack: int(each) for stack, each in ROW.findall(printed)}
    remaining = chains({stack: dependencies[stack] & seconds.keys() for stack in seconds}, seconds)
    chain = [max(remaining, key=lambda stack: remaining[stack])]
    while readers := [stack for stack in seconds if chain[-1] in dependencies[stack]]:
        chain.append(max(readers, key=lambda stack: remaining[stack]))
    longest = remaining[chain[0]]
    return (
        f"First deploy, {LANES} stacks at a time: {took:.0f} seconds, {sum(seconds.values())} one after another. "
        f"The longest chain, {' + '.join(chain)}, took {longest}: {took / longest:.2f} times."
    )


def _run(copy: Path, target: str) -> subprocess.CompletedProcess[str]:
    variables = inherited(os.environ) | {"ENVIRONMENT": EMBEDDED}
    piped = {"capture_output": False, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    return run(sys.executable, "-m", "operations", target, cwd=copy, env=variables, **piped)


if __name__ == "__main__":
    sys.exit(main())
