"""The runner's token comes from a workflow, and Terraform neither minds nor knows: with the real provider."""

import io
import json
from pathlib import Path

import pytest
from rich.console import Console

from operations.context import Context
from operations.engine import terraform
from operations.engine.stacks import run_all
from operations.engine.synthesis import Graph, synthesize

pytestmark = pytest.mark.slow
TOKEN = "AAAAAACANARYOFTHERUNNER"


@pytest.fixture
def parameter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Graph:
    """The stack runner, and nothing of it but the parameter of the token."""
    monkeypatch.setattr(terraform, "LOCAL", tmp_path / ".local")
    graph = synthesize("local", tmp_path / "out")
    path = graph.path("runner") / "cdk.tf.json"
    template = json.loads(path.read_text())
    kept = {"aws_ssm_parameter": template["resource"]["aws_ssm_parameter"]}
    path.write_text(json.dumps({key: template[key] for key in ("terraform", "provider")} | {"resource": kept}))
    return Graph(graph.directory, {"runner": frozenset()})


def run(context: Context, graph: Graph, *arguments: str) -> dict[str, str]:
    """What Terraform changes, by address."""
    console = Console(file=io.StringIO())
    outcomes, _ = run_all(context, graph, graph.dependencies, list(arguments), console)
    return outcomes["runner"].changes


def test_a_token_that_a_workflow_writes_is_no_change_and_in_no_state(
    context: Context, parameter: Graph, tmp_path: Path
) -> None:
    ssm, name = context.client("ssm"), context.settings.names.runner_token_parameter
    apply = ("apply", "-auto-approve")
    assert run(context, parameter, *apply) == {"aws_ssm_parameter.registration_token": "create"}
    ssm.put_parameter(Name=name, Value=TOKEN, Type="SecureString", Overwrite=True)

    assert run(context, parameter, "plan", "-detailed-exitcode") == {}
    assert run(context, parameter, *apply) == {}

    found = ssm.get_parameter(Name=name, WithDecryption=True)["Parameter"]
    assert (found["Type"], found["Value"]) == ("SecureString", TOKEN)
    s3, bucket = context.client("s3"), context.settings.names.state_bucket
    state = s3.get_object(Bucket=bucket, Key=context.settings.names.state_key("runner"))["Body"].read().decode()
    texts = [state, *(path.read_text() for path in tmp_path.rglob("*.log"))]
    assert [name in text for text in texts] == [True, True]  # what would hold the value holds the name
    assert [text for text in texts if TOKEN in text] == []
    assert run(context, parameter, "apply", "-destroy", "-auto-approve") == {
        "aws_ssm_parameter.registration_token": "delete"
    }
