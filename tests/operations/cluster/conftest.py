"""Commands on small stacks, of which some are in a cluster whose API is a stand-in, see kubernetes_api.py."""

import dataclasses
import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from operations.cluster import kubernetes
from operations.commands import deploy, destroy, doctor, plan
from operations.context import Context
from operations.engine import state_bucket
from operations.engine.synthesis import Graph
from tests.operations.cluster.kubernetes_api import Api, running
from tests.operations.conftest import Stacks

Run = Callable[..., str]
INSIDE = ["addons", "app"]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Api]:
    with running(tmp_path) as found:
        yield found


@pytest.fixture
def local(context: Context, server: Api, tmp_path: Path) -> Context:
    """local, with KUBECONFIG."""
    path = server.kubeconfig(tmp_path / "kubeconfig")
    return dataclasses.replace(context, variables={**context.variables, "TF_VAR_kubeconfig": str(path)})


@pytest.fixture
def run(stacks: Stacks, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[Context], tuple[Graph, Run]]:
    """run(context) gives vpc, addons and app as small stacks, and what a command prints about them."""

    def make(context: Context) -> tuple[Graph, Run]:
        graph = stacks(vpc={"made": {}}, addons={"made": {}}, app={"made": {}}, depends_on={"app": {"addons"}})
        for module in (plan, deploy, destroy):
            monkeypatch.setattr(module, "synthesize", lambda _: graph)
            monkeypatch.setattr(module, "open_context", lambda *_, **__: context)
        for name in ("require", "refuse"):
            monkeypatch.setattr(doctor, name, lambda _: None)
        monkeypatch.setattr(kubernetes, "in_cluster", lambda _, all: [each for each in all if each in INSIDE])
        monkeypatch.setattr(kubernetes, "why_not_applied", lambda *_: None)
        monkeypatch.setattr(kubernetes, "releases", lambda *_: [])
        monkeypatch.setattr(
            type(context.settings.names), "state_key", lambda _, stack: f"{tmp_path.name}/{stack}.tfstate"
        )

        def command(name: str, names: list[str] | None = None) -> str:
            console = Console(file=io.StringIO(), width=200)
            names = names or (INSIDE if name == "destroy" else [])  # all of local would be the simulator as well
            getattr({"deploy": deploy, "plan": plan, "destroy": destroy}[name], name)("local", names, console)
            return console.file.getvalue()  # type: ignore[attr-defined, no-any-return]

        return graph, command

    return make


def states(context: Context) -> dict[str, Any]:
    return {stack: state_bucket.read(context, stack) for stack in ("vpc", *INSIDE)}
