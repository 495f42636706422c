"""make bench: what the lazy bindings save, and that they change nothing.

Each way runs main.py in processes of its own, once to warm the disk and the index of jsii, then once measured.
"""

import filecmp
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).parents[2]
WAYS = {"as shipped": {"CDKTF_STOCK_IMPORTS": "1"}, "lazy": {"CDKTF_STOCK_IMPORTS": ""}}


@dataclass(frozen=True)
class Measure:
    """CPU and wall seconds of Python and Node.js together, and the most memory, in MB, that one of them held."""

    cpu: float
    wall: float
    memory: float


def main() -> int:
    """Returns 1 when the JSON differs, which is the one thing that must not happen."""
    console = Console(highlight=False)
    with tempfile.TemporaryDirectory() as folder:
        results = {}
        for way, variables in WAYS.items():
            console.print(f"Synthesizing with the bindings {way} ...")
            directory = Path(folder) / way.replace(" ", "_")
            _measure(directory, variables)
            results[way] = _measure(directory, variables)
        shipped, lazy = results.values()
        table = Table("bindings", "CPU s", "seconds", "memory MB", box=None, pad_edge=False, padding=(0, 2, 0, 0))
        for way, each in results.items():
            table.add_row(way, f"{each.cpu:.1f}", f"{each.wall:.1f}", f"{each.memory:.0f}")
        console.print(table)
        console.print(f"{shipped.cpu / lazy.cpu:.1f} times less CPU, {shipped.wall / lazy.wall:.1f} times faster")
        different = differences(Path(folder))
    console.print(f"The JSON differs: {', '.join(different)}" if different else "The JSON is the same, byte for byte.")
    return 1 if different else 0


def _measure(directory: Path, variables: dict[str, str]) -> Measure:
    began = time.monotonic()
    environment = {**os.environ, **variables, "CDKTF_OUTDIR": str(directory)}
    process = subprocess.Popen([sys.executable, "main.py"], cwd=ROOT, env=environment)
    _, status, used = os.wait4(process.pid, 0)  # of this run alone, with the Node.js process that it waited for
    if status:
        sys.exit("main.py failed")
    return Measure(used.ru_utime + used.ru_stime, time.monotonic() - began, used.ru_maxrss / 1024)


def differences(folder: Path) -> list[str]:
    """The stacks whose JSON is not the same in both directories, or only in one of them."""
    first, second = ({path.name: path for path in way.glob("stacks/*")} for way in sorted(folder.iterdir()))
    return sorted(
        name
        for name in first.keys() | second.keys()
        if name not in first
        or name not in second
        or not filecmp.cmp(first[name] / "cdk.tf.json", second[name] / "cdk.tf.json", shallow=False)
    )


if __name__ == "__main__":
    sys.exit(main())
