"""How the synthesis grows: against what the engine costs by itself, with resources and with environments."""

import math
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from tests.bench.measure import Measure, measure, synthesized
from tests.bench.rows import FULL, Row

STACKS = 12  # as many as the platform has
RESOURCES = (100, 1000, 5000)


def rows() -> Iterator[Row]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        synthetic(0, folder)  # warms the disk and the index of jsii
        floor = synthetic(0, folder)
        yield against_floor(synthesized(folder / "local"), floor)
        sizes = {size: synthetic(size, folder) for size in RESOURCES}
        yield from by_resources(sizes, floor)
        if FULL:
            yield from by_environments(folder, 50)


def synthetic(resources: int, folder: Path) -> Measure:
    output = folder / f"synthetic{resources}"
    return measure(sys.executable, "-m", "tests.bench.synthetic", str(resources), str(STACKS), output)


def against_floor(ours: Measure, floor: Measure) -> Row:
    return Row(
        "synthesis of `local`, to as many empty stacks (the engine's floor)",
        f"{ours.cpu:.1f} to {floor.cpu:.1f} CPU s",
        ours.cpu / floor.cpu,
        goal="1.5, not met",
        most=8,
    )


def exponent(small: float, large: float, times: float) -> float:
    """1 is linear: so many times the work costs that many times as much."""
    return math.log(large / small) / math.log(times)


def by_resources(sizes: Mapping[int, Measure], floor: Measure) -> Iterator[Row]:
    """What a resource costs on top of the engine, at each size against the one before."""
    smallest, *others = sizes
    for before, size in zip([smallest, *others], others, strict=False):
        one, many = sizes[before].cpu - floor.cpu, sizes[size].cpu - floor.cpu
        yield Row(
            f"synthesis of {size:,} resources to {before:,}, without the floor: the exponent of its growth",
            f"{sizes[size].cpu:.1f} to {sizes[before].cpu:.1f} CPU s, {sizes[size].memory:.0f} MB",
            exponent(one, many, size / before),
            goal="1 is linear",
            most=1.2,
        )


def by_environments(folder: Path, count: int) -> Iterator[Row]:
    """Each is a process of its own, as with make."""
    each = [synthesized(folder / f"environment{number}") for number in range(count)]
    several = {1, 10, count}
    for number in sorted(several - {1}):
        total = sum(one.cpu for one in each[:number])
        yield Row(
            f"synthesis of {number} environments to one: the exponent of its growth",
            f"{total:.1f} to {each[0].cpu:.1f} CPU s",
            exponent(each[0].cpu, total, number),
            goal="1 is linear",
            most=1.2,
        )
