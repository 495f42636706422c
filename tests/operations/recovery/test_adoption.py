"""What a run created, and no state knows, is imported by the next one: with the real provider, type by type."""

import json
import time
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from catalogue.adoption import IMPORT_IDS, REPEATABLE
from operations.engine import state_bucket
from operations.engine.stacks import run_all
from operations.recovery.recover import recover
from simulator.leftovers import leftovers
from tests.operations.recovery import small_platform
from tests.operations.recovery.conftest import Life

APPLY = ["apply", "-auto-approve", "-lock-timeout=5s"]
DESTROY = ["apply", "-destroy", "-auto-approve"]
PLAN = ["plan", "-detailed-exitcode"]
# Arguments of theirs are Terraform's own, as how long a key waits for its deletion, so no import can read them.
NOT_READ = {"aws_kms_key", "aws_s3_object"}
BARE = {"aws_s3_bucket"}


def run(life: Life, arguments: list[str]) -> dict[str, str]:
    console = Console(quiet=True)
    outcomes, _ = run_all(life.context, life.graph, life.graph.dependencies, arguments, console)
    return outcomes["small"].changes


def record(life: Life, log: Path, offset: int) -> None:
    """As if the run whose events stand there had been killed."""
    path = life.folder / ".local" / "runs" / life.context.settings.environment / "small" / "1.run"
    path.parent.mkdir(parents=True, exist_ok=True)
    said = {"command": APPLY, "host": "here", "began": time.time(), "log": str(log), "offset": offset}
    path.write_text(json.dumps(said) + "\n1\n")


def lose_state(life: Life, *, under_way: bool) -> None:
    """As if the run had been killed before it wrote its state; or before it heard that anything was created."""
    environment, names = life.context.settings.environment, life.context.settings.names
    life.context.client("s3").delete_object(Bucket=names.state_bucket, Key=names.state_key("small"))
    log = life.folder / ".local" / "logs" / environment / "small.log"
    if under_way:
        lines = [line for line in log.read_text().splitlines(keepends=True) if '"type":"apply_complete"' not in line]
        log.write_text("".join(lines))
        # As for the services that give tags with a second request.
        life.context.client("s3").delete_bucket_tagging(Bucket="small-bucket")
    record(life, log, log.read_text().index("# terraform apply"))


@pytest.fixture
def small(life: Life) -> Life:
    life.write(small={})
    path = life.graph.path("small") / "cdk.tf.json"
    backend = json.loads(path.read_text())["terraform"]["backend"]
    path.write_text(json.dumps(small_platform.template(backend)))
    return life


@pytest.mark.slow
def test_what_was_created_is_imported_and_nothing_is_made_twice(small: Life, capsys: Any) -> None:
    before = leftovers(small.context.client)
    created = run(small, APPLY)
    assert set(created.values()) == {"create"}
    there = leftovers(small.context.client)
    for under_way in (False, True):
        lose_state(small, under_way=under_way)
        recover(small.context, small.graph, ["small"], Console(width=200))
        printed = capsys.readouterr().out
        changes = run(small, APPLY)

        made = {address.split(".")[0] for address, action in changes.items() if action == "create"}
        others = {address: action for address, action in changes.items() if action not in ("create", "import")}
        assert made <= (set(REPEATABLE) if under_way else set()), printed
        assert {address.split(".")[0] for address in others} <= NOT_READ | BARE, printed
        assert set(others.values()) <= {"update"}, printed
        assert changes.keys() == created.keys()
        assert leftovers(small.context.client) == there
        assert run(small, PLAN) == {}
        assert not (small.graph.path("small") / "adopted.tf.json").exists()
        assert small.left() == []

    lose_state(small, under_way=True)
    recover(small.context, small.graph, ["small"], Console(width=200), now=True)
    assert set(run(small, DESTROY).values()) == {"delete"}
    assert leftovers(small.context.client) == before, capsys.readouterr().out


@pytest.mark.slow
def test_what_somebody_else_may_have_made_is_named_and_left_alone(life: Life, capsys: Any) -> None:
    life.write(small={})
    path = life.graph.path("small") / "cdk.tf.json"
    template = small_platform.template(json.loads(path.read_text())["terraform"]["backend"])
    role = small_platform.RESOURCES["aws_iam_role"]["role"] | {"name": "theirs"}
    key = small_platform.RESOURCES["aws_kms_key"]["one"] | {"description": "two of them"}
    path.write_text(json.dumps(template | {"resource": {"aws_iam_role": {"role": role}, "aws_kms_key": {"key": key}}}))
    foreign = [{"Key": "project", "Value": "another"}]
    iam, kms = life.context.client("iam"), life.context.client("kms")
    iam.create_role(RoleName="theirs", AssumeRolePolicyDocument=role["assume_role_policy"], Tags=foreign)
    tags = [{"TagKey": name, "TagValue": value} for name, value in small_platform.TAGS.items()]
    keys = [kms.create_key(Description="two of them", Tags=tags)["KeyMetadata"]["KeyId"] for _ in range(2)]
    log = life.folder / "small.log"
    begun = [
        {
            "type": "apply_start",
            "@timestamp": "2026-01-01T00:00:00Z",
            "hook": {"resource": {"addr": address}, "action": "create"},
        }
        for address in ("aws_iam_role.role", "aws_kms_key.key")
    ]
    log.write_text("".join(f"{json.dumps(event)}\n" for event in begun))
    record(life, log, 0)

    recover(life.context, life.graph, ["small"], Console(width=400))

    printed = capsys.readouterr().out
    assert "small: aws_iam_role.role was being created. theirs exists, but it is not what the code says" in printed
    [named] = [line for line in printed.splitlines() if "aws_kms_key.key was being created, and is one of" in line]
    assert all(each in named for each in keys)
    assert "&& aws kms list-keys)" in printed
    assert not (life.graph.path("small") / "adopted.tf.json").exists()
    iam.delete_role(RoleName="theirs")
    for each in keys:
        kms.schedule_key_deletion(KeyId=each, PendingWindowInDays=7)


@pytest.mark.slow
def test_what_holds_data_is_not_replaced_because_nobody_saw_it_ready(life: Life) -> None:
    life.write(small={})
    path = life.graph.path("small") / "cdk.tf.json"
    template = small_platform.template(json.loads(path.read_text())["terraform"]["backend"])
    key = small_platform.RESOURCES["aws_kms_key"]["one"]
    path.write_text(json.dumps(template | {"resource": {"aws_kms_key": {"key": key}}}))
    run(life, APPLY)
    state = state_bucket.document(life.context, "small")
    assert state is not None
    state["resources"][0]["instances"][0]["status"] = "tainted"
    names = life.context.settings.names
    life.context.client("s3").put_object(
        Bucket=names.state_bucket, Key=names.state_key("small"), Body=json.dumps(state)
    )
    log = life.folder / ".local" / "logs" / life.context.settings.environment / "small.log"
    record(life, log, log.read_text().index("# terraform apply"))
    assert run(life, PLAN) == {"aws_kms_key.key": "replace"}

    recover(life.context, life.graph, ["small"], Console(quiet=True))
    assert run(life, PLAN) == {}
    assert run(life, DESTROY) == {"aws_kms_key.key": "delete"}


def test_special_ids_are_tried() -> None:
    untried = {"aws_db_instance", "aws_eks_pod_identity_association", "aws_volume_attachment", "helm_release"}
    special = {kind for kind, template in IMPORT_IDS.items() if template} - untried
    assert special <= small_platform.RESOURCES.keys()
