"""What a restored database holds, against what its original held before and after that point in time."""

import json
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from operations import OperationError

QUERIES = Path(__file__).with_name("measure.sql")
OPTIONS = "-c default_transaction_read_only=on -c stats_fetch_consistency=snapshot -c timezone=UTC"


@dataclass(frozen=True)
class Table:
    """inserted and deleted count since the server began to, those of transactions that failed among them."""

    rows: int
    inserted: int
    deleted: int


@dataclass(frozen=True)
class Measure:
    """schema is the newest migration, newest the time of the newest row; times are seconds since 1970."""

    at: float
    schema: str | None
    newest: float | None
    tables: Mapping[str, Table]


def measure(variables: Mapping[str, str]) -> Measure:
    """Ask the database that psql reaches with these variables, and change nothing in it. Raises OperationError."""
    command = ["psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-f", str(QUERIES)]
    said = subprocess.run(command, env={**variables, "PGOPTIONS": OPTIONS}, capture_output=True, text=True, check=False)
    if said.returncode:
        raise OperationError(f"{variables.get('PGHOST')} cannot be asked: {said.stderr.strip()}")
    found = {name: value for line in said.stdout.splitlines() for name, value in json.loads(line).items()}
    return Measure(**found | {"tables": {name: Table(**table) for name, table in found["tables"].items()}})


def bounds(before: Table, after: Table | None) -> tuple[int, int]:
    """How many rows the table has at a moment between the two, at least and at most."""
    if after is None or after.inserted < before.inserted or after.deleted < before.deleted:  # dropped, or made anew
        return 0, before.rows + (after.inserted + after.rows if after else 0)
    return before.rows - (after.deleted - before.deleted), before.rows + (after.inserted - before.inserted)


def errors(before: Measure, after: Measure, restored: Measure) -> list[str]:
    """What is wrong with a restore to a moment between before and after, which are of the original."""
    found = []
    if restored.schema not in (before.schema, after.schema):
        found.append(f"the newest migration is {restored.schema}, and that of the original {before.schema}")
    for name, table in before.tables.items():
        least, most = bounds(table, after.tables.get(name))
        there = restored.tables.get(name)
        if there is None and name in after.tables:
            found.append(f"the table {name} is missing")
        elif there and not least <= there.rows <= most:
            found.append(f"{name} has {there.rows} rows, and should have {f'{least} to ' * (least < most)}{most}")
    kept = all(
        name in after.tables and after.tables[name].deleted == each.deleted for name, each in before.tables.items()
    )
    if kept and before.newest and (restored.newest or 0) < before.newest:
        found.append(
            f"the newest row is older than in the original, by {before.newest - (restored.newest or 0):.0f} seconds"
        )
    return found
