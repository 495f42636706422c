"""In the order of what stacks need, several at a time, and without what cannot work."""

import threading
from collections.abc import Collection, Mapping

import pytest

from operations.engine import schedule


def run(
    dependencies: Mapping[str, set[str]], failing: Collection[str] = (), stop_after: str = ""
) -> tuple[bool, list[str], dict[str, str]]:
    """Whether all succeeded, the order in which they began, and who was skipped because of whom."""
    begun: list[str] = []
    skipped: dict[str, str] = {}

    def work(stack: str) -> bool:
        begun.append(stack)
        return stack not in failing

    frozen = {stack: frozenset(needed) for stack, needed in dependencies.items()}
    result = schedule.run(frozen, work, skipped.__setitem__, stopped=lambda: stop_after in begun)
    return result, begun, skipped


def test_what_is_needed_comes_first() -> None:
    succeeded, begun, skipped = run({"app": {"eks", "database"}, "eks": {"vpc"}, "database": {"vpc"}, "vpc": set()})

    assert succeeded
    assert begun[0] == "vpc"
    assert begun[-1] == "app"
    assert skipped == {}


def test_a_failure_stops_those_that_need_it_and_nobody_else() -> None:
    dependencies = {"vpc": set(), "dns": set(), "eks": {"vpc"}, "app": {"eks"}}

    succeeded, begun, skipped = run(dependencies, failing={"vpc"})

    assert not succeeded
    assert sorted(begun) == ["dns", "vpc"]
    assert skipped == {"eks": "vpc", "app": "eks"}


def test_needs_outside_of_the_selection_are_met() -> None:
    assert run({"eks": {"vpc", "iam"}}) == (True, ["eks"], {})


def test_nothing_begins_after_a_stop() -> None:
    succeeded, begun, skipped = run({"a": set(), "b": {"a"}, "c": {"b"}}, stop_after="a")

    assert (succeeded, begun, skipped) == (False, ["a"], {})


def test_the_longest_remaining_chain_begins_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schedule, "SECONDS", {"dns": 40, "database": 100, "vpc": 20, "iam": 5})
    monkeypatch.setattr(schedule, "OTHERS", 10)
    dependencies = {
        "registry": frozenset[str](),
        "dns": frozenset[str](),
        "iam": frozenset[str](),
        "queue": frozenset({"iam"}),
        "worker": frozenset({"queue", "vpc"}),
        "vpc": frozenset[str](),
        "database": frozenset({"vpc"}),
    }

    # 120, 100, 40, 25, 20, and 10 seconds: a stack that is short by itself is early when others wait for it.
    assert schedule.order(dependencies) == ["vpc", "database", "dns", "iam", "queue", "registry", "worker"]


def test_so_many_work_side_by_side_and_no_more() -> None:
    together = threading.Barrier(schedule.LANES)
    running, most = 0, 0
    lock = threading.Lock()

    def work(_: str) -> bool:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        together.wait(timeout=10)
        with lock:
            running -= 1
        return True

    assert schedule.run({str(number): frozenset() for number in range(2 * schedule.LANES)}, work, lambda *_: None)
    assert most == schedule.LANES


def test_an_error_in_the_work_is_not_swallowed() -> None:
    def work(_: str) -> bool:
        raise ValueError("a bug")

    with pytest.raises(ValueError, match="a bug"):
        schedule.run({"a": frozenset()}, work, lambda *_: None)
