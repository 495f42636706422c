"""What the make targets run: thin commands over main.py, Terraform and the state bucket."""

from pathlib import Path

ROOT = Path(__file__).parents[1]
LOCAL = ROOT / ".local"  # everything a run leaves behind, but for the stacks themselves
OUTPUT = ROOT / "cdktf.out"  # <environment>/stacks/ is what the commands write; stacks/ is what cdktf synth writes


class OperationError(Exception):
    """A command cannot go on; str() is all that its user reads."""
