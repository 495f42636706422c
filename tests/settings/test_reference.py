"""docs/settings.md has every setting with its type, unit, default, limits, an example and what to write."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from settings import Settings
from tests.conftest import ROOT
from tests.settings.test_schema import accepted, generated, values

REFERENCE = ROOT / "docs/settings.md"
UNITS = {"_gb": "GiB", "_days": "days", "_seconds": "seconds", "objective": "percent"}
MOST_VALUES = 20  # of regions there are more than a table can hold
TITLE = """\
# Settings

Every setting of `environments/<name>.yaml`: written from the models in `settings/` by `UPDATE_DOCS=1 make unit`.
Editors with the YAML language server show the same while you type, because each file names
`environments/settings.schema.json`. A wrong value is refused by every command, with its line. The examples make one
file that a test loads.

| setting | type | unit | default | allowed | example | what to write |
|---|---|---|---|---|---|---|
"""


def merged(one: Any, other: Any) -> Any:
    if not (isinstance(one, dict) and isinstance(other, dict)):
        return other
    return {**one, **{name: merged(one[name], each) if name in one else each for name, each in other.items()}}


@pytest.fixture(scope="module")
def examples() -> dict[str, Any]:
    added = yaml.safe_load(Path(__file__).with_name("examples.yaml").read_text())
    found: dict[str, Any] = merged(values("production"), added)
    return found


def allowed(kind: dict[str, Any], field: dict[str, Any]) -> str:
    """The limits that a number or a list of words can say; those of a text are in its description."""
    if choices := [each for each in kind.get("enum", field.get("enum", [])) if each is not None]:
        text = ", ".join(f"`{json.dumps(each)}`" for each in choices)
        return text if len(choices) <= MOST_VALUES else f"one of {len(choices)}, which the schema lists"
    if kind.get("type") == "boolean":
        return "`true`, `false`"
    low, high, below = (kind.get(name) for name in ("minimum", "maximum", "exclusiveMaximum"))
    if below:
        return f"{low} to less than {below}"
    if low is not None:
        return f"from {low}" if high is None else f"{low} to {high}"
    least, most = kind.get("minItems"), kind.get("maxItems")
    if least:
        return f"{least} to {most} entries" if most else f"at least {least} entry"
    return "-"


def example(tree: Any, path: list[str]) -> Any:
    """What stands at that place of the example, or None."""
    for name in path:
        if not isinstance(tree, dict):
            return None
        tree = next(iter(tree.values()), None) if name == "<name>" else tree.get(name)
    return tree


def rows(
    schema: dict[str, Any], definitions: dict[str, Any], examples: dict[str, Any], above: tuple[str, ...] = ()
) -> Iterator[str]:
    for name, field in schema["properties"].items():
        [kind] = [kind for kind in field.get("anyOf", [field]) if kind.get("type") != "null"]
        entries: dict[str, Any] = next(iter(kind.get("patternProperties", {}).values()), {})
        path = (*above, name, *(["<name>"] if "$ref" in entries else []))
        if inner := kind.get("$ref") or entries.get("$ref"):
            yield from rows(definitions[inner.rpartition("/")[2]], definitions, examples, path)
            continue
        setting = ".".join(path)
        assert field.get("description"), f"{setting}: say in its description what to write"
        default = None if name in schema.get("required", ()) else field["default"]
        shown = example(examples, [*path])
        shown = default if shown is None else shown
        assert shown not in (None, [], {}), f"{setting}: write an example of it into tests/settings/examples.yaml"
        type_ = kind.get("type", "text")
        if items := kind.get("items"):
            type_ += f" of {items['type']}"
        cells = [
            f"`{setting}`",
            type_,
            next((unit for end, unit in UNITS.items() if name.endswith(end)), "-"),
            "required" if name in schema.get("required", ()) else f"`{json.dumps(default)}`".replace("`null`", "none"),
            allowed(kind, field),
            f"`{json.dumps(shown)}`",
            field["description"],
        ]
        yield f"| {' | '.join(cell.replace('|', '&#124;') for cell in cells)} |"


def test_the_reference_has_every_setting(examples: dict[str, Any]) -> None:
    schema = generated()
    text = TITLE + "\n".join([*rows(schema, schema["$defs"], examples), ""])
    if "UPDATE_DOCS" in os.environ:
        REFERENCE.write_text(text)
    assert REFERENCE.read_text() == text, "UPDATE_DOCS=1 make unit writes it"


def test_the_examples_are_a_file_that_the_models_take(examples: dict[str, Any]) -> None:
    Settings.model_validate(examples | {"environment": "production"})

    assert not accepted(merged(examples, {"vpc": {"nat_zone": "us-east-1f"}}))


@pytest.mark.parametrize(("lost", "message"), [("description", "what to write"), ("example", "examples.yaml")])
def test_a_setting_without_documentation_is_refused(examples: dict[str, Any], lost: str, message: str) -> None:
    schema = generated()
    if lost == "description":
        del schema["$defs"]["DatabaseSettings"]["properties"]["multi_az"]["description"]
    else:
        schema["$defs"]["DatabaseSettings"]["properties"]["new"] = {"type": "string", "description": "a text"}
        schema["$defs"]["DatabaseSettings"]["required"].append("new")

    with pytest.raises(AssertionError, match=rf"database\.\w+: .*{message}"):
        list(rows(schema, schema["$defs"], examples))
