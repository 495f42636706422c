"""Who reaches whom, computed from what is synthesized and rendered.

Whatever is taken away is missed by the rows that rest on it, and by no other. One file, so that one worker synthesizes.
"""

import json
from fnmatch import fnmatchcase
from functools import partial
from typing import Any

import pytest

from modules.cluster.chart_release import PINS
from settings import load_settings
from tests.conftest import ENVIRONMENTS
from tests.reachability import build
from tests.reachability.conftest import EVERY, Cases
from tests.reachability.flows import LAYERS, OTHERS, ROWS, SUPERFLUOUS, holds, opened
from tests.reachability.mutations import edited, mutations
from tests.reachability.references import References, Unresolved
from tests.reachability.test_table import DOCUMENT
from tests.test_docs import require


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


@pytest.mark.slow
@pytest.mark.parametrize(("environment", "nat"), EVERY)
def test_each_thing_is_missed_by_exactly_the_rows_that_rest_on_it(case: Cases, environment: str, nat: str) -> None:
    this = case(environment, nat)
    rows = [row for row in ROWS if this.setting.applies(row)]
    # Of another value of nat only the stack vpc knows.
    own = load_settings(environment).vpc.nat == nat
    wrong, unproven, found = {}, [], 0
    for path, without in mutations(this.references, this.inside, this.network, stack="" if own else "vpc"):
        flipped = {row.name for row in rows if not holds(row, without, this.setting)}
        if flipped != (missed := {row.name for row in rows if this.setting.rests_on(row, path)}):
            wrong[path] = {"unexpected": flipped - missed, "not seen": missed - flipped}
        if bool(flipped) is any(fnmatchcase(path, each) for each in SUPERFLUOUS):
            unproven.append(path)
        found += 1

    assert wrong == {}
    assert unproven == [], "a row has to rest on each of these, or flows.yaml says why it is superfluous; never both"
    assert found > (50 if own else 10)


def test_each_row_can_fail(case: Cases) -> None:
    """What must work rests on something; what must not is held by some layer, and open without all of them."""
    cases = [case(environment, nat) for environment, nat in EVERY]

    assert [row.name for row in ROWS if not (row.held_by if row.verdict == "must not" else row.rests_on)] == []
    assert [row.name for row in ROWS if not any(this.setting.applies(row) for this in cases)] == []


def test_whatever_rows_rest_on_is_there(case: Cases) -> None:
    """In some environment: where an environment has none, nothing is to be missed."""
    cases = [case(environment, load_settings(environment).vpc.nat) for environment in ENVIRONMENTS]
    paths = {path for this in cases for path, _ in mutations(this.references, this.inside, this.network)}
    patterns = {each for this in cases for row in ROWS for text in row.rests_on for each in this.setting.patterns(text)}

    unknown = {each for each in (*patterns, *SUPERFLUOUS) if not any(fnmatchcase(path, each) for path in paths)}
    assert sorted(unknown) == []


@pytest.mark.parametrize(
    ("kind", "flag"),
    [
        ("aws_db_instance", "publicly_accessible"),
        ("aws_instance", "associate_public_ip_address"),
        ("aws_subnet", "map_public_ip_on_launch"),
    ],
)
def test_whoever_is_given_a_public_address_is_seen(case: Cases, kind: str, flag: str) -> None:
    """Where groups and routes hold no more, of which the layers of each row tell."""
    this = case("local", "one")
    [row] = [row for row in ROWS if row.source == "internet" and row.port == "any"]
    for resource in this.references.all(kind):
        altered = edited(this.references, resource, partial(setitem, key=flag))
        network = opened(build.network(altered, this.inside), {"security groups", "routes"})
        # Only nodes and hosts take what a subnet gives; the host for monitoring has that of its network interface.
        seen = "private" in resource.path if kind == "aws_subnet" else resource.stack != "monitoring"
        assert holds(row, network, this.setting) is not seen, resource.path


def setitem(body: dict[str, Any], *, key: str) -> None:
    body[key] = True


def test_what_is_not_known_is_an_error(case: Cases) -> None:
    this = case("local", "one")
    vpc = this.references.stacks["vpc"]
    for kind in ("aws_network_acl", "aws_vpc_peering_connection", "aws_lb", "aws_security_group_rule"):
        stacks = this.references.stacks | {"vpc": vpc | {"resource": vpc["resource"] | {kind: {"x": {}}}}}
        with pytest.raises(Unresolved, match=kind):
            build.network(References(stacks), this.inside)

    outputs = {name: each for name, each in vpc["output"].items() if name != "database_security_group_id"}
    stacks = this.references.stacks | {"vpc": vpc | {"output": outputs}}
    with pytest.raises(Unresolved, match="vpc publishes no 'database_security_group_id'"):
        build.network(References(stacks), this.inside)


def test_every_component_has_its_rows(case: Cases) -> None:
    this = case("local", "one")
    application = {"api", "migration", "test", "pod without a name"}
    pods = {name for name, several in this.network.endpoints.items() if several[0].pod}
    assert set(OTHERS) == pods - application
    assert {pod for pod in PINS if pod not in OTHERS} == {"prometheus-node-exporter"}, (
        "which is on the network of its node"
    )

    sides = json.dumps([[row.source, row.target] for row in ROWS if row.verdict == "must"])
    associated = {each.body["service_account"] for each in this.references.all("aws_eks_pod_identity_association")}
    associated |= {
        each.body["addon_name"]
        for each in this.references.all("aws_eks_addon")
        if "pod_identity_association" in each.body
    }
    assert {
        each for each in (*associated, "node", "monitoring host", "runner") if f'{{"role": "{each}"}}' not in sides
    } == set()


def test_the_document_says_what_was_asked(case: Cases) -> None:
    lines = ["| environment | `vpc.nat` | rows | packets | arrive |", "|---|---|---:|---:|---:|"]
    for environment, nat in EVERY:
        this = case(environment, nat)
        rows = [row for row in ROWS if this.setting.applies(row)]
        asked = {(packet, row.without) for row in rows for packet in this.setting.packets(row, this.network)}
        arrive = sum(this.network.reaches(*each) for each in asked)
        lines.append(f"| `{environment}` | `{nat}` | {len(rows)} | {len(asked)} | {arrive} |")
    require(DOCUMENT, r"\| environment \|.*?(?=\n\n)", "\n".join(lines))
