"""make proof: runs each command that shows a claim of the README, and writes what it said into the README's table."""

import os
import re
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.proof.claims import CLAIMS, README, TABLE, table

# In the order of the README: what is deployed is planned, and then destroyed.
COMMANDS = (
    "make check",
    "make scan",
    "make site",
    "make deploy",
    "make plan",
    "make test",
    "make destroy",
    "make bench",
)
RESULTS = Path(__file__).parents[2] / ".local" / "proof.xml"


def main() -> int:
    """Returns 1, and leaves the table as it is, when a command fails or says something else than the claim."""
    said: dict[str, str] = {}
    wrong: list[str] = []
    for command in COMMANDS:
        print(f"\n$ {command}", flush=True)
        began = time.monotonic()
        code, printed = _run(command)
        if code:
            print(f"{command} failed, so nothing that it shows is proven: repeat make proof when it passes")
            return 1
        took = f"{(time.monotonic() - began) / 60:.0f} min"
        for claim in (each for each in CLAIMS if each.command == command):
            if match := re.search(claim.figure, printed):
                said[command] = " ".join(match.groups()) or took
            else:
                wrong.append(f"{command} does not print {claim.figure}, which shows: {claim.claim}")
    outcomes = results(RESULTS)
    for claim in (each for each in CLAIMS if each.tests):
        told = tell(claim.tests, outcomes)
        said[claim.shown_by] = told or ""
        wrong += [] if told else [f"make test ran none of {', '.join(claim.tests)}, which show: {claim.claim}"]
    print("\n".join(wrong))
    if not wrong:
        README.write_text(TABLE.sub(lambda _: table(said, time.strftime("%Y-%m-%d")), README.read_text()))
        print(f"\n{table(said, time.strftime('%Y-%m-%d'))}")
    return 1 if wrong else 0


def _run(command: str) -> tuple[int, str]:
    """Its exit code, and what it printed, which is shown while it runs."""
    options = f"{os.environ.get('PYTEST_ADDOPTS', '')} --junitxml={RESULTS}"
    with subprocess.Popen(
        command.split(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=os.environ | {"PYTEST_ADDOPTS": options.strip()},
    ) as process:
        assert process.stdout
        lines = []
        for line in process.stdout:
            print(line, end="", flush=True)
            lines.append(line)
    return process.returncode, "".join(lines)


def results(path: Path) -> dict[str, float]:
    """The seconds of each test that passed, by path::name as pytest takes it."""
    return {
        f"{case.attrib['classname'].replace('.', '/')}.py::{case.attrib['name']}": float(case.attrib["time"])
        for case in ElementTree.parse(path).iter("testcase")
        if case.find("skipped") is None
    }


def tell(tests: Sequence[str], outcomes: Mapping[str, float]) -> str:
    """How many of these files, folders or tests passed, in how many seconds; nothing where one of them has none."""
    found = [[name for name in outcomes if re.match(rf"{re.escape(test)}(?:$|[/:\[])", name)] for test in tests]
    if not all(found):
        return ""
    names = {name for some in found for name in some}
    return f"{len(names)} passed, {sum(outcomes[name] for name in names):.0f} s"


if __name__ == "__main__":
    sys.exit(main())
