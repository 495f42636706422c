"""Plans that are made by one and applied by another: with the real Terraform."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from operations import OperationError
from operations.context import Context
from operations.engine import state_bucket
from operations.engine.synthesis import Graph
from operations.plans import files
from operations.plans.planning import Planner
from tests.operations.plans.conftest import Environment, output, reading

pytestmark = pytest.mark.slow
LATER = ", so applied from another plan, after this one"


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


def test_who_reads_what_changes_is_shown_for_the_new_value_and_applied_from_another_plan(
    environment: Callable[..., Environment],
) -> None:
    planned = environment(
        depends_on={"reader": {"producer"}, "other": {"producer"}},
        producer={"a": {}},
        reader={"a": {}},
        other={"a": {}},
    )
    reading(planned, "reader", "producer")
    planned.change("producer", output("before"))
    planned.plan()
    assert f"| reader | 1 | 0 | 0 | 0 | 0 | for what producer will publish{LATER} |" in planned.report, (
        "nothing is deployed"
    )
    for _ in range(2):  # producers first, then those that read them
        planned.deploy()
        planned.plan()
    assert not planned.plan()

    planned.change("producer", output("after"))
    assert planned.plan()
    assert "| producer | 0 | 0 | 0 | 0 | 0 | changes value |" in planned.report
    assert f"| reader | 0 | 1 | 0 | 0 | 0 | for what producer will publish{LATER} |" in planned.report
    assert any('~ input  = "before" -> "after"' in line for line in planned.report)
    assert "| other | 0 | 0 | 0 | 0 | 0 |  |" in planned.report, "it reads nothing that changes"
    assert {path.name for path in planned.folder.glob("*.tfplan")} == {"producer.tfplan", "other.tfplan"}

    assert "Without a plan, and so as they were: reader" in planned.deploy()
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
def test_to_plan_a_stack_with_a_secret_does_not_read_it(context: Context, tmp_path: Path, kind: str) -> None:
    for stack, resource in {"secret": kind, "open": "aws_vpc"}.items():
        (tmp_path / "stacks" / stack).mkdir(parents=True)
        (tmp_path / "stacks" / stack / "cdk.tf.json").write_text(json.dumps({"resource": {resource: {"a": {}}}}))
    graph = Graph(tmp_path, {"secret": frozenset(), "open": frozenset()})

    planner = Planner(context, graph, tmp_path, tmp_path, reads_only=True)
    assert planner.unread(["open", "secret"]) == ["secret"]
    assert Planner(context, graph, tmp_path, tmp_path).unread(["secret"]) == []


def test_two_environments_that_are_planned_at_once_do_not_meet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "LOCAL", tmp_path)
    with files.private("staging") as staging:
        (staging / "vpc.tfplan").touch()
        with files.private("production") as production:
            assert list(production.iterdir()) == []
        assert [path.name for path in staging.iterdir()] == ["vpc.tfplan"]
    with pytest.raises(KeyboardInterrupt), files.private("staging") as staging:
        raise KeyboardInterrupt
    assert not staging.exists()


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
