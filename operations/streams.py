"""Standard output and error that stop nothing: their reader may leave (make synth | head -1), their disk be full."""

import errno
import io
import sys
from typing import Any


class Lenient(io.FileIO):
    """A descriptor that takes everything. lost is the error that has kept something from somebody who still reads."""

    lost: OSError | None = None

    def write(self, data: Any) -> int:
        try:
            return super().write(data) or 0
        except OSError as error:
            if error.errno != errno.EPIPE:
                self.lost = error
            return memoryview(data).nbytes


def lenient(descriptor: int, encoding: str) -> tuple[io.TextIOWrapper, Lenient]:
    raw = Lenient(descriptor, "w", closefd=False)
    return io.TextIOWrapper(io.BufferedWriter(raw), encoding, "backslashreplace", line_buffering=True), raw


def run(main: Any) -> int:
    """The exit code of main, run with such streams; 1 when its output could not be written."""
    sys.stdout, output = lenient(1, sys.stdout.encoding)
    sys.stderr, _ = lenient(2, sys.stderr.encoding)
    code = main()
    sys.stdout.flush()
    if output.lost and code == 0:
        print(f"not all of the output could be written: {output.lost.strerror}", file=sys.stderr)
        return 1
    return int(code)
