"""What a person reads when a settings file is wrong: the field, the value, and what to write instead."""

import difflib
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from settings.yaml_file import load


def read_mapping(path: Path) -> dict[str, Any]:
    """The mapping in a YAML file. Raises FileNotFoundError, or ValueError with the end of a sentence on the file."""
    values = load(path)
    if not isinstance(values, dict):
        found = "empty" if values is None else "a list" if isinstance(values, list) else "a single value"
        raise ValueError(f"is {found}: write a mapping that starts with project: <name>")
    return values


def errors_of(error: ValidationError, model: type[BaseModel], line: Callable[[Sequence[Any]], int]) -> list[str]:
    """One line for each validation error: '  line 8: vpc.cidr = "8.8.0.0/16" is not private: take it from ...'."""
    found = error.errors(include_url=False)
    return [
        _line(details, model, line)
        for details in found
        # pydantic calls a list too short as well when an entry of it is wrong
        if details["type"] != "too_short" or not any(_inside(other["loc"], details["loc"]) for other in found)
    ]


def _inside(inner: tuple[Any, ...], outer: tuple[Any, ...]) -> bool:
    return len(inner) > len(outer) and inner[: len(outer)] == outer


def _line(details: Any, model: type[BaseModel], line: Callable[[Sequence[Any]], int]) -> str:
    context = details.get("ctx", {})
    path = [part for part in details["loc"] if part != "[key]"]
    value = details["input"]
    if "field" in context:  # a rule between areas: pydantic knows the area, the rule knows the field
        path += context["field"].split(".")
        value = context["value"]
    parent, known, hint = _describe(path, model)
    where = f"  line {line(path)}: " + ".".join(
        part if len(part) <= 60 else f"{part[:57]}..." for part in map(str, path)
    )
    if details["type"] == "extra_forbidden":
        close = difflib.get_close_matches(str(path[-1]), known, n=1)
        guess = f"did you mean {close[0]}?" if close else f"write one of {', '.join(known)}"
        return f"{where} is not a setting{f' of {parent}' if parent else ''}: {guess}"
    if details["type"] == "missing":
        return f"{where} is missing: write {hint}"
    if details["type"] in ("value_error", "invalid"):
        return f"{where} = {shown(value)} {details['msg'].removeprefix('Value error, ')}"
    return f"{where} = {shown(value)} is not valid: write {hint}"


def _describe(path: list[Any], model: type[BaseModel]) -> tuple[str, list[str], str]:
    """The area that holds the last part of the path, the fields known there, and what to write."""
    area, hint = "", "a mapping"
    for part in path:
        field = model.model_fields.get(part)
        if field is None:  # a key of a mapping or a place in a list: the field above says what to write
            continue
        hint = field.description or _required(field.annotation) or hint
        nested = model_in(field.annotation)
        if nested is not None and part != path[-1]:
            area, model = ".".join(filter(None, (area, part))), nested
    return area, [name for name in model.model_fields if name != "environment"], hint


def model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for argument in get_args(annotation) if (found := model_in(argument))), None)


def _required(annotation: Any) -> str | None:
    nested = model_in(annotation)
    if nested is None:
        return None
    return f"it with {', '.join(name for name, field in nested.model_fields.items() if field.is_required())}"


def shown(value: Any) -> str:
    """As YAML would have it on one line, and never longer than a line."""
    text = json.dumps(value, default=str, ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:57]}..."
