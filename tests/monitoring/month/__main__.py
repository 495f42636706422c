"""A month of a platform, and what its alerts would have said: a table of the false and missed ones.

SEED (the date) chooses when everything happens.
"""

import os
import sys
import tempfile
import time
from pathlib import Path

from monitoring.bundle import files
from settings import load_settings
from tests.monitoring.month.judge import judged, table

DAYS = 30


def main() -> int:
    """Returns 1 when an alert was false or missed."""
    seed = int(os.environ.get("SEED") or time.strftime("%Y%m%d"))
    folder = "prometheus/rules/"
    rules = {path.removeprefix(folder): text for path, text in files(load_settings("local")).items() if folder in path}
    print(f"{DAYS} days, SEED={seed}: this takes minutes", flush=True)
    with tempfile.TemporaryDirectory() as directory:
        events, quiet = judged(rules, DAYS, seed, Path(directory))
    text = table(events, quiet)
    print(text)
    wrong = [
        f"MISSED {each} of: {event.kind.what}, minute {event.begin}" for event in events for each in event.missed()
    ]
    false = [(event.kind.what, each) for event in events for each in event.false]
    false += [("nothing happens", each) for each in quiet]
    wrong += [f"FALSE {each.alert} in minute {each.begin} to {each.end} while: {what}" for what, each in false]
    print("\n".join(wrong))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
