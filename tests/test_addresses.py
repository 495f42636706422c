"""Nothing changes its Terraform address by accident, because Terraform would destroy it and create another."""

import os
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path

import pytest

from catalogue import holds_data
from stacks.base import MOVES
from tests.conftest import ENVIRONMENTS, Platform, addresses

GOLDEN = Path(__file__).parent / "addresses"
RELEASE = timedelta(days=180)

Addresses = Mapping[str, set[str]]  # by stack


def gone(golden: Addresses, found: Addresses, moves: Mapping[str, list[dict[str, str]]]) -> dict[str, str]:
    """What nobody finds any more where it was, and what to do about it, by stack and address."""
    wrong = {}
    for stack, before in golden.items():
        now = found.get(stack, set())
        moved = {move["from"] for move in moves.get(stack, []) if move["to"] in now}
        for address in sorted(before - now - moved):
            kind = address.split(".")[0]
            same = sorted(each for each in now - before if each.startswith(f"{kind}."))
            entry = f"{{from: {address}, to: {same[0] if same else '...'}, since: {date.today()}}}"
            rename = f"Has it another name now? Then write into stacks/moves.yaml, below {stack}: - {entry}"
            if holds_data(address):
                lost = f"data, or a name that others know. To lose it, delete its line in tests/addresses/*/{stack}.txt"
                wrong[f"{stack} {address}"] = f"{rename}. Without that, it is destroyed, and with it {lost}"
            else:
                wrong[f"{stack} {address}"] = f"{rename}. May it be destroyed? UPDATE_ADDRESSES=1 takes it out"
    return wrong


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_addresses_do_not_move(platform: Platform, environment: str) -> None:
    """What is new is written down. What is gone fails, and with UPDATE_ADDRESSES=1 only what holds data."""
    found = {area: set(addresses(template)) for area, template in platform(environment).items()}
    golden = {path.stem: set(path.read_text().split()) for path in (GOLDEN / environment).glob("*.txt")}
    wrong = gone(golden, found, MOVES)
    if "UPDATE_ADDRESSES" in os.environ:
        wrong = {name: remedy for name, remedy in wrong.items() if holds_data(name.split()[1])}
    assert not wrong, "\n".join(f"{name}: {remedy}" for name, remedy in wrong.items())

    (GOLDEN / environment).mkdir(parents=True, exist_ok=True)
    for area in golden.keys() | found.keys():
        path, lines = GOLDEN / environment / f"{area}.txt", sorted(found.get(area, ()))
        if area not in found:
            path.unlink()
        elif lines != sorted(golden.get(area, ())) or area not in golden:
            path.write_text("".join(f"{address}\n" for address in lines))


BEFORE = {"database": {"aws_db_instance.postgres", "aws_cloudwatch_metric_alarm.cpu"}}


def test_what_is_new_passes() -> None:
    assert (
        gone(BEFORE, {"database": {*BEFORE["database"], "aws_kms_key.second"}, "queue": {"aws_sqs_queue.it"}}, {}) == {}
    )


def test_what_holds_data_and_is_gone_has_its_entry_to_paste() -> None:
    after = {"database": {"aws_db_instance.renamed", "aws_cloudwatch_metric_alarm.cpu"}}
    [(name, remedy)] = gone(BEFORE, after, {}).items()
    assert name == "database aws_db_instance.postgres"
    entry = f"- {{from: aws_db_instance.postgres, to: aws_db_instance.renamed, since: {date.today()}}}"
    assert f"stacks/moves.yaml, below database: {entry}" in remedy
    assert "destroyed, and with it data" in remedy

    move = {"from": "aws_db_instance.postgres", "to": "aws_db_instance.renamed"}
    assert gone(BEFORE, after, {"database": [move]}) == {}
    assert gone(BEFORE, after, {"database": [move | {"to": "aws_db_instance.misspelt"}]}) != {}


def test_what_holds_no_data_and_is_gone_may_be_taken_out() -> None:
    [(name, remedy)] = gone(BEFORE, {"database": {"aws_db_instance.postgres"}}, {}).items()
    assert name == "database aws_cloudwatch_metric_alarm.cpu"
    assert "UPDATE_ADDRESSES=1" in remedy


def test_moves_end_after_a_release() -> None:
    for stack, moves in MOVES.items():
        for move in moves:
            until = date.fromisoformat(str(move["since"])) + RELEASE
            assert date.today() < until, (
                f"stacks/moves.yaml: {move} of {stack} is old. Is it deployed everywhere? Delete it"
            )
