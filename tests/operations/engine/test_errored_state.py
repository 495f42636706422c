"""A state that could not be written: nothing is applied before it is pushed, and what is printed pushes it."""

import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from operations import OperationError
from operations.cluster import kubernetes
from operations.commands import clean, deploy, destroy, doctor, plan
from operations.context import Context, exports
from operations.engine import errored_state, state_bucket
from operations.engine.stacks import run_all
from operations.engine.synthesis import ERRORED_STATE, Graph, read_graph
from tests.operations.conftest import Stacks

pytestmark = pytest.mark.slow

# A resource that takes the bucket away while it is created, so that Terraform cannot write its state.
DELETE_BUCKET = """
import boto3, os
s3 = boto3.client("s3", endpoint_url=os.environ["AWS_ENDPOINT_URL"])
bucket = "unwritten"
for each in s3.list_objects_v2(Bucket=bucket).get("Contents", []):
    s3.delete_object(Bucket=bucket, Key=each["Key"])
s3.delete_bucket(Bucket=bucket)
"""


@pytest.fixture
def graph(context: Context, stacks: Stacks, tmp_path: Path) -> Graph:
    """A stack after an apply whose state was refused."""
    script = tmp_path / "delete_bucket.py"
    script.write_text(DELETE_BUCKET)
    made = {"provisioner": [{"local-exec": {"command": f"{sys.executable} {script}"}}]}
    found = stacks(one={"made": made})
    path = found.path("one") / "cdk.tf.json"
    template = json.loads(path.read_text())
    template["terraform"]["backend"]["s3"]["bucket"] = "unwritten"
    path.write_text(json.dumps(template))
    context.client("s3").create_bucket(Bucket="unwritten")
    return found


def apply(context: Context, graph: Graph) -> dict[str, str]:
    console = Console(file=io.StringIO())
    outcomes, _ = run_all(context, graph, graph.needs, ["apply", "-auto-approve"], verb="applying", console=console)
    return outcomes["one"].changes


def test_what_is_printed_pushes_the_state_and_nothing_is_made_twice(
    context: Context, graph: Graph, tmp_path: Path
) -> None:
    with pytest.raises(OperationError) as error:
        apply(context, graph)
    message = str(error.value)
    assert message.startswith("failed: one. The last state of one could not be written to the bucket: ")
    assert "Run the same command again to go on" not in message

    context.client("s3").create_bucket(Bucket="unwritten")
    [command] = re.findall(r"^    (\(.*\))$", message, re.MULTILINE)
    assert "make -s env ENVIRONMENT=local" in command
    make = tmp_path / "bin" / "make"  # make env would look for the simulator of the clone
    make.parent.mkdir()
    make.write_text(f"#!/bin/sh\ncat <<'EOF'\n{exports(context)}\nEOF\n")
    make.chmod(0o755)
    pushed = subprocess.run(
        ["bash", "-c", command],
        env={"PATH": f"{make.parent}:{os.environ['PATH']}", "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert pushed.returncode == 0, pushed.stderr
    assert not (graph.path("one") / ERRORED_STATE).exists()
    template = json.loads((graph.path("one") / "cdk.tf.json").read_text())
    del template["resource"]["terraform_data"]["made"]["provisioner"]
    (graph.path("one") / "cdk.tf.json").write_text(json.dumps(template))
    assert apply(context, graph) == {}


Command = Callable[[Console], Any]
COMMANDS: dict[str, Command] = {
    "deploy": lambda console: deploy.deploy("local", [], console),
    "plan": lambda console: plan.plan("local", [], console),
    "destroy": lambda console: destroy.destroy("local", [], console),
}


@pytest.mark.parametrize("name", COMMANDS)
def test_no_command_goes_on_before_it_is_pushed(
    context: Context, stacks: Stacks, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    graph = stacks(one={"made": {}})
    (graph.path("one") / ERRORED_STATE).write_text("{}")
    for module in (deploy, plan, destroy):
        monkeypatch.setattr(module, "synthesize", lambda _: graph)
        monkeypatch.setattr(module, "open_context", lambda _, **__: context)
    monkeypatch.setattr(doctor, "require", lambda _: None)
    monkeypatch.setattr(kubernetes, "in_cluster", lambda *_: [])
    before = state_bucket.others_in_use(context)

    with pytest.raises(OperationError, match=r"^Nothing was changed\. The last state of one could not be written"):
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
    monkeypatch.setattr(clean, "LOCAL", tmp_path / ".local")

    read_graph(output)
    assert [path.name for path in (output / "stacks").iterdir()] == ["old"]
    with pytest.raises(OperationError, match=r"(?s)^Nothing was deleted\. .* ENVIRONMENT=staging"):
        clean.clean(Console())
    assert (output / "stacks" / "old" / ERRORED_STATE).exists()
