"""Settings files that nobody would write: each is accepted and becomes valid Terraform, or is refused in one message.

make test takes the same 300 files each time, make fuzz 5,000 others. Terraform validates a sample of what is accepted.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from settings.loading import ENVIRONMENTS
from tests.conftest import Platform
from tests.settings.fuzzed import Sample
from tests.settings.test_schema import generated

# A network takes False for a number, of which Python warns.
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore:__int__ returned non-int:DeprecationWarning")]

Check = Callable[[bytes], None]

SHIPPED = {path.stem: path.read_bytes() for path in sorted(ENVIRONMENTS.glob("*.yaml"))}
SCHEMA = generated()
TOKENS = (
    "\t",
    ": ",
    "- ",
    "&a ",
    "*a",
    "<<: *a",
    "!!binary ",
    "!x ",
    "---\n",
    "...\n",
    "? ",
    "|\n",
    "%",
    "\u2028",
    "{",
    "}",
)
HOSTILE = st.one_of(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.dates() | st.binary(max_size=9),
    st.sampled_from(["${aws_vpc.a.id}", "%{ if true }", "../..", "a" * 5000, "yes", "1e9", "0o17", "::1", "{{ x }}"]),
    st.recursive(st.none(), lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3)),
)


def fields(schema: dict[str, Any], path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], dict[str, Any]]]:
    """Each setting: its place, and its part of the schema."""
    for name, field in schema.get("properties", {}).items():
        kind = next(each for each in field.get("anyOf", [field]) if each.get("type") != "null")
        yield (*path, name), kind
        entry: dict[str, Any] = next(iter(kind.get("patternProperties", {}).values()), {})
        for inner, place in ((kind, (*path, name)), (entry, (*path, name, "general"))):
            if "$ref" in inner:
                yield from fields(SCHEMA["$defs"][inner["$ref"].rpartition("/")[2]], place)


def plausible(kind: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Values that have the form which the schema says, near its limits too."""
    if "enum" in kind:
        return st.sampled_from(kind["enum"])
    if "pattern" in kind:
        return st.from_regex(kind["pattern"], fullmatch=True)
    if kind.get("type") == "integer":
        least = kind.get("minimum", 0)
        return st.integers(least - 1, kind.get("maximum", least + 1000) + 1)
    if kind.get("type") == "array":
        return st.lists(plausible(kind["items"]), max_size=4)
    return {"boolean": st.booleans(), "number": st.floats(0, 101)}.get(kind.get("type", ""), HOSTILE)


FIELDS = list(fields(SCHEMA))
CHANGES = st.sampled_from(FIELDS).flatmap(
    lambda field: st.tuples(st.just(field[0]), st.one_of(plausible(field[1]), plausible(field[1]), HOSTILE))
)


def changed(name: str, changes: list[tuple[tuple[str, ...], Any]]) -> bytes:
    document = yaml.safe_load(SHIPPED[name])
    for path, value in changes:
        place = document
        for part in path[:-1]:
            if not isinstance(place.get(part), dict):
                place[part] = {}
            place = place[part]
        place[path[-1]] = value
    return yaml.safe_dump(document, allow_unicode=True).encode()


def spliced(name: str, edits: list[tuple[int, int, bytes]]) -> bytes:
    text = SHIPPED[name]
    for start, length, new in edits:
        at = start % len(text) if text else 0
        text = text[:at] + new + text[at + length :]
    return text


@pytest.fixture
def check(platform: Platform, tmp_path: Path) -> Iterator[Check]:
    shipped = [template for name in SHIPPED for template in platform(name).values()]
    sample = Sample(shipped, settings().max_examples // 2)
    yield sample.check
    assert sample.errors(tmp_path) == []


ANY_FILE = st.sampled_from(sorted(SHIPPED))
PLACES = st.tuples(st.integers(0, 5000), st.integers(0, 40))


@given(ANY_FILE, st.lists(CHANGES, min_size=1, max_size=4))
def test_other_values(check: Check, name: str, changes: list[tuple[tuple[str, ...], Any]]) -> None:
    check(changed(name, changes))


@given(ANY_FILE, st.lists(st.tuples(PLACES, st.sampled_from(TOKENS) | st.text(max_size=5)), min_size=1, max_size=5))
def test_other_yaml(check: Check, name: str, edits: list[tuple[tuple[int, int], str]]) -> None:
    check(spliced(name, [(*place, new.encode("utf-8", "surrogatepass")) for place, new in edits]))


@given(ANY_FILE, st.lists(st.tuples(PLACES, st.binary(max_size=20)), max_size=5), st.binary())
def test_other_bytes(check: Check, name: str, edits: list[tuple[tuple[int, int], bytes]], alone: bytes) -> None:
    check(spliced(name, [(*place, new) for place, new in edits]) if edits else alone)
