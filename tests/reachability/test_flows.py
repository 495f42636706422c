"""Who reaches whom, computed from what is synthesized and rendered."""

import pytest

from tests.reachability.conftest import EVERY, Cases
from tests.reachability.flows import LAYERS, ROWS, holds, opened


@pytest.mark.parametrize(("environment", "nat"), EVERY)
def test_every_flow_is_as_its_row_says(case: Cases, environment: str, nat: str) -> None:
    this = case(environment, nat)

    wrong = {}
    for row in filter(this.setting.applies, ROWS):
        if not holds(row, this.network, this.setting):
            ways = (this.network.way(packet, row.without) for packet in this.setting.packets(row, this.network))
            wrong[row.name] = next(filter(None, ways), ()) if row.verdict == "must not" else "no way"
    assert wrong == {}


@pytest.mark.parametrize(("environment", "nat"), EVERY)
def test_what_must_not_be_is_held_by_the_layers_that_its_row_names(case: Cases, environment: str, nat: str) -> None:
    """With all layers open it is open, so the row can fail; with all but one, that one alone holds it."""
    this, wrong = case(environment, nat), {}
    rows = [row for row in ROWS if row.verdict == "must not" and this.setting.applies(row)]
    everything = opened(this.network, set(LAYERS))
    but_one = {layer: opened(this.network, set(LAYERS) - {layer}) for layer in LAYERS}

    assert [row.name for row in rows if holds(row, everything, this.setting)] == []
    for row in rows:
        held = {layer for layer, network in but_one.items() if holds(row, network, this.setting)}
        if held != set(row.held_by):
            wrong[row.name] = held
    assert wrong == {}
