"""make chaos: deploys are killed at random, and repeated, until it is known whether each kill can be survived.

KILLS (60) and SEED (the date) choose how many and which; STACK narrows to some stacks. All of it happens in a copy of
the project with a simulated AWS of its own, several kills in one life of a platform.
"""

import os
import random
import sys
import tempfile
import time
from pathlib import Path

from tests.chaos.lives import Chaos
from tests.chaos.strikes import table


def main() -> int:
    """Returns 1 when something did not converge at once, was made twice, or is left at the end."""
    kills = int(os.environ.get("KILLS") or 60)
    seed = int(os.environ.get("SEED") or time.strftime("%Y%m%d"))
    print(f"{kills} kills, SEED={seed}", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        chaos = Chaos(Path(folder), random.Random(seed))
        with chaos:
            strikes = chaos.run(kills)
    print(table(strikes))
    return 0 if all(strike.converged for strike in strikes) else 1


if __name__ == "__main__":
    sys.exit(main())
