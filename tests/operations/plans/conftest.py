"""An environment of small stacks, on which the commands work as they do on the platform."""

import dataclasses
import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import pytest
from rich.console import Console

from operations.cluster import kubernetes
from operations.commands import deploy, destroy, doctor, plan
from operations.context import Context
from operations.engine import state_bucket
from operations.engine.synthesis import Graph
from operations.plans import files
from tests.operations.conftest import Stacks

Result = TypeVar("Result")


class Environment:
    """make plan, deploy and destroy on small stacks."""

    def __init__(self, context: Context, graph: Graph, folder: Path) -> None:
        self.context, self.graph, self.folder = context, graph, folder
        self.name = context.settings.environment
        self.printed = ""

    def plan(self, *, details: bool = False, folder: bool = True) -> int:
        return self._print(lambda console: plan.plan(self.name, [], console, self._folder(folder), details=details))

    def deploy(self, *, folder: bool = True) -> str:
        self._print(lambda console: deploy.deploy(self.name, [], console, self._folder(folder)))
        return self.printed

    def destroy(self, *stacks: str) -> None:
        self._print(lambda console: destroy.destroy(self.name, list(stacks), console))

    def without(self, stack: str) -> "Environment":
        """The same after a stack was taken out of the code."""
        del self.graph.dependencies[stack]
        return self

    def _folder(self, wanted: bool) -> Path | None:
        return self.folder if wanted else None

    def _print(self, command: Callable[[Console], Result]) -> Result:
        console = Console(file=io.StringIO(), width=200)
        try:
            return command(console)
        finally:
            self.printed = console.file.getvalue()  # type: ignore[attr-defined]

    def log(self, stack: str) -> list[str]:
        """The commands that ran on a stack, without the folders of their files."""
        text = (self.folder.parent / ".local" / "logs" / self.name / f"{stack}.log").read_text()
        return re.findall(r"^# terraform (\w+)", text, re.MULTILINE)

    def resources(self, stack: str) -> list[str]:
        state = state_bucket.read(self.context, stack)
        return state.resources if state else []

    @property
    def report(self) -> list[str]:
        return (self.folder / "report.md").read_text().splitlines()

    def change(self, stack: str, change: Callable[[dict[str, Any]], None]) -> None:
        path = self.graph.path(stack) / "cdk.tf.json"
        template = json.loads(path.read_text())
        change(template)
        path.write_text(json.dumps(template))

    def objects(self) -> dict[str, str]:
        """The version of everything in the state bucket."""
        client, bucket = self.context.client("s3"), self.context.settings.names.state_bucket
        return {each["Key"]: each["ETag"] for each in client.list_objects_v2(Bucket=bucket).get("Contents", [])}


@pytest.fixture
def environment(
    context: Context, stacks: Stacks, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Environment]:
    """environment(one={...}, two={...}, depends_on={...}, inside=[...]): stacks, and which of them are in the cluster.

    With name="staging" they are of an environment of a real account, as far as the commands know.
    """

    def make(name: str = "local", inside: list[str] | None = None, **arguments: Any) -> Environment:
        graph = stacks(**arguments)
        settings = context.settings.model_copy(update={"environment": name})
        made = Environment(dataclasses.replace(context, settings=settings), graph, tmp_path / "plans")
        for module in (plan, deploy, destroy):
            monkeypatch.setattr(module, "synthesize", lambda _: graph)
            monkeypatch.setattr(module, "open_context", lambda _, **__: made.context)
        monkeypatch.setattr(doctor, "require", lambda _: None)
        monkeypatch.setattr(files, "LOCAL", tmp_path / ".local")
        monkeypatch.setattr(kubernetes, "in_cluster", lambda _, all: [each for each in all if each in (inside or [])])
        monkeypatch.setattr(
            type(context.settings.names), "state_key", lambda _, stack: f"{tmp_path.name}/{stack}.tfstate"
        )
        return made

    return make


def reading(environment: Environment, reader: str, producer: str) -> None:
    """Let one stack read the output value of the other."""
    template = json.loads((environment.graph.path(producer) / "cdk.tf.json").read_text())
    backend = {key: template["terraform"]["backend"]["s3"][key] for key in ("bucket", "key", "region")}
    value = f"${{data.terraform_remote_state.{producer}_state.outputs.value}}"

    def change(template: dict[str, Any]) -> None:
        template["data"] = {"terraform_remote_state": {f"{producer}_state": {"backend": "s3", "config": backend}}}
        template["resource"] = {"terraform_data": {"a": {"input": value}}}

    environment.change(reader, change)


def output(value: Any) -> Callable[[dict[str, Any]], None]:
    return lambda template: template.update({"output": {"value": {"value": value}}})
