"""Whether a policy of AWS allows more than another one did: documents compared as sets of what they allow and deny.

Source of the elements: docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html. Where it cannot be
told whether one pattern is within another, it counts as more; NotAction and its like are only compared as a whole.
"""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from ipaddress import ip_network
from itertools import product
from typing import Any

NOBODY = ""  # in a policy that a role has: it is about whoever takes the role


@dataclass(frozen=True)
class Grant:
    """One action on one resource by one principal, each a pattern, under conditions: operator, key and values."""

    action: str
    resource: str
    principal: str
    conditions: frozenset[tuple[str, str, frozenset[str]]]

    def reaches(self, narrow: "Grant") -> bool:
        return all(covers(getattr(self, name), getattr(narrow, name)) for name in ("action", "resource", "principal"))

    def lost(self, narrow: "Grant") -> set[str]:
        """The keys of its conditions that the other has not, or more loosely."""
        return {key for operator, key, values in self.conditions if not _holds(operator, key, values, narrow)}

    def __str__(self) -> str:
        on = "" if self.resource == "*" and self.principal != NOBODY else f" on {self.resource}"
        by = "" if self.principal == NOBODY else f" by {'everybody' if self.principal == '*' else self.principal}"
        return f"{self.action}{on}{by}"


def widened(before: str | None, after: str | None) -> list[str]:
    """What the second document allows that the first did not, and what it denies no more, each in words."""
    found = []
    for grant, lost in _uncovered(_grants(after, "Allow"), _grants(before, "Allow")):
        found.append(f"{grant} without its condition {', '.join(sorted(lost))}" if lost else str(grant))
    denied = _uncovered(_grants(before, "Deny"), _grants(after, "Deny"))
    return list(dict.fromkeys([*found, *(f"no longer denied: {grant}" for grant, _ in denied)]))


@cache
def covers(wide: str, narrow: str) -> bool:
    """Whether a pattern, or a network, holds another one."""
    try:
        networks = ip_network(wide), ip_network(narrow)
    except ValueError:
        parts = (".*" if each == "*" else "[^*]" if each == "?" else re.escape(each) for each in wide)
        return bool(re.fullmatch("".join(parts), narrow, re.DOTALL))
    return networks[0].version == networks[1].version and networks[1].subnet_of(networks[0])  # type: ignore[arg-type]


def _uncovered(grants: Iterable[Grant], by: Iterable[Grant]) -> list[tuple[Grant, set[str]]]:
    """Those that none of the others holds, with the conditions on which that depends."""
    lost = [(grant, [each.lost(grant) for each in by if each.reaches(grant)]) for grant in grants]
    return [(grant, min(keys, key=len, default=set())) for grant, keys in lost if set() not in keys]


def _holds(operator: str, key: str, values: frozenset[str], grant: Grant) -> bool:
    others = [had for other, name, had in grant.conditions if (other, name) == (operator, key)]
    return any(_within(values, had) if "Not" in operator else _within(had, values) for had in others)


def _within(narrow: Iterable[str], wide: Iterable[str]) -> bool:
    return all(any(covers(pattern, each) for pattern in wide) for each in narrow)


def _grants(document: str | None, effect: str) -> list[Grant]:
    return [
        Grant(action, resource, principal, _conditions(statement))
        for statement in _list(json.loads(document)["Statement"] if document else [])
        if statement["Effect"] == effect
        for action, resource, principal in product(
            *(_element(statement, each) for each in ("Action", "Resource", "Principal"))
        )
    ]


def _element(statement: dict[str, Any], name: str) -> list[str]:
    if f"Not{name}" in statement:
        return [f"all but {', '.join(sorted(_element({name: statement[f'Not{name}']}, name)))}"]
    found = statement.get(name, NOBODY if name == "Principal" else "*")
    if isinstance(found, dict):  # principals by their kind
        return [_account(each) for values in found.values() for each in _list(values)]
    return [each.lower() if name == "Action" else each for each in _list(found)]


def _account(principal: str) -> str:
    """An account stands for whom it lets in, which can be everybody in it."""
    number = re.fullmatch(r"(?:arn:[\w-]+:iam::)?(\d{12})(?::root)?", principal)
    return f"arn:aws:iam::{number[1]}:*" if number else principal


def _conditions(statement: dict[str, Any]) -> frozenset[tuple[str, str, frozenset[str]]]:
    found = statement.get("Condition", {}).items()
    return frozenset(
        (name, key.lower(), frozenset(map(str, _list(each)))) for name, keys in found for key, each in keys.items()
    )


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
