"""One command at a time on an environment of this clone, because they share the folder of its stacks."""

import contextlib
import fcntl
import os
import time
from collections.abc import Iterator

from operations import LOCAL, OperationError


@contextlib.contextmanager
def exclusive(environment: str, command: str) -> Iterator[None]:
    """Hold the environment while entered; the system releases it when the process ends, however it ends.

    Raises OperationError, at once, that names the command which holds it.
    """
    LOCAL.mkdir(parents=True, exist_ok=True)
    with (LOCAL / f"{environment}.lock").open("a+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            raise OperationError(f"{file.read().strip() or 'another command'}: wait until it has ended") from None
        file.truncate(0)
        file.write(f"make {command} runs on {environment} since {time.strftime('%H:%M:%S')} as process {os.getpid()}")
        file.flush()
        yield
