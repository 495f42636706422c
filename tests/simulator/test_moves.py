"""A construct with another id keeps what it has created, where stacks/moves.yaml says so."""

from pathlib import Path

import pytest

from imports.aws.sns_topic import SnsTopic
from imports.engine import Testing
from settings import load_settings
from stacks.base import MOVES, AreaStack
from tests.conftest import Template, synth
from tests.simulator.conftest import Aws
from tests.simulator.terraform import workspace

pytestmark = pytest.mark.slow


def alerts(id: str) -> Template:
    stack = AreaStack(Testing.app(), "alerts", load_settings("local"))
    SnsTopic(stack, id, name="moved")
    return synth(stack)


def test_what_is_moved_is_neither_created_nor_destroyed(
    tmp_path: Path, simulator: Aws, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack = workspace(tmp_path / "alerts", simulator)
    stack.write(alerts("before"))
    stack.apply()

    stack.write(alerts("after"))
    assert "1 to add, 0 to change, 1 to destroy" in stack.plan()

    move = {"from": "aws_sns_topic.before", "to": "aws_sns_topic.after", "since": "2026-11-27"}
    monkeypatch.setitem(MOVES, "alerts", [move])
    stack.write(alerts("after"))
    plan = stack.plan()
    assert "aws_sns_topic.before has moved to aws_sns_topic.after" in plan
    assert "0 to add, 0 to change, 0 to destroy" in plan
