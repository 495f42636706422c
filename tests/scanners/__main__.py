"""make scan: everything that the scanners find, against the waivers; exit 1 where anything is open."""

import sys
import tempfile
import time
from datetime import date
from pathlib import Path

from rich.console import Console

from operations.tables import plain
from tests.environments import environment
from tests.scanners import subject
from tests.scanners.scanners import SCANNERS, Silent
from tests.scanners.waivers import Finding, judge, read


def main() -> int:
    console = Console(soft_wrap=True, highlight=False)
    waivers = read()
    environment("scanners")
    table = plain("scanner", ">findings", ">waived", ">open", ">seconds")
    findings: list[Finding] = []
    silent: dict[str, str] = {}
    with tempfile.TemporaryDirectory() as folder:
        start = time.monotonic()
        subject.write(Path(folder))
        table.add_row("(synthesis, helm)", "", "", "", f"{time.monotonic() - start:.0f}")
        for name, scan in SCANNERS.items():
            start, found = time.monotonic(), []
            try:
                found = list(scan(Path(folder)))
            except Silent as error:
                silent[name] = str(error)
            opened = len(judge(found, waivers, (), date.today()).open)
            numbers = ["no answer", "", ""] if name in silent else map(str, (len(found), len(found) - opened, opened))
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
        console.print("Mend what is real. What stays is explained in tests/scanners/waivers.yaml.")
        return 1
    return 0


sys.exit(main())
