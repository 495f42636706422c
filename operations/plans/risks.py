"""What a plan puts at risk: data, the service, what IAM allows, and who gets in. What a change means is data.

A plan in JSON has the values of secrets too: of what Terraform calls sensitive, nothing is read here.
Source of its format: developer.hashicorp.com/terraform/internals/json-format, "Change Representation".
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import yaml

from catalogue import holds_data
from operations import ROOT
from operations.plans.policies import covers, widened

MEANING = yaml.safe_load((ROOT / "catalogue" / "risks.yaml").read_text(encoding="utf-8"))
FEW = 3  # that are written out
DATA, SERVICE, RIGHTS, EXPOSURE, PENDING = KINDS = ("data", "service", "IAM", "exposure", "pending")
LATER = "(known after apply)"
PEERS = ("cidr_ipv4", "cidr_ipv6", "prefix_list_id", "referenced_security_group_id")


@dataclass(frozen=True)
class Risk:
    """kind is one of KINDS."""

    kind: str
    stack: str
    address: str
    text: str

    def __str__(self) -> str:
        return f"{self.stack}: {f'{self.address} ' if self.address else ''}{self.text}"


class Change:
    """A resource of a plan. A path leads through blocks, of which the first counts."""

    def __init__(self, resource: dict[str, Any]) -> None:
        self.kind, self.address, self._change = resource["type"], resource["address"], resource["change"]
        actions = set(self._change["actions"])
        self.action = "replace" if actions == {"create", "delete"} else min(actions)

    def __getitem__(self, path: str) -> tuple[Any, Any]:
        """Its value before and after; None where it is sensitive."""
        unknown = _marked(self._at("after_unknown", path))
        after = LATER if unknown else self._at("after", path)
        return (None, None) if self.hidden(path) else (self._at("before", path), after)

    def differs(self, path: str) -> bool:
        return bool(self._at("before", path) != self._at("after", path)) or _marked(self._at("after_unknown", path))

    def hidden(self, path: str) -> bool:
        return any(_marked(self._at(f"{side}_sensitive", path)) for side in ("before", "after"))

    def _at(self, side: str, path: str) -> Any:
        return at(self._change.get(side), path)

    @property
    def done(self) -> str:
        names = sorted({str(path[0]) for path in self._change.get("replace_paths", [])})
        why = f", because of {listed(names)}" if names else ""
        return f"is {'replaced' if self.action == 'replace' else 'deleted'}{why}"


def of_plan(stack: str, plan: dict[str, Any]) -> list[Risk]:
    """What matters most comes first. Of one kind, more than a few that are new are one."""
    every = [Change(each) for each in plan["resource_changes"] if each["mode"] == "managed"]
    changes = [each for each in every if each.action in ("create", "update", "replace", "delete")]
    found = [
        (kind, each.action == "create", each.address, text) for each in changes for kind, text in _of(each, changes)
    ]
    found.sort(key=lambda each: (KINDS.index(each[0]), each[1]))
    risks = []
    for (kind, new), alike in groupby(found, lambda each: each[:2]):
        several = list(alike)
        addresses = list(dict.fromkeys(address for *_, address, _ in several))
        if new and len(addresses) > FEW:
            risks.append(Risk(kind, stack, "", f"new are {listed(addresses)}"))
        else:
            risks += [Risk(kind, stack, address, text) for *_, address, text in several]
    return risks


def listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - FEW} more" if len(names) > FEW else ""
    return f"{', '.join(names[:FEW])}{more}"


def _of(change: Change, changes: list[Change]) -> Iterator[tuple[str, str]]:
    means, lost = MEANING["interrupts"].get(change.kind, {}), change.action in ("replace", "delete")
    if lost and change.kind == "aws_eip":
        yield DATA, f"{change.done}: others may have let in its address"
    elif lost and holds_data(change.address):
        yield DATA, f"{change.done}: its data go with it"
    elif lost and change.action in means:
        yield SERVICE, f"{change.done}: {means[change.action]}"
    elif change.action == "update":
        yield from ((SERVICE, f"changes {name}: {means[name]}") for name in means if change.differs(name))
    if change.action == "delete":
        owner = change["bucket"][0] or change["role"][0]
        if owner in [each["id"][0] for each in changes if each.action == "delete"]:
            return
        if text := MEANING["guards"].get(change.kind):
            yield EXPOSURE, f"{change.done}: {text}"
    yield from ((RIGHTS, text) for text in _rights(change))
    if change.action != "delete":
        yield from ((EXPOSURE, text) for text in _exposure(change, changes))


def _rights(change: Change) -> Iterator[str]:
    if path := MEANING["policies"].get(change.kind):
        before, after = change[path]
        if after == LATER or (change.hidden(path) and change.differs(path)):
            yield f"has a {path} that cannot be compared: {after or '(sensitive value)'}"
        elif more := widened(before, after):
            yield f"allows more: {listed(more)}"
    names = MEANING["grants"].get(change.kind, [])
    if change.action != "delete" and any(change.differs(name) for name in names):
        yield f"gives {', '.join(f'{name} {_written(change[name][1])}' for name in names)}"
    for name in MEANING["limits"].get(change.kind, []):
        if change[name][0] and change.action == "update" and change.differs(name):
            yield f"has {name} {_written(change[name][1])} now"


def _exposure(change: Change, changes: list[Change]) -> Iterator[str]:
    if way := MEANING["rules"].get(change.kind):
        had = [each for each in changes if each.kind == change.kind and each.action != "create"]
        for peer in PEERS:
            if change[peer][1] and not any(_lets_through(each, change, peer) for each in had):
                protocol, *ports = (change[name][1] for name in ("ip_protocol", "from_port", "to_port"))
                what = "everything" if protocol == "-1" else f"{protocol} {'-'.join(map(str, dict.fromkeys(ports)))}"
                yield f"lets {what} {way} {change[peer][1]}"
    for path, value in MEANING["opens"].get(change.kind, {}).items():
        if change.differs(path) and change[path][1] == value:
            yield f"has {path} {_written(value)} now"
    path = MEANING["networks"].get(change.kind)
    before, after = change[path] if path else (None, None)
    if after == LATER and before:
        yield f"has {path} that cannot be compared: {LATER}"
    elif after != LATER and (
        more := [each for each in after or [] if not any(covers(old, each) for old in before or [])]
    ):
        yield f"lets {listed(more)} in by {path}"


def _lets_through(had: Change, rule: Change, peer: str) -> bool:
    """Whether a rule, as it was before, is as wide as another one will be."""
    group = had.address == rule.address or had["security_group_id"][0] == rule["security_group_id"][1]
    before, after = had[peer][0], rule[peer][1]
    if not group or not before or not (before == after or covers(str(before), str(after))):
        return False
    ends = [had["from_port"][0], rule["from_port"][1], rule["to_port"][1], had["to_port"][0]]
    inside = None not in ends and LATER not in ends and ends == sorted(ends)
    return bool(had["ip_protocol"][0] in ("-1", *([rule["ip_protocol"][1]] if inside else [])))


def _written(value: Any) -> str:
    return json.dumps(value).strip('"')


def at(value: Any, path: str) -> Any:
    """What lies under names in Terraform's JSON. A mark of Terraform at a block is one of all that is in it."""
    for name in path.split("."):
        value = value[0] if isinstance(value, list) and value else value
        if value is True:
            return True
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _marked(marks: Any) -> bool:
    """Whether it is true anywhere in it: where nothing is unknown, a block is an empty one."""
    inner = marks.values() if isinstance(marks, dict) else marks if isinstance(marks, list) else []
    return marks is True or any(map(_marked, inner))
