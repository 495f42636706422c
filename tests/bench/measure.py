"""What a program costs, with all that it starts."""

import os
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Measure:
    """CPU and wall seconds of a program and all that it waited for, and the most MB that one of them held."""

    cpu: float
    wall: float
    memory: float


class BenchError(RuntimeError):
    """A program that is measured has failed; str() is its command and what it said."""


def measure(*command: str | Path, cwd: Path = ROOT, variables: Mapping[str, str] | None = None) -> Measure:
    """Raises BenchError when it fails."""
    began = time.monotonic()
    environment = os.environ | (variables or {})
    process = subprocess.Popen(command, cwd=cwd, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert process.stdout is not None
    with process.stdout:
        said = process.stdout.read().decode()
    _, status, used = os.wait4(process.pid, 0)  # of this run alone
    process.returncode = code = os.waitstatus_to_exitcode(status)
    if code:
        raise BenchError(f"{' '.join(map(str, command))} ended with {code}:\n{said}")
    return Measure(used.ru_utime + used.ru_stime, time.monotonic() - began, used.ru_maxrss / 1024)


def synthesized(directory: Path, **variables: str) -> Measure:
    """What main.py costs."""
    return measure(sys.executable, "main.py", variables={"CDKTF_OUTDIR": str(directory), **variables})
