"""make clean: back to a fresh clone, without touching what is deployed in a real AWS."""

import shutil

from rich.console import Console

from operations import LOCAL, OUTPUT, ROOT
from simulator.process import stop

CACHES = (".pytest_cache", ".mypy_cache", ".ruff_cache")


def clean(console: Console) -> None:
    """Stop the simulator, which forgets what was built in it, and delete all that commands have written."""
    if stop(LOCAL):
        console.print("The simulated AWS is stopped.")
    for folder in (OUTPUT, LOCAL, *(ROOT / name for name in CACHES)):
        shutil.rmtree(folder, ignore_errors=True)
