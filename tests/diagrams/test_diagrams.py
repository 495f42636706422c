"""The committed pictures show what is synthesized now, and flows have ends and reasons in it."""

import json
import re
import shutil
from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests import charts
from tests.conftest import ROOT
from tests.diagrams.code import Code, synthesized
from tests.diagrams.flows import ENDS, FLOWS, Flow, found
from tests.diagrams.pictures import ENVIRONMENT, PICTURES, path, rendered, said

each_picture = pytest.mark.parametrize("name", PICTURES)
NAMESPACE = "application-namespace"


@pytest.fixture(scope="module")
def code() -> Code:
    return synthesized(ENVIRONMENT)


@each_picture
def test_a_picture_shows_the_code(code: Code, name: str) -> None:
    shown = said(path(name).read_text(encoding="utf-8"))
    assert shown == PICTURES[name](code).said(), f"{path(name)}: make diagram draws it again"


def _another_output(stacks: Any) -> None:
    stacks["registry"]["output"]["registry_id"] = {"value": "1"}


def _another_reader(stacks: Any) -> None:
    stacks["runner"]["locals"] = {"x": "${data.terraform_remote_state.vpc_state.outputs.nat_public_ips}"}


def _one_subnet_less(stacks: Any) -> None:
    for kind, named in stacks["vpc"]["resource"].items():
        here = "vpc/network/database/us-east-1c"
        stacks["vpc"]["resource"][kind] = {
            key: body for key, body in named.items() if here not in json.dumps(body["//"])
        }


def _one_zone(stacks: Any) -> None:
    [instance] = stacks["database"]["resource"]["aws_db_instance"].values()
    instance["multi_az"] = False


def _another_client_of_the_database(stacks: Any) -> None:
    rules = stacks["runner"]["resource"].setdefault("aws_vpc_security_group_ingress_rule", {})
    rule = deepcopy(stacks["monitoring"]["resource"]["aws_vpc_security_group_ingress_rule"]["database_client"])
    rules["database_client"] = rule | {
        "referenced_security_group_id": "${aws_security_group.host_security_group_9F1AB7B1.id}"
    }


def _no_route_to_nat(stacks: Any) -> None:
    routes = stacks["vpc"]["resource"]["aws_route"]
    for key in [key for key, body in routes.items() if "nat_gateway_id" in body][:1]:
        del routes[key]


def _no_controller(stacks: Any) -> None:
    releases = stacks["addons"]["resource"]["helm_release"]
    for key in [key for key, body in releases.items() if body["name"] == "aws-load-balancer-controller"]:
        del releases[key]


def _other_construct(stacks: Any) -> None:
    [secret] = stacks["secrets"]["resource"]["aws_secretsmanager_secret"].values()
    secret["//"]["metadata"]["path"] = "secrets/token/secret"


def _another_kind_of_resource(stacks: Any) -> None:
    queue = {"//": {"metadata": {"path": "runner/queue"}}, "name": "jobs"}
    stacks["runner"]["resource"]["aws_sqs_queue"] = {"queue": queue}


CHANGES: list[tuple[str, Callable[[Any], None]]] = [
    ("stacks", _another_output),
    ("stacks", _another_reader),
    ("architecture", _one_subnet_less),
    ("architecture", _one_zone),
    ("architecture", _another_client_of_the_database),
    ("architecture", _no_route_to_nat),
    ("architecture", _no_controller),
    ("architecture", _another_kind_of_resource),
    ("flows", _other_construct),
]


@pytest.mark.parametrize(("name", "change"), CHANGES, ids=lambda each: getattr(each, "__name__", None))
def test_a_change_of_the_code_is_seen(code: Code, name: str, change: Callable[[Any], None]) -> None:
    templates = deepcopy(code.templates)
    change(templates)
    assert said(path(name).read_text(encoding="utf-8")) != PICTURES[name](replace(code, templates=templates)).said()


def test_another_order_of_the_stacks_is_seen(code: Code) -> None:
    later = replace(code, after=code.after | {"registry": ["iam"]})
    assert said(path("stacks").read_text(encoding="utf-8")) != PICTURES["stacks"](later).said()


@pytest.fixture(scope="module")
def objects(_helm: None, code: Code) -> dict[str, str]:
    """What our two charts make in the cluster, as JSON, by kind and name."""

    def platform(_environment: str) -> dict[str, Any]:
        return code.templates

    app = charts.render(
        Path("realworld-example-app/helm"), "realworld-backend", charts.release_values(platform, ENVIRONMENT)
    )
    namespace = charts.render(Path("charts") / NAMESPACE, NAMESPACE, charts.values_of(platform, ENVIRONMENT, NAMESPACE))
    return {f"{each['kind']}/{each['metadata']['name']}": json.dumps(each) for each in [*app, *namespace]}


def unfounded(flows: list[Flow], code: Code, objects: dict[str, str]) -> list[str]:
    """The ends that are nowhere in the code, and the arrows that are not written where they are said to be."""
    wrong = []
    for flow in flows:
        for name in (flow.start, flow.end):
            end = ENDS.get(name)
            if not end or not (end.at in objects or found(code, end.at) or (end.outside and not end.at)):
                wrong.append(f"{name}: there is none")
        resource = found(code, flow.at)
        text = json.dumps(resource.body) if resource else objects.get(flow.at, "")
        wanted = flow.text.replace("@prefix", f"realworld-{ENVIRONMENT}")
        if wanted not in text and json.dumps(wanted)[1:-1] not in text:
            wrong.append(f"{flow.start} to {flow.end}: {flow.at} does not say {wanted}")
    return wrong


@pytest.mark.parametrize("lane", FLOWS)
def test_what_flows_is_written_in_the_code(code: Code, objects: dict[str, str], lane: str) -> None:
    assert unfounded(FLOWS[lane], code, objects) == []


def test_a_flow_that_is_invented_is_found(code: Code, objects: dict[str, str]) -> None:
    [first, *_] = FLOWS["logs"]
    invented = [
        first._replace(end="Kafka"),
        first._replace(text="port: 9092"),
        first._replace(at="addons/charts/kafka"),
    ]
    assert [len(unfounded([flow], code, objects)) for flow in invented] == [1, 1, 1]


def test_each_end_is_drawn() -> None:
    drawn = {name for flows in FLOWS.values() for flow in flows for name in (flow.start, flow.end)}
    assert drawn == ENDS.keys()


@pytest.mark.slow
@each_picture
def test_a_picture_is_drawn_the_same_again_and_stands_alone(code: Code, name: str) -> None:
    committed, picture = path(name).read_text(encoding="utf-8"), PICTURES[name](code)
    digest = rendered(picture, "digest").strip()
    assert f"<!-- drawn from {digest} -->" in committed, f"{path(name)}: make diagram draws it in its new look"
    red = [replace(each, color="#ff0000") for each in picture.arrows]
    assert rendered(replace(picture, arrows=red), "digest").strip() != digest

    if not shutil.which("dot"):
        pytest.skip("dot is not on PATH: apt-get install graphviz. The pictures were compared, but not drawn again")
    svg = rendered(picture)
    assert svg == rendered(picture)
    assert said(svg) == said(committed)
    for each in (svg, committed):
        assert str(ROOT) not in each
        assert "site-packages" not in each
        assert set(re.findall(r'href="(#|data:image/png;base64,|.{9})', each)) <= {"#", "data:image/png;base64,"}
