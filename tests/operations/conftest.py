"""Small stacks for the real Terraform: its own terraform_data instead of AWS, their states in the simulated S3."""

import json
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from operations.context import Context
from operations.engine import state_bucket
from operations.engine.mirror import cli_environment
from operations.engine.synthesis import Graph
from settings import load_settings
from simulator.process import start, stop
from tests.project import Project, Result, copy_of_project

Stacks = Callable[..., Graph]


@pytest.fixture(scope="session")
def _simulated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Context]:
    directory = tmp_path_factory.mktemp("context")
    settings, simulator = load_settings("local"), start(directory)
    variables = simulator.environment(settings.region) | cli_environment({}, directory)
    yield Context(settings, simulator, variables)
    stop(directory)


@pytest.fixture(scope="module")
def context(_simulated: Context) -> Context:
    """The environment local in a simulated AWS that holds nothing but its state bucket, whichever file came before."""
    assert _simulated.simulator
    reset = urllib.request.Request(f"{_simulated.simulator.endpoint}/moto-api/reset", method="POST")
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(reset):
        state_bucket.ensure(_simulated)
    return _simulated


@pytest.fixture
def stacks(tmp_path: Path, context: Context, monkeypatch: pytest.MonkeyPatch) -> Stacks:
    """stacks(one={...}, two={...}, depends_on={"two": {"one"}}): each with these resources."""
    for module in ("engine.terraform", "recovery.runs"):
        monkeypatch.setattr(f"operations.{module}.LOCAL", tmp_path / ".local")
    settings = context.settings

    def write(depends_on: dict[str, set[str]] | None = None, **resources: Any) -> Graph:
        for name, resource in resources.items():
            directory = tmp_path / "stacks" / name
            directory.mkdir(parents=True, exist_ok=True)
            key = f"{tmp_path.name}/{name}.tfstate"
            backend = {
                "bucket": settings.names.state_bucket,
                "key": key,
                "region": settings.region,
                "use_lockfile": True,
            }
            template = {"terraform": {"backend": {"s3": backend}}, "resource": {"terraform_data": resource}}
            (directory / "cdk.tf.json").write_text(json.dumps(template))
        return Graph(tmp_path, {name: frozenset((depends_on or {}).get(name, ())) for name in resources})

    return write


def runs(command: str) -> dict[str, Any]:
    """A resource that runs a command when it is made."""
    return {"made": {"provisioner": [{"local-exec": {"command": command}}]}}


@dataclass(frozen=True)
class Staging:
    """The environment staging of a copy of the project, in the simulated AWS, with programs that only note what they
    are told.
    """

    project: Project
    context: Context
    bin: Path

    def make(self, target: str, **variables: str) -> Result:
        inherited = {"ENVIRONMENT": "staging", "PATH": str(self.bin), **self.context.variables}
        return self.project.make(target, **inherited | variables)

    def settings(self, **values: str) -> None:
        """Change what stands at the top of the settings."""
        path = self.project.path / "environments" / "staging.yaml"
        lines = [line for line in path.read_text().splitlines() if line.split(":")[0] not in values]
        path.write_text("\n".join([*(f'{name}: "{value}"' for name, value in values.items()), *lines, ""]))

    def deploy(self, stack: str, resources: list[str] | None = None, **outputs: str | list[str]) -> None:
        """Write the state of a stack with these outputs."""
        kinds = ["aws_instance"] if resources is None else resources
        managed = [{"mode": "managed", "type": kind, "name": "host", "instances": [{}]} for kind in kinds]
        state = {"resources": managed, "outputs": {name: {"value": value} for name, value in outputs.items()}}
        self._s3().put_object(Bucket=self._bucket, Key=f"staging/{stack}.tfstate", Body=json.dumps(state))

    def forget(self, stack: str) -> None:
        self._s3().delete_object(Bucket=self._bucket, Key=f"staging/{stack}.tfstate")

    def stand_in(self, name: str, *, exits: int = 0, says: str = "") -> None:
        program = self.bin / name
        program.write_text(
            f'#!/bin/sh\nprintf "%s\\n" "$@" >"$0.arguments"\n/usr/bin/env >"$0.environment"\n'
            f'printf "%s" "{says}" >&2\nexit {exits}\n'
        )
        program.chmod(0o755)

    def arguments(self, name: str) -> list[str]:
        """What the stand-in was told last."""
        return (self.bin / f"{name}.arguments").read_text().splitlines()

    def environment(self, name: str) -> dict[str, str]:
        """The variables with which it was started, and PWD as the folder in which."""
        lines = (self.bin / f"{name}.environment").read_text().splitlines()
        return dict(line.split("=", 1) for line in lines if "=" in line)

    @property
    def _bucket(self) -> str:
        return self.context.settings.names.state_bucket

    def _s3(self) -> Any:
        return self.context.client("s3")


@pytest.fixture
def staging(tmp_path: Path, context: Context) -> Staging:
    found = Staging(copy_of_project(tmp_path / "copy"), context, tmp_path / "bin")
    found.settings(account=context.settings.account)  # then its state bucket is the one of the simulator
    found.bin.mkdir()
    for name in ("aws", "session-manager-plugin"):
        found.stand_in(name)
    return found
