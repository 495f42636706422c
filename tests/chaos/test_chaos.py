"""A short make chaos: kills of each kind that it can do in a minute, on stacks that are quick."""

import random
from pathlib import Path

import pytest

from tests.chaos.lives import Chaos
from tests.chaos.strikes import Strike, table

SEED = 15  # another one is another life: make chaos SEED=...


@pytest.mark.slow
def test_killed_deploys_are_repeated_and_nothing_is_made_twice(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    chaos = Chaos(tmp_path, random.Random(SEED), "iam dns", kinds=("everything", "command"), longest_wait=5)
    with chaos:
        strikes = chaos.run(2)

    assert [strike.kind for strike in strikes if not strike.converged] == [], capsys.readouterr().out
    assert sorted(strike.kind for strike in strikes) == ["command", "everything"]


def test_the_table_counts_by_kind_and_all_together() -> None:
    strikes = [Strike("command", waited=1, adopted=2, converged=True), Strike("terraform", released=1)]
    strikes[1].note("Released the lock of a\nvpc: adopting 3 resources that\ndns: adopting 1 resource that")

    rows = [line.split() for line in table(strikes).splitlines()[1:]]
    assert rows == [
        ["command", "1", "1", "1", "0", "0", "2"],
        ["terraform", "1", "0", "0", "1", "0", "4"],
        ["all", "2", "1", "1", "1", "0", "6"],
    ]
