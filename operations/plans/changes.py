"""What a plan file says about single attributes: old and new value, as Terraform masks them."""

import json
import subprocess
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path as File
from typing import Any, NamedTuple

from operations import OperationError
from operations.context import Context

UNKNOWN, SECRET = "(known after apply)", "(sensitive value)"
LONGEST = 160  # characters of a value; what is longer is cut to where old and new differ
AROUND = 20  # characters that are shown before and after that

Path = tuple[str | int, ...]  # of an attribute, such as ("rule", 0, "port")
Named = Callable[[str, Path], str]


@dataclass(frozen=True)
class Attribute:
    """old and new are JSON, or what stands for a value that is secret or not known yet."""

    path: str
    old: str
    new: str
    replaces: bool = False

    def __str__(self) -> str:
        return f"{self.path}: {self.old} -> {self.new}{' (forces replacement)' if self.replaces else ''}"


def read(context: Context, directory: File, plan: File) -> dict[str, Any]:
    """The plan file in Terraform's JSON. It holds sensitive values in the clear, and so never goes to a log or a file.

    Source of its format: developer.hashicorp.com/terraform/internals/json-format, "Change Representation".
    """
    result = subprocess.run(
        ["terraform", f"-chdir={directory}", "show", "-json", str(plan)],
        env=context.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode != 0:
        raise OperationError(f"the plan of {directory.name} cannot be read: {result.stderr.strip()}")
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def attributes(plan: Mapping[str, Any], named: Named, *, created: bool) -> dict[str, list[Attribute]]:
    """By address, what an update or a replacement changes; with created, what is created as well.

    named gives the text for a value that is not known yet.
    """
    wanted = {"update"} | ({"create"} if created else set())
    found = {}
    for resource in plan.get("resource_changes", []):
        change, address = resource["change"], resource["address"]
        if not (wanted & set(change["actions"]) or {"create", "delete"} <= set(change["actions"])):
            continue
        replacing = [tuple(path) for path in change.get("replace_paths", [])]
        whole = _Sides(*(change.get(side) for side in _Sides._fields))
        found[address] = [
            Attribute(_text_of(path), *_excerpts(old, new), any(path[: len(each)] == each for each in replacing))
            for path, old, new in _differences(whole, (), partial(named, address))
        ]
    return found


class _Sides(NamedTuple):
    """A value, or a part of it, and what is said of it: fields as in Terraform's JSON."""

    before: Any
    after: Any
    after_unknown: Any
    before_sensitive: Any
    after_sensitive: Any

    def part(self, key: str | int) -> "_Sides":
        return _Sides(*(_part(each, key) for each in self))


def _differences(sides: _Sides, path: Path, named: Callable[[Path], str]) -> Iterator[tuple[Path, str, str]]:
    before, after, unknown, *masks = sides
    secret = True in (each for each in masks if isinstance(each, bool))
    if unknown is True:
        yield path, _shown(before, secret), SECRET if secret else named(path)
    elif secret:
        if before != after:
            yield path, SECRET, SECRET
    elif keys := _keys(before, after, unknown):
        for key in keys:
            yield from _differences(sides.part(key), (*path, key), named)
    elif before != after or _any(unknown):
        yield path, _shown(before, masks[0]), _shown(after, masks[1], unknown)


def _keys(before: Any, after: Any, unknown: Any) -> list[str] | list[int]:
    """The parts that can be compared one by one; those of lists only where both are as long."""
    given = [_parsed(each) for each in (before, after, unknown) if each not in (None, False)]
    if given and all(isinstance(each, dict) for each in given):
        return sorted({key for each in given for key in each})
    if len(given) > 1 and all(isinstance(each, list) and len(each) == len(given[0]) for each in given):
        return list(range(len(given[0])))
    return []


def _parsed(value: Any) -> Any:
    """A policy is a string of JSON: two of them are compared statement by statement."""
    if isinstance(value, str) and value[:1] in ("{", "["):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


def _part(value: Any, key: str | int) -> Any:
    value = _parsed(value)
    if isinstance(value, dict):
        return value.get(str(key))
    if isinstance(value, list) and isinstance(key, int):
        return value[key] if key < len(value) else None
    return True if value is True else None  # what is said of the whole is said of its parts


def _any(mask: Any) -> bool:
    return mask is True or any(map(_any, mask.values() if isinstance(mask, dict) else mask or []))


def _shown(value: Any, secret: Any, unknown: Any = False) -> str:
    return SECRET if secret is True else json.dumps(_masked(value, secret, unknown), ensure_ascii=False)


def _masked(value: Any, secret: Any, unknown: Any) -> Any:
    if secret is True or unknown is True:
        return SECRET if secret is True else UNKNOWN
    if isinstance(value, dict):
        keys = value.keys() | (unknown.keys() if isinstance(unknown, dict) else set())
        return {key: _masked(value.get(key), _part(secret, key), _part(unknown, key)) for key in sorted(keys)}
    if isinstance(value, list):
        return [_masked(each, _part(secret, place), _part(unknown, place)) for place, each in enumerate(value)]
    return value


def _excerpts(old: str, new: str) -> tuple[str, str]:
    start = next((place for place, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new)))
    return _excerpt(old, start), _excerpt(new, start)


def _excerpt(text: str, start: int) -> str:
    if len(text) <= LONGEST:
        return text
    first = max(0, start - AROUND)
    cut = text[first : first + LONGEST]
    return f"{'...' if first else ''}{cut}{'...' if first + LONGEST < len(text) else ''}"


def _text_of(path: Path) -> str:
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).lstrip(".")
