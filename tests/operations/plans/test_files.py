"""Plans that are made by one and applied by another: with the real Terraform."""

import io
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from operations import OperationError
from operations.cluster import kubernetes
from operations.commands import deploy, doctor, plan
from operations.context import Context
from operations.engine import state_bucket
from operations.engine.synthesis import Graph
from tests.operations.conftest import Stacks

pytestmark = pytest.mark.slow


class Environment:
    """make plan and make deploy with PLANS, on small stacks."""

    def __init__(self, context: Context, graph: Graph, folder: Path) -> None:
        self.context, self.graph, self.folder = context, graph, folder

    def plan(self) -> bool:
        return plan.plan("local", [], self._console(), self.folder)

    def deploy(self) -> str:
        console = self._console()
        deploy.deploy("local", [], console, self.folder)
        return console.file.getvalue()  # type: ignore[attr-defined, no-any-return]

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

    def _console(self) -> Console:
        return Console(file=io.StringIO(), width=200)


@pytest.fixture
def environment(
    context: Context, stacks: Stacks, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Environment]:
    """environment(one={...}, two={...}, needs={...}, inside=[...]): stacks, and which of them are in the cluster."""
    keys = {}

    def make(inside: list[str] | None = None, **arguments: Any) -> Environment:
        graph = stacks(**arguments)
        for module in (plan, deploy):
            monkeypatch.setattr(module, "synthesize", lambda _: graph)
            monkeypatch.setattr(module, "open_context", lambda _: context)
        monkeypatch.setattr(doctor, "require", lambda _: None)
        monkeypatch.setattr(kubernetes, "in_cluster", lambda _, all: [each for each in all if each in (inside or [])])
        keys.update({stack: f"{tmp_path.name}/{stack}.tfstate" for stack in graph.needs})
        monkeypatch.setattr(type(context.settings.names), "state_key", lambda _, stack: keys[stack])
        return Environment(context, graph, tmp_path / "plans")

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


def output(value: str) -> Callable[[dict[str, Any]], None]:
    return lambda template: template.update({"output": {"value": {"value": value}}})


def test_what_was_planned_is_applied_and_nothing_else(environment: Callable[..., Environment], tmp_path: Path) -> None:
    planned = environment(one={"first": {}}, two={"second": {}})
    assert planned.plan()
    assert "| one | 1 | 0 | 0 | 0 | 0 |  |" in planned.report
    assert {path.name for path in planned.folder.iterdir()} == {"one.tfplan", "two.tfplan", "plans.json", "report.md"}

    printed = planned.deploy()

    assert "Applying to local the plans in plans: one, two\n" in printed
    log = (tmp_path / ".local" / "logs" / "local" / "one.log").read_text()
    assert [line for line in log.splitlines() if line.startswith("# terraform apply")] == [
        f"# terraform apply -lock-timeout=60s {planned.folder / 'one.tfplan'}"
    ]
    state = state_bucket.read(planned.context, "one")
    assert state is not None
    assert state.resources == ["terraform_data.first"]
    assert json.loads((planned.folder / "plans.json").read_text())["changes"] is True
    assert not planned.plan()
    assert json.loads((planned.folder / "plans.json").read_text())["changes"] is False
    assert planned.report[-1] == "No changes: local is as the settings say."


def test_a_plan_that_was_overtaken_is_refused(environment: Callable[..., Environment]) -> None:
    planned = environment(one={"first": {}})
    planned.plan()
    shutil.copytree(planned.folder, planned.folder.with_name("copy"))
    planned.deploy()

    before = planned.objects()
    planned.folder = planned.folder.with_name("copy")
    with pytest.raises(OperationError) as error:
        planned.deploy()

    assert str(error.value) == (
        "failed: one. What is applied has left these plans behind: make plan PLANS=copy ENVIRONMENT=local"
    )
    assert planned.objects() == before


def test_a_plan_needs_no_right_to_write(environment: Callable[..., Environment]) -> None:
    planned = environment(one={"first": {}})
    client, bucket = planned.context.client("s3"), planned.context.settings.names.state_bucket
    lock = f"{planned.graph.directory.name}/one.tfstate.tflock"
    info = '{"ID": "11111111-2222-3333-4444-555555555555", "Operation": "OperationTypeApply", "Who": "ana@laptop"}'
    client.put_object(Bucket=bucket, Key=lock, Body=info)
    before = planned.objects()

    planned.plan()

    assert planned.objects() == before
    client.delete_object(Bucket=bucket, Key=lock)


def test_who_reads_what_changes_is_planned_after_that(environment: Callable[..., Environment]) -> None:
    planned = environment(
        needs={"reader": {"producer"}, "far": {"reader"}, "other": {"producer"}},
        producer={"a": {}},
        reader={"a": {}},
        far={"a": {}},
        other={"a": {}},
    )
    reading(planned, "reader", "producer")
    planned.change("producer", output("before"))
    planned.plan()
    assert "| reader |  |  |  |  |  | waits for producer |" in planned.report, "nothing is deployed yet"
    for _ in range(3):  # producers first, then those that read them
        planned.deploy()
        planned.plan()
    assert not planned.plan()

    planned.change("producer", output("after"))
    assert planned.plan()
    assert "| producer | 0 | 0 | 0 | 0 | 0 | changes value |" in planned.report
    assert "| reader |  |  |  |  |  | waits for producer (value) |" in planned.report
    assert "| far |  |  |  |  |  | waits for reader |" in planned.report
    assert "| other | 0 | 0 | 0 | 0 | 0 |  |" in planned.report, "it reads nothing that changes"

    printed = planned.deploy()
    assert "Without a plan, and so as they were: reader, far" in printed
    planned.plan()
    assert "| reader | 0 | 1 | 0 | 0 | 0 |  |" in planned.report


def test_a_stack_in_the_cluster_is_left_to_the_deploy(environment: Callable[..., Environment]) -> None:
    planned = environment(one={"first": {}}, inner={"second": {}}, inside=["inner"])

    planned.plan()

    assert not (planned.folder / "inner.tfplan").exists()
    [row] = [line for line in planned.report if line.startswith("| inner |")]
    assert "planned by the deploy" in row
    assert "Without a plan, and so as they were: inner" in planned.deploy()


@pytest.mark.parametrize("kind", ["aws_secretsmanager_secret_version", "aws_ssm_parameter"])
def test_to_plan_a_stack_with_a_secret_does_not_read_it(tmp_path: Path, kind: str) -> None:
    for stack, resource in {"secret": kind, "open": "aws_vpc"}.items():
        (tmp_path / "stacks" / stack).mkdir(parents=True)
        (tmp_path / "stacks" / stack / "cdk.tf.json").write_text(json.dumps({"resource": {resource: {"a": {}}}}))
    graph = Graph(tmp_path, {"secret": frozenset(), "open": frozenset()})

    assert plan._file_options(graph, "secret", tmp_path) == [f"-out={tmp_path}/secret.tfplan", "-refresh=false"]
    assert plan._file_options(graph, "open", tmp_path) == [f"-out={tmp_path}/open.tfplan"]


def other_environment(folder: Path, _graph: Graph) -> None:
    manifest = json.loads((folder / "plans.json").read_text())
    (folder / "plans.json").write_text(json.dumps(manifest | {"environment": "staging"}))


def other_file(folder: Path, _graph: Graph) -> None:
    shutil.copy(folder / "two.tfplan", folder / "one.tfplan")


def one_file_more(folder: Path, _graph: Graph) -> None:
    shutil.copy(folder / "two.tfplan", folder / "three.tfplan")


def other_code(_folder: Path, graph: Graph) -> None:
    path = graph.path("one") / "cdk.tf.json"
    path.write_text(path.read_text().replace("first", "second"))


def broken(folder: Path, _graph: Graph) -> None:
    (folder / "plans.json").write_text("{")


def gone(folder: Path, _graph: Graph) -> None:
    (folder / "plans.json").unlink()


@pytest.mark.parametrize(
    ("tamper", "message"),
    [
        (other_environment, "holds the plan of staging, not of local: make plan PLANS=plans ENVIRONMENT=local"),
        (other_file, "one.tfplan is not the file that was planned"),
        (one_file_more, "three.tfplan is none of the files that were planned"),
        (other_code, "one.tfplan was planned from other code or settings than these"),
        (broken, "plans.json is not what a plan wrote: make plan PLANS=plans ENVIRONMENT=local"),
        (gone, "holds no plans.json: make plan PLANS=plans ENVIRONMENT=local writes one"),
    ],
)
def test_a_folder_that_is_not_of_this_plan_is_refused(
    environment: Callable[..., Environment], tamper: Callable[[Path, Graph], None], message: str
) -> None:
    planned = environment(one={"first": {}}, two={"second": {}})
    planned.plan()
    tamper(planned.folder, planned.graph)
    before = planned.objects()

    with pytest.raises(OperationError, match=message.replace(".", r"\.")):
        planned.deploy()

    assert planned.objects() == before
