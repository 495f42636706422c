from typing import Any

import pytest

from imports.engine import TerraformStack, Testing
from modules.network.network import Network
from settings.aws import VpcSettings
from tests.conftest import Template, addresses, all_of, only, synth


def template(stack: TerraformStack, **changes: Any) -> Template:
    defaults = {"cidr": "10.0.0.0/16", "zones": ["us-east-1a", "us-east-1b"], "nat": "one"}
    Network(stack, "network", name="acme-test", settings=VpcSettings.model_validate(defaults | changes))
    return synth(stack)


def test_only_the_public_tier_reaches_the_internet_directly(stack: TerraformStack) -> None:
    found = template(stack)

    routes = [route for route in all_of(found, "aws_route") if "gateway_id" in route]
    assert len(routes) == 1
    assert ".network_public_route_table_" in routes[0]["route_table_id"]
    assert not any("map_public_ip_on_launch" in subnet for subnet in all_of(found, "aws_subnet"))


def test_the_database_tier_has_no_way_out(stack: TerraformStack) -> None:
    routes = all_of(template(stack), "aws_route")

    assert not any(".network_database_" in route["route_table_id"] for route in routes)


@pytest.mark.parametrize(("nat", "gateways"), [("one", 1), ("per_zone", 2)])
def test_nat_gateways_follow_the_setting(stack: TerraformStack, nat: str, gateways: int) -> None:
    found = template(stack, nat=nat)

    private = [route for route in all_of(found, "aws_route") if "nat_gateway_id" in route]
    assert len(all_of(found, "aws_nat_gateway")) == gateways
    assert len({route["nat_gateway_id"] for route in private}) == gateways
    assert len(private) == 2


def test_load_balancers_find_their_subnets_by_tag(stack: TerraformStack) -> None:
    roles = [key for subnet in all_of(template(stack), "aws_subnet") for key in subnet["tags"] if key != "Name"]

    assert sorted(roles) == ["kubernetes.io/role/elb"] * 2 + ["kubernetes.io/role/internal-elb"] * 2


def test_the_default_security_group_lets_nothing_through(stack: TerraformStack) -> None:
    group = only(template(stack), "aws_default_security_group")

    assert not {"ingress", "egress"} & group.keys()


@pytest.mark.parametrize("nat", [{"nat": "per_zone"}, {"nat": "one", "nat_zone": "us-east-1b"}])
def test_adding_a_zone_in_front_moves_no_address(stack: TerraformStack, nat: dict[str, str]) -> None:
    before = template(stack, zones=["us-east-1b", "us-east-1c"], **nat)
    other = TerraformStack(Testing.app(), "test")
    after = template(other, zones=["us-east-1a", "us-east-1b", "us-east-1c"], **nat)

    assert set(addresses(before)) < set(addresses(after))
    for kind, named in before["resource"].items():
        for name, resource in named.items():
            assert after["resource"][kind][name] == resource


def test_the_order_of_the_zones_means_nothing(stack: TerraformStack) -> None:
    other = TerraformStack(Testing.app(), "test")

    assert template(other, zones=["us-east-1b", "us-east-1a"]) == template(stack, zones=["us-east-1a", "us-east-1b"])


def test_the_one_gateway_is_in_the_zone_of_the_settings(stack: TerraformStack) -> None:
    found = template(stack, nat_zone="us-east-1b")

    [gateway] = found["resource"]["aws_nat_gateway"].values()
    assert gateway["tags"] == {"Name": "acme-test-us-east-1b"}
    tables = {route["route_table_id"] for route in all_of(found, "aws_route") if "nat_gateway_id" in route}
    assert len(tables) == 2
