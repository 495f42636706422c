"""The calls of a whole life of the platform, as tests/e2e/test_lifecycle.py has recorded them on the simulated AWS.

calls/life.jsonl has a line for each: action, resource, the context that the request decides, and by which commands.
"""

import json
import os
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

from settings import Settings
from tests.iam.requests import Call, calls_of

LIFE = Path(__file__).with_name("calls") / "life.jsonl"
COMMANDS = ("deploy", "plan", "destroy")

Calls = Mapping[Call, set[str]]


def read() -> Calls:
    found = {}
    for line in LIFE.read_text().splitlines():
        entry = json.loads(line)
        found[Call(entry["action"], entry["resource"], tuple(entry["context"].items()))] = {*entry["by"]}
    return found


def missing(requests: Path, settings: Settings) -> list[str]:
    """The calls of these requests, as recorder.py writes them, that the data lack; UPDATE_CALLS=1 writes the data."""
    made: dict[Call, set[str]] = defaultdict(set)
    for line in requests.read_text().splitlines():
        request = json.loads(line)
        if request["command"] in COMMANDS:
            for call in calls_of(request, settings.region, settings.account):
                made[call].add(request["command"])
    if os.environ.get("UPDATE_CALLS"):
        lines = [
            json.dumps(
                {"action": call.action, "resource": call.resource, "context": dict(call.context), "by": [*sorted(by)]}
            )
            for call, by in sorted(made.items())
        ]
        LIFE.write_text("\n".join([*lines, ""]))
    known = read()
    return [
        f"{command}: {call.action} on {call.resource}"
        for call in sorted(made)
        for command in sorted(made[call] - known.get(call, set()))
    ]
