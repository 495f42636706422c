"""Which stacks there are, and who needs whom."""

import json
from pathlib import Path

import pytest

from operations import OperationError
from operations.engine.synthesis import Graph, read_graph

NEEDS = {"vpc": set(), "iam": set(), "eks": {"vpc", "iam"}, "app": {"eks"}}
GRAPH = Graph(Path(), {stack: frozenset(needed) for stack, needed in NEEDS.items()})


def test_needs_and_readers_are_those_far_away_too() -> None:
    assert GRAPH.all_dependencies("app") == {"eks", "vpc", "iam"}
    assert GRAPH.readers("iam") == {"eks", "app"}
    assert GRAPH.readers("app") == set()


def test_stacks_are_chosen_by_name_in_order() -> None:
    assert GRAPH.select([]) == ["vpc", "iam", "eks", "app"]
    assert GRAPH.select(["app", "iam"]) == ["iam", "app"]
    with pytest.raises(OperationError, match=r"no stack eck, rds \(did you mean eks\?\); there are vpc, iam, eks, app"):
        GRAPH.select(["eck", "vpc", "rds"])


def test_producers_come_first_and_what_the_manifest_does_not_name_goes(tmp_path: Path) -> None:
    stacks = {name: {"dependencies": sorted(needed)} for name, needed in sorted(NEEDS.items())}
    (tmp_path / "manifest.json").write_text(json.dumps({"stacks": stacks}))
    for name in (*NEEDS, "removed"):
        (tmp_path / "stacks" / name).mkdir(parents=True)
    (tmp_path / "stacks" / "removed" / "cdk.tf.json").write_text("{}")

    graph = read_graph(tmp_path)

    order = list(graph.dependencies)
    assert sorted(order) == sorted(NEEDS)
    assert all(order.index(needed) < order.index(stack) for stack in order for needed in graph.dependencies[stack])
    assert sorted(path.name for path in (tmp_path / "stacks").iterdir()) == sorted(NEEDS)
