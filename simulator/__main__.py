"""python -m simulator PORT: serve in the foreground until a signal ends it."""

import sys

from simulator.server import serve

if __name__ == "__main__":
    serve(int(sys.argv[1]))
