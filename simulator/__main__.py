"""python -m simulator PORT: serve in the foreground until a signal ends it, once it reads GO from its input."""

import sys

from simulator.server import GO, serve

if __name__ == "__main__":
    if sys.stdin.buffer.read() != GO:
        sys.exit("its starter has ended before it had recorded it")
    serve(int(sys.argv[1]))
