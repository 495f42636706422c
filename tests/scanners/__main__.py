"""make scan: everything that the scanners find, against the waivers; exit 1 where anything is open."""

import sys
import tempfile
import time
from datetime import date
from pathlib import Path

from rich.console import Console

from operations.tables import plain
from tests.scanners import subject
from tests.scanners.scanners import SCANNERS, Silent
from tests.scanners.waivers import Finding, judge, read


def main() -> int:
    console = Console(soft_wrap=True, highlight=False)
    waivers = read()
    table = plain("scanner")
    for column in ("findings", "waived", "open", "seconds"):
        table.add_column(column, justify="right")
    findings: list[Finding] = []
    silent: dict[str, str] = {}
    with tempfile.TemporaryDirectory() as folder:
        start = time.monotonic()
        subject.write(Path(folder))
        table.add_row("(synthesis, helm)", "", "", "", f"{time.monotonic() - start:.0f}")
        for name, scan in SCANNERS.items():
            start, found = time.monotonic(), list[Finding]()
            try:
                for each in scan(Path(folder)):
                    found.append(each)
            except Silent as error:
                silent[name] = str(error)
            opened = len(judge(found, waivers, (), date.today()).open)
            numbers = [str(len(found)), str(len(found) - opened), str(opened)]
            if name in silent and not found:
                numbers = ["no answer", "", ""]
            table.add_row(name, *numbers, f"{time.monotonic() - start:.0f}")
            findings += found
    verdict = judge(findings, waivers, silent, date.today())
    console.print(table)
    for name, why in silent.items():
        console.print(f"{name} was not answered: {why}")
    for each in verdict.open:
        console.print(f"open: {each.scanner} {each.rule} {each.place}: {each.says}", markup=False)
    for line in verdict.wrong:
        console.print(f"waiver: {line}", markup=False)
    if verdict.open or verdict.wrong:
        console.print("Fix what is real. What stays is explained in tests/scanners/waivers.yaml.")
        return 1
    console.print(f"{len(findings)} findings, and {len(waivers)} waivers explain all of them.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
