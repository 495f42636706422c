"""What the events of a run say about what it created."""

import json
import time
from pathlib import Path
from typing import Any

import pytest

from operations.recovery.history import History, history
from operations.recovery.runs import Run

ROLE, KEY = "aws_iam_role.role", "aws_kms_key.key"


def apply(said: str, address: str, action: str = "create", **more: Any) -> dict[str, Any]:
    hook = {"resource": {"addr": address}, "action": action, **more}
    return {"type": f"apply_{said}", "@timestamp": "2026-11-25T10:00:00.000000Z", "hook": hook}


def error(address: str, detail: str) -> dict[str, Any]:
    return {
        "type": "diagnostic",
        "diagnostic": {"severity": "error", "summary": "", "address": address, "detail": detail},
    }


INTERRUPTED = {"type": "log", "@message": "\nInterrupt received.\nPlease wait for Terraform to exit."}
EXISTS = "operation error IAM: CreateRole, https response error StatusCode: 409, EntityAlreadyExists"


def read(folder: Path, *events: dict[str, Any], end: str = "") -> History:
    log = folder / "stack.log"
    lines = ["# terraform apply -json", *map(json.dumps, events)]
    log.write_text("\n".join(lines) + "\n" + end)
    return history([Run(folder / "1.run", "stack", ["apply"], "host", time.time(), str(log), 0)])


def test_what_is_finished_has_an_id_and_what_is_not_has_a_time(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        apply("start", ROLE),
        apply("start", KEY),
        apply("complete", ROLE, id_value="role"),
        end='{"type": "ap',
    )
    assert found.created == {ROLE: "role"}
    assert [str(each) for each in found.under_way.values()] == ["2026-11-25 10:00:00+00:00"]
    assert list(found.under_way) == [KEY]


def test_the_events_of_the_next_run_are_not_those_of_this_one(tmp_path: Path) -> None:
    next_run = f"# terraform apply -json\n{json.dumps(apply('start', KEY))}\n"
    assert list(read(tmp_path, apply("start", ROLE), end=next_run).under_way) == [ROLE]


@pytest.mark.parametrize(
    ("before", "detail", "under_way"),
    [
        ([], EXISTS, []),
        ([], "Plugin did not respond", [ROLE]),  # its provider was killed
        ([INTERRUPTED], "context canceled", [ROLE]),
        ([INTERRUPTED], EXISTS, [ROLE]),
    ],
    ids=["refused", "provider killed", "interrupted", "interrupted and refused"],
)
def test_only_what_aws_has_refused_was_not_created(
    tmp_path: Path, before: list[dict[str, Any]], detail: str, under_way: list[str]
) -> None:
    found = read(tmp_path, apply("start", ROLE), *before, apply("errored", ROLE), error(ROLE, detail))
    assert list(found.under_way) == under_way


def test_what_an_earlier_run_left_is_looked_for_although_the_next_one_is_refused(tmp_path: Path) -> None:
    log = tmp_path / "stack.log"
    first = ["# terraform apply", json.dumps(apply("start", ROLE))]
    second = [
        "# terraform apply",
        *map(json.dumps, (apply("start", ROLE), apply("errored", ROLE), error(ROLE, EXISTS))),
    ]
    log.write_text("\n".join([*first, *second]) + "\n")
    offsets = (0, len("\n".join(first)) + 1)
    runs = [Run(tmp_path / "1.run", "stack", ["apply"], "host", 0, str(log), offset) for offset in offsets]
    assert list(history(runs).under_way) == [ROLE]


def test_what_is_deleted_again_is_no_longer_created(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        apply("complete", KEY, id_value="new"),
        apply("start", KEY, "delete", id_value="old"),
        apply("complete", KEY, "delete"),
        apply("complete", ROLE, id_value="role"),
        apply("start", ROLE, "delete", id_value="role"),
        apply("complete", ROLE, "delete"),
    )
    assert found.created == {KEY: "new"}
    assert found.deleted == {"old", "role"}
