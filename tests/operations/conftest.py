"""Small stacks for the real Terraform: its own terraform_data instead of AWS, their states in the simulated S3."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from operations import state_bucket, terraform
from operations.context import Context
from operations.mirror import cli_environment
from operations.synthesis import Graph
from settings import load_settings
from simulator.process import start, stop

Stacks = Callable[..., Graph]


@pytest.fixture(scope="session")
def context(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Context]:
    """The environment local in a simulator of its own, with a state bucket."""
    directory = tmp_path_factory.mktemp("context")
    settings, simulator = load_settings("local"), start(directory)
    variables = simulator.environment(settings.region) | cli_environment({}, directory)
    opened = Context(settings, simulator, variables)
    state_bucket.ensure(opened)
    yield opened
    stop(directory)


@pytest.fixture
def stacks(tmp_path: Path, context: Context, monkeypatch: pytest.MonkeyPatch) -> Stacks:
    """stacks(one={...}, two={...}, needs={"two": {"one"}}): each with these resources."""
    monkeypatch.setattr(terraform, "LOCAL", tmp_path / ".local")
    settings = context.settings

    def write(needs: dict[str, set[str]] | None = None, **resources: Any) -> Graph:
        for name, resource in resources.items():
            directory = tmp_path / "stacks" / name
            directory.mkdir(parents=True, exist_ok=True)
            key = f"{tmp_path.name}/{name}.tfstate"
            backend = {
                "bucket": settings.state_bucket,
                "key": key,
                "region": settings.region,
                "use_lockfile": True,
            }
            template = {"terraform": {"backend": {"s3": backend}}, "resource": {"terraform_data": resource}}
            (directory / "cdk.tf.json").write_text(json.dumps(template))
        return Graph(tmp_path, {name: frozenset((needs or {}).get(name, ())) for name in resources})

    return write


def runs(command: str) -> dict[str, Any]:
    """A resource that runs a command when it is made."""
    return {"made": {"provisioner": [{"local-exec": {"command": command}}]}}
