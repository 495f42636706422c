"""The address plan leaves room for every zone, and moves nothing when zones come and go."""

from ipaddress import IPv4Network

import pytest

from modules.network.addresses import database_cidr, private_cidr, public_cidr
from settings.aws import VpcSettings


def of(block: str, **subnets: dict[str, str]) -> VpcSettings:
    zones = ["us-east-1a", "us-east-1b"]
    return VpcSettings.model_validate({"cidr": block, "zones": zones, "nat": "one", "subnets": subnets})


@pytest.mark.parametrize("block", ["10.30.0.0/16", "192.168.16.0/20"])
def test_six_zones_fit_without_overlap(block: str) -> None:
    vpc = IPv4Network(block)
    zones = [f"us-east-1{letter}" for letter in "abcdef"]

    blocks = [cidr(of(block), zone) for cidr in (private_cidr, public_cidr, database_cidr) for zone in zones]

    assert all(each.subnet_of(vpc) for each in blocks)
    assert not any(one.overlaps(other) for one in blocks for other in blocks if one is not other)
    assert max(each.prefixlen for each in blocks) <= 28, "AWS has no smaller subnets"


def test_the_letter_of_a_zone_decides_where_it_is() -> None:
    vpc = of("10.30.0.0/16")

    assert str(private_cidr(vpc, "us-east-1c")) == "10.30.64.0/19"
    assert str(public_cidr(vpc, "us-east-1c")) == "10.30.200.0/22"
    assert str(database_cidr(vpc, "eu-west-1a")) == "10.30.224.0/22"


def test_a_subnet_that_was_there_before_is_where_it_was() -> None:
    vpc = of("10.30.0.0/16", private={"us-east-1a": "10.30.11.0/24"})

    assert str(private_cidr(vpc, "us-east-1a")) == "10.30.11.0/24"
    assert str(private_cidr(vpc, "us-east-1b")) == "10.30.32.0/19"
    assert str(public_cidr(vpc, "us-east-1a")) == "10.30.192.0/22"
