"""A state that could not be written: the next command pushes it, before it does anything else."""

import dataclasses
import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from operations import OperationError
from operations.cluster import kubernetes
from operations.commands import clean, deploy, destroy, doctor, plan
from operations.context import Context
from operations.engine import errored_state, state_bucket
from operations.engine.synthesis import ERRORED_STATE, read_graph
from simulator.process import Simulator
from tests.chaos.proxy import STATE_WRITES, Proxy
from tests.operations.conftest import Stacks
from tests.operations.recovery.conftest import NOTHING, Life, life

pytestmark = pytest.mark.slow
__all__ = ["life"]


@pytest.fixture
def proxy(life: Life) -> Iterator[Proxy]:
    simulator = life.context.simulator
    assert simulator is not None
    found = Proxy(simulator.port)
    through = Simulator(simulator.pid, found.server_address[1])
    variables = life.context.variables | {"AWS_ENDPOINT_URL": through.endpoint}
    life.context = dataclasses.replace(life.context, simulator=through, variables=variables)
    yield found
    found.shutdown()
    found.server_close()


def test_a_refused_state_is_pushed_and_nothing_is_made_twice(life: Life, proxy: Proxy) -> None:
    life.write(one={"first": {}, "second": {}})
    proxy.refuses = STATE_WRITES
    with life.start() as process:
        printed = process.communicate(timeout=60)[0]
    assert process.returncode == 1
    assert (
        "The last state of one could not be written to the bucket, and is kept in errored.tfstate. Run the" in printed
    )
    path = life.graph.path("one") / ERRORED_STATE
    assert path.exists()

    proxy.refuses = ""
    assert "Pushed the last state of one, which could not be written" in life.repeat()
    assert not path.exists()
    assert NOTHING in life.changes()


RESOURCE = {"mode": "managed", "type": "terraform_data", "name": "first", "instances": [{}]}


def state(serial: int, lineage: str = "one", resources: Any = ()) -> str:
    return json.dumps({"version": 4, "serial": serial, "lineage": lineage, "outputs": {}, "resources": list(resources)})


def beside(life: Life, own: str, stored: str) -> Path:
    life.write(one={"first": {}})
    names = life.context.settings.names
    life.context.client("s3").put_object(Bucket=names.state_bucket, Key=names.state_key("one"), Body=stored)
    path = life.graph.path("one") / ERRORED_STATE
    path.write_text(own)
    return path


@pytest.mark.parametrize(
    ("own", "stored"),
    [
        (state(5, resources=[RESOURCE]), state(5)),
        (state(4), state(5, resources=[RESOURCE])),
        (state(6), state(5, "other")),
    ],
    ids=["same serial", "older", "other lineage"],
)
def test_a_state_that_does_not_follow_is_for_somebody_to_decide(life: Life, own: str, stored: str) -> None:
    path = beside(life, own, stored)

    with pytest.raises(OperationError, match=r"^Nothing was changed\.") as error:
        errored_state.push(life.context, life.graph, Console())

    mine, other = json.loads(own), json.loads(stored)
    assert f"errored.tfstate has serial {mine['serial']}, lineage {mine['lineage']}" in str(error.value)
    assert f"the bucket has serial {other['serial']}, lineage {other['lineage']}" in str(error.value)
    assert str(error.value).count('(eval "$(make -s env') == 2
    assert path.exists()


def test_a_state_that_is_in_the_bucket_already_is_removed(life: Life) -> None:
    path = beside(life, state(5), state(5))
    errored_state.push(life.context, life.graph, Console())
    assert not path.exists()


Command = Callable[[Console], Any]
COMMANDS: dict[str, Command] = {
    "deploy": lambda console: deploy.deploy("local", [], console),
    "plan": lambda console: plan.plan("local", [], console),
    "destroy": lambda console: destroy.destroy("local", [], console),
}


@pytest.mark.parametrize("name", COMMANDS)
def test_no_command_goes_on_before_that(
    context: Context, stacks: Stacks, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    graph = stacks(one={"made": {}})
    (graph.path("one") / ERRORED_STATE).write_text("{")
    for module in (deploy, plan, destroy):
        monkeypatch.setattr(module, "synthesize", lambda _: graph)
        monkeypatch.setattr(module, "open_context", lambda _, **__: context)
    monkeypatch.setattr(doctor, "require", lambda _: None)
    monkeypatch.setattr(kubernetes, "in_cluster", lambda *_: [])
    before = state_bucket.others_in_use(context)

    with pytest.raises(OperationError, match=r"^Nothing was changed\. .*errored\.tfstate is no whole state"):
        COMMANDS[name](Console(file=io.StringIO()))
    assert state_bucket.others_in_use(context) == before


def test_it_survives_another_synthesis_and_make_clean(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    output = tmp_path / "staging"
    for stack in ("old", "gone"):
        (output / "stacks" / stack).mkdir(parents=True)
    (output / "stacks" / "old" / ERRORED_STATE).write_text("{}")
    (output / "manifest.json").write_text('{"stacks": {}}')
    monkeypatch.setattr(errored_state, "OUTPUT", tmp_path)
    monkeypatch.setattr(clean, "OUTPUT", tmp_path)
    for module in ("commands.clean", "recovery.runs"):
        monkeypatch.setattr(f"operations.{module}.LOCAL", tmp_path / ".local")

    read_graph(output)
    assert [path.name for path in (output / "stacks").iterdir()] == ["old"]
    with pytest.raises(OperationError, match=r"(?s)^Nothing was deleted\. .* ENVIRONMENT=staging"):
        clean.clean(Console())
    assert (output / "stacks" / "old" / ERRORED_STATE).exists()
