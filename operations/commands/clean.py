"""make clean: back to a fresh clone, without touching what is deployed in a real AWS."""

import contextlib
import shutil

from rich.console import Console

from operations import LOCAL, OUTPUT, ROOT
from operations.context import EMBEDDED
from operations.engine import errored_state
from operations.engine.lock import exclusive
from operations.recovery import runs
from simulator.process import stop

CACHES = (".pytest_cache", ".mypy_cache", ".ruff_cache")


def clean(console: Console) -> None:
    """Stop the simulator, which forgets what was built in it, and delete all that commands have written.

    Raises OperationError while a command runs, and where that would delete the only copy of a state.
    """
    with contextlib.ExitStack() as held:
        for path in LOCAL.glob("*.lock"):
            held.enter_context(exclusive(path.stem, "clean"))
        runs.end(EMBEDDED)  # these runs and states go with the simulator
        shutil.rmtree(OUTPUT / EMBEDDED, ignore_errors=True)
        errored_state.require_none_to_delete()
        runs.require_none_to_delete()
        if stop(LOCAL):
            console.print("The simulated AWS is stopped.")
        for folder in (OUTPUT, LOCAL, *(ROOT / name for name in CACHES)):
            shutil.rmtree(folder, ignore_errors=True)
