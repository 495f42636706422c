"""What runs created, by what Terraform itself said while they worked."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from operations.recovery.runs import Run

CREATE, DELETE = "create", "delete"
REFUSED = "StatusCode: 4"  # in an error of the AWS provider: AWS has answered, and made nothing
INTERRUPTED = "Interrupt received."  # how Terraform begins to stop, and to cancel what is under way


@dataclass
class History:
    """By address: the ids of finished creations, and since when others were under way. deleted has ids.

    Under way is also what failed, unless AWS refused it: an interrupted Terraform, or one whose provider was killed,
    does not wait for the answer.
    """

    created: dict[str, str] = field(default_factory=dict)
    under_way: dict[str, datetime] = field(default_factory=dict)
    deleted: set[str] = field(default_factory=set)

    def __bool__(self) -> bool:
        return bool(self.created or self.under_way)


def history(runs: Iterable[Run]) -> History:
    """What became of all creations of these runs of one stack, the oldest first."""
    found = History()
    for run in runs:
        earlier, notes = frozenset(found.under_way), _Notes()
        for event in run.events():
            notes.interrupted = notes.interrupted or INTERRUPTED in event.get("@message", "")
            if event["type"] == "diagnostic" and REFUSED in event["diagnostic"].get("detail", ""):
                notes.refused.add(event["diagnostic"].get("address", ""))
            elif event["type"].startswith("apply_"):
                _note(event, found, notes)
        # What an earlier run has created is refused to the next one because it exists.
        if not notes.interrupted:
            for address in (notes.errored & notes.refused) - earlier:
                found.under_way.pop(address, None)
    return found


@dataclass
class _Notes:
    """Of one run: addresses, and by address the id of what it deletes."""

    interrupted: bool = False
    errored: set[str] = field(default_factory=set)
    refused: set[str] = field(default_factory=set)
    deleting: dict[str, str] = field(default_factory=dict)


def _note(event: dict[str, Any], found: History, notes: _Notes) -> None:
    hook = event["hook"]
    address, action, said = hook["resource"]["addr"], hook["action"], event["type"]
    if action == CREATE and said == "apply_start":
        found.under_way.setdefault(address, datetime.fromisoformat(event["@timestamp"]))
    elif action == CREATE and said == "apply_complete":
        found.under_way.pop(address, None)
        found.created[address] = hook.get("id_value", "")
    elif action == CREATE and said == "apply_errored":
        notes.errored.add(address)
    elif action == DELETE and said == "apply_start":
        notes.deleting[address] = hook.get("id_value", "")
    elif action == DELETE and said == "apply_complete":
        gone = notes.deleting.get(address, "")
        found.deleted.add(gone)
        if found.created.get(address) == gone:
            del found.created[address]
