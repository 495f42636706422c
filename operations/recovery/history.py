"""What runs created, by what Terraform itself said while they worked."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from operations.recovery.runs import Run

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
        earlier, interrupted = frozenset(found.under_way), False
        errored: set[str] = set()
        refused: set[str] = set()
        deleting: dict[str, str] = {}
        for event in run.events():
            said = event["type"]
            interrupted = interrupted or INTERRUPTED in event.get("@message", "")
            if said == "diagnostic" and REFUSED in event["diagnostic"].get("detail", ""):
                refused.add(event["diagnostic"].get("address", ""))
            if not said.startswith("apply_"):
                continue
            hook = event["hook"]
            address, key = hook["resource"]["addr"], hook.get("id_value", "")
            match hook["action"], said:
                case "create", "apply_start":
                    found.under_way.setdefault(address, datetime.fromisoformat(event["@timestamp"]))
                case "create", "apply_complete":
                    found.under_way.pop(address, None)
                    found.created[address] = key
                case "create", "apply_errored":
                    errored.add(address)
                case "delete", "apply_start":
                    deleting[address] = key
                case "delete", "apply_complete":
                    gone = deleting.get(address, "")
                    found.deleted.add(gone)
                    if found.created.get(address) == gone:
                        del found.created[address]
        # What an earlier run has created is refused to the next one because it exists.
        if not interrupted:
            for address in (errored & refused) - earlier:
                found.under_way.pop(address, None)
    return found
