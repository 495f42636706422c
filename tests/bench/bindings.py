"""What the lazy bindings save, and that they change nothing.

Each way runs main.py in processes of its own, once to warm the disk and the index of jsii, then once measured.
"""

import filecmp
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.bench.measure import BenchError, synthesized
from tests.bench.rows import Row

WAYS = {"as shipped": {"CDKTF_STOCK_IMPORTS": "1"}, "lazy": {"CDKTF_STOCK_IMPORTS": ""}}


def rows() -> Iterator[Row]:
    """Raises BenchError when the JSON differs, which is the one thing that must not happen."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        results = {}
        for way, variables in WAYS.items():
            directory = folder / way.replace(" ", "_")
            synthesized(directory, **variables)
            results[way] = synthesized(directory, **variables)
        if different := differences(folder):
            raise BenchError(
                f"The JSON of lazy bindings is not that of the bindings as shipped: {', '.join(different)}"
            )
    shipped, lazy = results.values()
    what = "synthesis with the bindings as shipped, to lazy ones: "
    kept = "the JSON is the same, byte for byte"
    cpu = f"{shipped.cpu:.1f} to {lazy.cpu:.1f} CPU s"
    yield Row(f"{what}CPU ({kept})", cpu, shipped.cpu / lazy.cpu, goal="6", least=4)
    yield Row(f"{what}time", f"{shipped.wall:.1f} to {lazy.wall:.1f} s", shipped.wall / lazy.wall)
    memory = f"{shipped.memory:.0f} to {lazy.memory:.0f} MB"
    yield Row(f"{what}memory", memory, shipped.memory / lazy.memory, goal="3", least=2)


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
