"""What a deploy is waiting for can be seen while it waits, on whatever it is read."""

import io
import time

import pytest
from rich.console import Console

from operations.commands.deploy import summary
from operations.context import Context
from operations.engine import progress, state_bucket
from operations.engine.progress import Progress, Row
from operations.engine.stacks import follow
from operations.engine.terraform import Outcome
from settings import load_settings
from simulator.process import Simulator
from tests.conftest import wait

ADDRESS = "aws_db_instance.postgres_instance_919E2690"


def on(width: int, **options: object) -> tuple[Console, io.StringIO]:
    file = io.StringIO()
    return Console(file=file, width=width, highlight=False, **options), file  # type: ignore[arg-type]


def tell(shown: Progress, kind: str, **hook: object) -> None:
    event = {"type": kind, "hook": {"action": "create", "resource": {"addr": ADDRESS}, **hook}}
    follow(event, "database", "applying", shown)


@pytest.mark.parametrize("terminal", [False, True])
def test_a_silent_stack_says_what_it_waits_for(monkeypatch: pytest.MonkeyPatch, terminal: bool) -> None:
    """On a terminal that can only print lines as well."""
    monkeypatch.setattr(progress, "QUIET_SECONDS", 0.3)
    monkeypatch.setenv("TERM", "dumb")
    console, file = on(60, force_terminal=terminal)

    with Progress(console, ["database", "vpc"]) as shown:
        shown.count("database", total=9)
        tell(shown, "apply_start")
        assert file.getvalue().startswith("database   applying       0 of 9        0 s")
        tell(shown, "apply_progress", elapsed_seconds=10)
        assert wait(lambda: f"waits for {ADDRESS} " in file.getvalue(), 5)
        tell(shown, "apply_complete")
        lines = len(file.getvalue().splitlines())
        assert wait(lambda: len(file.getvalue().splitlines()) > lines, 5)
        assert "waits for" not in file.getvalue().splitlines()[-1]
    assert "vpc" not in file.getvalue()
    after = file.getvalue()
    time.sleep(0.5)
    assert file.getvalue() == after


def test_the_longest_wait_is_named_also_by_one_who_comes_later() -> None:
    shown = Progress(on(60)[0], ["database"])
    shown.working("database", "aws_kms_key.key", seconds=3)
    tell(shown, "apply_progress", elapsed_seconds=95)

    found = shown.rows["database"].waits_for()

    assert found is not None
    assert (found[0], round(found[1])) == (ADDRESS, 95)
    tell(shown, "apply_errored")
    assert shown.rows["database"].waits_for()[0] == "aws_kms_key.key"  # type: ignore[index]
    shown.step("database", "failed")
    assert shown.rows["database"].waits_for() is None


def test_sixty_columns_are_enough_for_the_moving_table() -> None:
    console, file = on(60)
    shown = Progress(console, ["database", "monitoring"])
    shown.count("database", total=12)
    tell(shown, "apply_start")

    console.print(shown._table())

    _, head, first, *_ = file.getvalue().splitlines()
    assert head.split() == ["stack", "status", "resources", "seconds", "waits", "for"]
    assert "0 of 12" in first
    assert "0 s aws_db_in" in first
    assert all(len(line) <= 60 for line in file.getvalue().splitlines())


def test_sixty_columns_are_enough_for_what_there_is_in_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    outputs = {"vpc_id": "vpc-0123456789abcdef0", "zones": ["us-east-1a", "us-east-1b"], "a": "[b]" * 10}
    monkeypatch.setattr(state_bucket, "read", lambda *_: state_bucket.State(["a"] * 34, outputs))
    context = Context(load_settings("local"), Simulator(pid=0, port=0), {})
    page = summary(context, {"vpc": Outcome(True)}, {"vpc": Row(seconds=25)})
    (narrow, lines), (wide, whole) = on(60), on(160)
    narrow.print(page)
    wide.print(page)

    assert all(len(line) <= 60 for line in lines.getvalue().splitlines())
    # Nothing is lost, and no word broken.
    words = set(lines.getvalue().replace(":", "").split())
    assert words == set(whole.getvalue().split()) - {"outputs"}
