"""What the make targets run: thin commands over main.py, Terraform and the state bucket."""

import subprocess
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
LOCAL = ROOT / ".local"  # everything a run leaves behind, but for the stacks themselves
OUTPUT = ROOT / "cdktf.out"  # <environment>/stacks/ is what the commands write; stacks/ is what cdktf synth writes


class OperationError(Exception):
    """A command cannot go on; str() is all that its user reads, one line for each argument."""

    def __str__(self) -> str:
        return "\n".join(map(str, self.args))


def run(*command: str | Path, **options: Any) -> subprocess.CompletedProcess[str]:
    """Run a program to whatever end, and have what it says. The options are those of subprocess.run."""
    return subprocess.run([*map(str, command)], **{"capture_output": True, "text": True, "check": False} | options)
