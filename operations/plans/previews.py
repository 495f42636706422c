"""Stacks that read what is not there yet: planned in a copy that has placeholders, to be read and never applied."""

import json
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from operations.engine.synthesis import Graph

READS = re.compile(r"data\.terraform_remote_state\.(\w+)_state\.outputs\.(\w+)")
# Terraform knows neither value nor type of it while it plans: timestamp() is taken when the plan is applied.
# Source: developer.hashicorp.com/terraform/language/functions/timestamp.
PLACEHOLDER = "${jsondecode(timestamp())}"
STATES = "terraform_remote_state"

Values = Mapping[tuple[str, str], Any]  # by producer and output


@dataclass(frozen=True)
class Copies(Graph):
    """The stacks, some of them in a copy that has these values in the place of what others publish."""

    folder: Path
    values: dict[str, Values] = field(default_factory=dict)

    def path(self, stack: str) -> Path:
        return self.folder / stack if stack in self.values else super().path(stack)

    def write(self, stack: str, values: Values, *, deployed: bool, producers: set[str]) -> None:
        """Copy a stack. producers are those that have a state; without one of its own, it is planned as new."""
        shutil.copytree(super().path(stack), self.folder / stack, ignore=shutil.ignore_patterns(".terraform*"))
        self.values[stack] = values
        path = self.path(stack) / "cdk.tf.json"
        text = READS.sub(lambda match: _local(values, match), path.read_text(encoding="utf-8"))
        template = json.loads(text)
        template["locals"] = {_name(*key): _escaped(value) for key, value in values.items()}
        data = template.pop("data", {})
        states = {name: each for name, each in data.pop(STATES, {}).items() if name.removesuffix("_state") in producers}
        if data := data | ({STATES: states} if states else {}):  # an empty block is an error
            template["data"] = data
        if not deployed:
            template["terraform"]["backend"] = {"local": {}}
            # The bucket of the states is imported by the stack that adopts it, once it is there.
            template["import"] = [each for each in template.get("import", []) if "for_each" in each]
        path.write_text(json.dumps(template), encoding="utf-8")


def read_by(graph: Graph, stack: str) -> set[tuple[str, str]]:
    """What a stack reads, by producer and output."""
    return set(READS.findall((graph.path(stack) / "cdk.tf.json").read_text(encoding="utf-8")))


def _name(producer: str, output: str) -> str:
    return f"{producer}_state_{output}"


def _local(values: Values, match: re.Match[str]) -> str:
    return f"local.{_name(match[1], match[2])}" if (match[1], match[2]) in values else match[0]


def _escaped(value: Any) -> Any:
    if value == PLACEHOLDER:
        return value
    return json.loads(json.dumps(value).replace("${", "$${").replace("%{", "%%{"))
