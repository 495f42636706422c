"""The table of make bench: each row is a ratio of two measurements of one run, with what it has to keep."""

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

# Fifty environments, deploys and plans of each area, which take a quarter of an hour.
FULL = os.environ.get("FULL") == "1"
HEADING = "# What the commands cost"
SECTION = re.compile(rf"^{HEADING}\n.*?(?=^# |\Z)", re.MULTILINE | re.DOTALL)
TEXT = """
`make bench FULL=1` has written this on {day}. Each row compares two measurements of the same run. *Red* is where the
command fails, with slack for a busy machine. `make bench` alone leaves out fifty environments, deploys and plans, and
writes nothing.

Three goals are not met. The synthesis loads the bindings that it uses, and makes each object in two languages. Plans
start Terraform and its provider once for each area: three quarters of the CPU of a small one load the provider's
schema, which no two processes share. What was tried:

- Without garbage collection (`GOGC=off` instead of 400): 5.0 instead of 5.5 CPU seconds on a busy machine, and 620 MB
  instead of 350.
- Providers that go on running (`TF_REATTACH_PROVIDERS`, which is for debugging): 13 of the 83 CPU seconds of a plan of
  all areas, because each Terraform asks for the schema again; and a provider serves one area at a time.
- All areas as modules of one configuration: `tests/test_validate.py` loads the schema once for 30 of them. But one
  configuration has one state. Terraform Stacks, which have several, need HCP Terraform.

"""


@dataclass(frozen=True)
class Row:
    """What is compared, and by how much the first is the second. The goal was aimed at; beyond the limits is red."""

    what: str
    measured: str
    ratio: float
    goal: str = ""
    least: float | None = None
    most: float | None = None

    @property
    def red(self) -> bool:
        return (self.least is not None and self.ratio < self.least) or (
            self.most is not None and self.ratio > self.most
        )

    @property
    def limit(self) -> str:
        parts = [f"below {self.least:g}" if self.least is not None else "", f"above {self.most:g}" if self.most else ""]
        return " or ".join(filter(None, parts)) or "-"


def table(rows: Iterable[Row]) -> Iterator[str]:
    yield "| what | measured | ratio | goal | red |"
    yield "|---|---|---:|---|---|"
    for row in rows:
        yield f"| {row.what} | {row.measured} | {row.ratio:.2f} | {row.goal or '-'} | {row.limit} |"


def publish(rows: Iterable[Row], document: Path, day: date) -> None:
    """Write the table into its section of the document, or a new one at the end."""
    section = "\n".join([HEADING, TEXT.format(day=f"{day:%-d %B %Y}"), *table(rows)]).replace("\n\n\n", "\n\n") + "\n"
    text = document.read_text()
    found = SECTION.search(text)
    document.write_text(text.replace(found[0], section) if found else f"{text.rstrip()}\n\n{section}")
