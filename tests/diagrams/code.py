"""The synthesized stacks of an environment, what refers to what in them, and how each kind of resource is drawn."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml

from operations.engine.synthesis import read_graph
from settings import load_settings
from tests.conftest import templates_of
from tests.diagrams import Box

RESOURCE = re.compile(r"(?<![\w.])(aws_\w+)\.([\w-]+)\.")
OUTPUT = re.compile(r"data\.terraform_remote_state\.(\w+)_state\.outputs\.(\w+)(?:\[\"([\w-]+)\"\])?")


ICONS: dict[str, dict[str, Any]] = yaml.safe_load(Path(__file__).with_name("icons.yaml").read_text(encoding="utf-8"))
PARTS: list[str] = ICONS.pop("parts")  # type: ignore[assignment]


@dataclass(frozen=True)
class Resource:
    stack: str
    kind: str
    name: str
    body: dict[str, Any]

    @property
    def path(self) -> list[str]:
        """Of its construct, such as [vpc, network, public, us-east-1a, subnet]."""
        return str(self.body["//"]["metadata"]["path"]).split("/")

    @property
    def place(self) -> str:
        """As in icons.yaml. What nobody has decided about is drawn beside the VPC, so that it is seen."""
        return str(ICONS.get(self.kind, {"place": "" if self.kind in PARTS else "beside"}).get("place", ""))

    @property
    def lines(self) -> list[str]:
        said = {key: ("no", "yes")[value] if isinstance(value, bool) else value for key, value in self.body.items()}
        says = ICONS.get(self.kind, {}).get("says", [self.kind])
        return [line.format(**said, stack=self.stack, path=self.path) for line in says]


def _path(resource: Resource) -> list[str]:
    return resource.path


def icon(kinds: list[str]) -> str:
    """That of the most prominent of these kinds."""
    return next((str(row["icon"]) for kind, row in ICONS.items() if kind in kinds), "aws/general/general")


def boxes(resources: list[Resource]) -> list[Box]:
    """One for all resources with the same first line, with the others of each, or with how many there are."""
    groups: dict[str, list[Resource]] = {}
    for each in sorted(resources, key=lambda each: [*ICONS, each.kind].index(each.kind)):
        groups.setdefault(each.lines[0], []).append(each)
    found = []
    for name, group in groups.items():
        details = list(dict.fromkeys(line for each in group for line in each.lines[1:]))
        count = [str(len(group))] if len(group) > 1 and not details else []
        found.append(Box(icon=icon([group[0].kind]), lines=[name, *details, *count]))
    return found


@dataclass(frozen=True)
class Code:
    environment: str
    templates: dict[str, dict[str, Any]]
    after: dict[str, list[str]]

    def resources(self, kind: str | None = None) -> list[Resource]:
        """All of this kind, in the order of the stacks and of their paths."""
        found = [
            Resource(stack, each, name, body)
            for stack, template in self.templates.items()
            for each, named in template.get("resource", {}).items()
            for name, body in named.items()
            if kind in (None, each)
        ]
        return sorted(found, key=lambda each: ([*self.templates].index(each.stack), each.path))

    def reads(self) -> dict[tuple[str, str], list[str]]:
        """The outputs that a stack reads, by (publisher, reader), in the order of the contract."""
        found = {}
        for reader, template in self.templates.items():
            read = {(stack, output) for stack, output, _ in OUTPUT.findall(json.dumps(template).replace('\\"', '"'))}
            for stack, publisher in self.templates.items():
                if outputs := [name for name in publisher["output"] if (stack, name) in read]:
                    found[stack, reader] = outputs
        return found

    def referred(self, resource: Resource, kinds: str) -> list[Resource]:
        """Those that the resource names, or what it names does, across the outputs of other stacks too.

        `kinds` is a pattern: nothing is followed beyond what it matches, and the nearest come first.
        """
        seen: list[Resource] = []
        near = [resource]
        while near:
            seen += near
            open_ = [each for each in near if each is resource or not re.fullmatch(kinds, each.kind)]
            named = sorted((found for each in open_ for found in self._named(each.stack, each.body)), key=_path)
            near = [each for at, each in enumerate(named) if each not in seen and each not in named[:at]]
        return [each for each in seen if re.fullmatch(kinds, each.kind) and each is not resource]

    def _named(self, stack: str, body: Any) -> Iterator[Resource]:
        text = json.dumps(body).replace('\\"', '"')
        for kind, name in RESOURCE.findall(text):
            if body := self.templates[stack]["resource"].get(kind, {}).get(name):
                yield Resource(stack, kind, name, body)
        for publisher, output, key in OUTPUT.findall(text):
            value = self.templates[publisher]["output"][output]["value"]
            yield from self._named(publisher, value[key] if key else value)


def synthesized(environment: str) -> Code:
    with TemporaryDirectory() as folder:
        templates = templates_of(load_settings(environment), Path(folder))
        names, dependencies = [*templates], read_graph(Path(folder)).dependencies
        after = {name: sorted(dependencies[name], key=names.index) for name in names}
        return Code(environment=environment, templates=templates, after=after)
