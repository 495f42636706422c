"""make proof: runs each command that shows a claim of the README, and writes what it said into the README's table."""

import os
import re
import shlex
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.proof.claims import CLAIMS, README, written

TESTS = "make test"
# In the order of the README: what is deployed is planned, and then destroyed.
COMMANDS = (
    "make check",
    "make scan",
    "make site",
    "make deploy",
    "make plan",
    TESTS,
    "make destroy",
    "make bench",
)
RUN = ".venv/bin/python"  # as the Makefile has it
RESULTS = Path(__file__).parents[2] / ".local" / "proof.xml"


def main(commands: Sequence[str] = COMMANDS) -> int:
    """Run these of the commands. Rows of those that show what they should are written, and all others stay.

    Those of tests are written after make test, but for what has failed in it. Returns 1 when something is not shown.
    """
    RESULTS.unlink(missing_ok=True)  # those of an earlier run show nothing of this one
    said: dict[str, str] = {}
    wrong: list[str] = []
    again: list[str] = []
    for command in commands:
        print(f"\n$ {command}", flush=True)
        began = time.monotonic()
        code, printed = _run(command)
        took = f"{(time.monotonic() - began) / 60:.0f} min"
        before = len(wrong)
        wrong += [f"{command} failed"] if code else []
        for claim in (each for each in CLAIMS if each.command == command and not code):
            if match := re.search(claim.figure, printed):
                said[command] = " ".join(match.groups()) or took
            else:
                wrong.append(f"{command} does not print {claim.figure}, which shows: {claim.claim}")
        again += [command] if len(wrong) > before else []
    if TESTS in commands:
        outcomes = results(RESULTS) if RESULTS.exists() else {}
        for claim in (each for each in CLAIMS if each.tests):
            if told := tell(claim.tests, outcomes):
                said[claim.shown_by] = told
            else:
                wrong.append(f"{' '.join(claim.tests)} did not run, or did not pass, and show: {claim.claim}")
    README.write_text(written(README.read_text(), said, time.strftime("%Y-%m-%d")))
    print("\n".join([f"{len(said)} of {len(CLAIMS)} rows of {README.name} are written.", *wrong]))
    if again:
        print(f"When that is fixed: {RUN} -m tests.proof {shlex.join(again)}")
    return 1 if wrong else 0


def _run(command: str) -> tuple[int, str]:
    """Its exit code, and what it printed, which is shown while it runs. It runs as from a shell, and not from make."""
    inherited = {name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")}
    options = f"{os.environ.get('PYTEST_ADDOPTS', '')} --junitxml={RESULTS}"
    with subprocess.Popen(
        command.split(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=inherited | {"PYTEST_ADDOPTS": options.strip()},
    ) as process:
        assert process.stdout
        lines = []
        for line in process.stdout:
            print(line, end="", flush=True)
            lines.append(line)
    return process.returncode, "".join(lines)


def results(path: Path) -> dict[str, float | None]:
    """The seconds of each test that passed, by path::name as pytest takes it; None for one that failed."""
    return {
        f"{case.attrib['classname'].replace('.', '/')}.py::{case.attrib['name']}": None
        if {"failure", "error"} & {each.tag for each in case}
        else float(case.attrib["time"])
        for case in ElementTree.parse(path).iter("testcase")
        if case.find("skipped") is None
    }


def tell(tests: Sequence[str], outcomes: Mapping[str, float | None]) -> str:
    """How many of these files, folders or tests passed, in how many seconds; nothing where one failed or has none."""
    found = [[name for name in outcomes if re.match(rf"{re.escape(test)}(?:$|[/:\[])", name)] for test in tests]
    seconds = [outcomes[name] for name in {name for some in found for name in some}]
    passed = [each for each in seconds if each is not None]
    return f"{len(passed)} passed, {sum(passed):.0f} s" if all(found) and passed == seconds else ""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:] or COMMANDS))
