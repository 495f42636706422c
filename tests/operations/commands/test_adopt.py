"""What the settings have to say of a flat project, what is imported for what, and what is refused."""

import json
from typing import Any

import pytest

from operations import OperationError
from operations.commands.adopt import different, matches, read, refusals, require_room, wanted
from settings import load_settings
from tests.conftest import Platform, changed

DATABASE = {
    "db_subnet_group_name": "group",
    "engine": "postgres",
    "engine_version_actual": "17.6",
    "identifier": "old",
    "instance_class": "db.t4g.micro",
    "multi_az": False,
    "allocated_storage": 30,
    "master_user_secret": [{"secret_arn": "arn"}],
}
CLUSTER = {
    "name": "old",
    "version": "1.35",
    "access_config": [{"authentication_mode": "API"}],
    "kubernetes_network_config": [{"service_ipv4_cidr": "172.20.0.0/16"}],
}
VPC = {"id": "vpc-1", "cidr_block": "10.0.0.0/16", "arn": "arn:aws:ec2:us-east-1:123456789012:vpc/vpc-1"}
TABLES = {"open": [{"cidr_block": "0.0.0.0/0", "gateway_id": "igw-1"}], "inner": []}


def state(**resources: list[dict[str, Any]]) -> str:
    found = [
        {"mode": "managed", "type": kind, "name": "it", "instances": [{"attributes": each, "index_key": number}]}
        for kind, named in resources.items()
        for number, each in enumerate(named)
    ]
    return json.dumps({"version": 4, "resources": found})


def network(*tiers: tuple[str, str]) -> dict[str, list[dict[str, Any]]]:
    """A VPC with two subnets for each tier: the third part of their network, and the route table that they have."""
    subnets = [
        {
            "id": f"subnet-{part}{zone}",
            "vpc_id": "vpc-1",
            "cidr_block": f"10.0.{part}{number}.0/24",
            "availability_zone": f"us-east-1{zone}",
            "table": table,
        }
        for part, table in tiers
        for number, zone in enumerate("ab")
    ]
    return {
        "aws_vpc": [VPC],
        "aws_subnet": subnets,
        "aws_internet_gateway": [{"id": "igw-1", "vpc_id": "vpc-1"}],
        "aws_eip": [{"id": "eipalloc-1"}],
        "aws_nat_gateway": [{"id": "nat-1", "subnet_id": "subnet-1b", "allocation_id": "eipalloc-1"}],
        "aws_route_table": [{"id": name, "route": routes} for name, routes in TABLES.items()],
        "aws_route": [
            {"route_table_id": "inner", "destination_cidr_block": "0.0.0.0/0", "gateway_id": "", "nat_gateway_id": "n"}
        ],
        "aws_route_table_association": [
            {"id": f"as-{each['id']}", "subnet_id": each["id"], "route_table_id": each["table"]} for each in subnets
        ],
    }


TWO_TIERS = network(("1", "open"), ("2", "inner"))
THREE_TIERS = network(("1", "open"), ("2", "inner"), ("3", "inner"))


def group(part: str) -> list[dict[str, Any]]:
    return [{"id": "group", "name": "group", "subnet_ids": [f"subnet-{part}a", f"subnet-{part}b"]}]


def test_a_database_among_the_nodes_stays_there() -> None:
    flat = read(state(**TWO_TIERS, aws_db_subnet_group=group("2"), aws_db_instance=[DATABASE]))
    says = wanted(flat, load_settings("local"))
    assert says["database"]["subnets"] == "private"
    assert says["vpc"]["subnets"]["private"] == {"us-east-1a": "10.0.20.0/24", "us-east-1b": "10.0.21.0/24"}
    assert says["vpc"]["subnets"]["database"] == {}
    assert (says["vpc"]["nat"], says["vpc"]["nat_zone"]) == ("one", "us-east-1b")


def test_subnets_of_the_database_alone_are_its_tier() -> None:
    flat = read(state(**THREE_TIERS, aws_db_subnet_group=group("3"), aws_db_instance=[DATABASE]))
    says = wanted(flat, load_settings("local"))
    assert says["database"]["subnets"] == "database"
    assert says["vpc"]["subnets"]["database"] == {"us-east-1a": "10.0.30.0/24", "us-east-1b": "10.0.31.0/24"}


def test_settings_that_say_it_all_have_nothing_to_write() -> None:
    flat = read(
        state(**TWO_TIERS, aws_db_subnet_group=group("2"), aws_db_instance=[DATABASE], aws_eks_cluster=[CLUSTER])
    )
    settings = load_settings("local")
    says = wanted(flat, settings)
    first = different(settings.model_dump(mode="json"), says)
    assert first["eks"] == {"name": "old"}
    assert "zones" not in first["vpc"]
    areas = {area: fields for area, fields in first.items() if isinstance(fields, dict)}
    assert different(changed(settings, **areas).model_dump(mode="json"), says) == {}


def test_what_there_is_takes_the_addresses_of_what_it_is(platform: Platform) -> None:
    """With a route table for each private subnet here, and one for both there."""
    template = json.loads(json.dumps(platform("local")["vpc"]))
    flat = read(state(**TWO_TIERS))
    settings = load_settings("local")
    networks = wanted(flat, settings)["vpc"]["subnets"]
    for subnet in template["resource"]["aws_subnet"].values():
        _, _, tier, zone, _ = subnet["//"]["metadata"]["path"].split("/")
        subnet["cidr_block"] = networks[tier].get(zone, subnet["cidr_block"])
    [vpc] = template["resource"]["aws_vpc"].values()
    vpc["cidr_block"] = "10.0.0.0/16"
    [gateway] = template["resource"]["aws_nat_gateway"].values()
    gateway["subnet_id"] = gateway["subnet_id"].replace(
        "network_public_us-east-1a_subnet_00FFBED7", "network_public_us-east-1b_subnet_72A250C4"
    )

    known = matches(template, flat, settings)

    kinds = sorted(address.split(".")[0] for address in known)
    assert kinds.count("aws_subnet") == kinds.count("aws_route_table_association") == 4
    assert kinds.count("aws_route_table") == kinds.count("aws_route") == 2
    assert {"aws_vpc", "aws_internet_gateway", "aws_nat_gateway", "aws_eip"} <= set(kinds)
    assert len({id(each) for each in known.values()}) == len(known)
    [inline] = [each for each in known.values() if each.get("destination_cidr_block") and not each["address"]]
    assert inline["route_table_id"] == "open"
    require_room(template["resource"]["aws_subnet"], flat, known)

    taken = read(state(**TWO_TIERS | {"aws_subnet": [*TWO_TIERS["aws_subnet"], {"cidr_block": "10.10.224.0/20"}]}))
    with pytest.raises(OperationError, match=r"tier database in us-east-1a would have 10\.10\.224\.0/22, and 10\.10"):
        require_room(template["resource"]["aws_subnet"], taken, known)


@pytest.mark.parametrize(
    ("resources", "message"),
    [
        ({"aws_vpc": [VPC, VPC]}, "aws_vpc.it[0], aws_vpc.it[1]: An environment has one of these"),
        ({"aws_vpc": [VPC], "aws_db_instance": [DATABASE | {"engine": "mysql"}]}, "aws_db_instance.it[0] is mysql"),
        ({"aws_vpc": [VPC], "aws_db_instance": [DATABASE | {"master_user_secret": []}]}, "manage_master_user_password"),
        ({"aws_db_instance": [DATABASE]}, "aws_db_instance.it[0]: the VPC is in no resource of this state"),
        (
            {
                "aws_vpc": [VPC],
                "aws_eks_cluster": [CLUSTER | {"access_config": [{"authentication_mode": "CONFIG_MAP"}]}],
            },
            'authentication_mode = "API_AND_CONFIG_MAP"',
        ),
    ],
)
def test_what_cannot_be_adopted_is_refused_with_the_way_on(resources: dict[str, Any], message: str) -> None:
    [reason] = refusals(read(state(**resources)))
    assert message in reason


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"resources": [{}]}'])
def test_what_is_no_state_is_refused(text: str) -> None:
    with pytest.raises(OperationError, match=r"no state of Terraform: terraform -chdir=<the other project> state pull"):
        read(text)
