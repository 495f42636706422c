"""What resources cost, and how the prices are read from the files of AWS's price list."""

from datetime import date

import pytest
import yaml

from catalogue import RESOURCES
from operations.plans.prices import FILE, TABLE, of, read, written
from tests.conftest import Platform

# The form of an offer file: five lines about it, the names of the columns (of AmazonEC2 and AmazonRDS, those that are
# read), and a product a line. Source: the documentation that operations/plans/prices.py names, and files of AWS.
HEAD = """"FormatVersion","v1.0"
"Disclaimer","This pricing list is for informational purposes only. All prices are subject to additional terms, ..."
"Publication Date","2025-09-12T22:53:08Z"
"Version","20250912225308"
"OfferCode","{}"
"SKU","TermType","StartingRange","EndingRange","PricePerUnit","Location Type",{}"usageType","operation"
"""
EC2 = (
    HEAD.format("AmazonEC2", "")
    + """"A1","OnDemand","0","Inf","0.0900000000","AWS Region","BoxUsage:t3.large","RunInstances"
"A2","OnDemand","0","Inf","0.1108000000","AWS Region","BoxUsage:t3.large","RunInstances:0002"
"A3","Reserved","0","Inf","0.0500000000","AWS Region","BoxUsage:t3.large","RunInstances"
"A4","OnDemand","0","Inf","0.1040000000","AWS Local Zone","BOS1-BoxUsage:t3.large","RunInstances"
"A5","OnDemand","0","Inf","0.0000000000","AWS Region","UnusedBoxUsage:t3.large","RunInstances"
"A6","OnDemand","0","Inf","0.1664000000","AWS Region","BoxUsage:t3.large2","RunInstances"
"""
)
RDS = (
    HEAD.format("AmazonRDS", '"Database Engine",')
    + """"B1","OnDemand","0","Inf","0.1270000000","AWS Region","PostgreSQL","EU-RDS:GP3-Storage","CreateDBInstance"
"B2","OnDemand","0","Inf","0.1380000000","AWS Region","SQL Server","EU-RDS:GP3-Storage","CreateDBInstance"
"""
)


def test_prices_are_those_on_demand_of_the_region_itself() -> None:
    assert read(EC2.splitlines(), ["BoxUsage:t3.large"], "us-east-1") == {"BoxUsage:t3.large": 0.09}
    assert read(RDS.splitlines(), ["RDS:GP3-Storage"], "eu-west-1") == {"RDS:GP3-Storage": 0.127}


def test_the_first_tier_counts_and_a_region_may_stand_before_it() -> None:
    tiers = (
        HEAD.format("AmazonRoute53", "")
        + """"C1","OnDemand","0","25","0.50","","HostedZone",""
"C1","OnDemand","25","Inf","0.10","","HostedZone",""
"C2","OnDemand","0","Inf","1.0","AWS Region","us-east-1-KMS-Keys","unknown"
"""
    )

    assert read(tiers.splitlines(), ["HostedZone", "KMS-Keys"], "us-east-1") == {"HostedZone": 0.5, "KMS-Keys": 1.0}


def test_what_is_missing_or_has_two_prices_is_named() -> None:
    with pytest.raises(ValueError, match=r"BoxUsage:m7i\.large"):
        read(EC2.splitlines(), ["BoxUsage:m7i.large"], "us-east-1")
    twice = f'{EC2}"A7","OnDemand","0","Inf","0.2","AWS Region","BoxUsage:t3.large","RunInstances"\n'
    with pytest.raises(ValueError, match=r"0\.09, 0\.2|0\.2, 0\.09"):
        read(twice.splitlines(), ["BoxUsage:t3.large"], "us-east-1")


def test_the_table_gets_them_with_their_day_and_keeps_all_else() -> None:
    text = FILE.read_text()
    prices = {"BoxUsage:t3.large": 0.09, "CW:AlarmMonitorUsage": 0.2, "HostedZone": 0.6}
    table = yaml.safe_load(written(text, prices, date(2027, 1, 2)))

    assert table["dated"] == date(2027, 1, 2)
    assert table["offers"]["AmazonEC2"]["BoxUsage:t3.large"] == 0.09
    assert table["offers"]["AmazonCloudWatch"] == {"CW:AlarmMonitorUsage": 0.2}
    assert table["offers"]["AmazonRoute53"] == {"HostedZone": 0.6}
    assert table["resources"] == TABLE["resources"]
    assert written(text, {}, TABLE["dated"]) == text


def test_what_a_resource_costs_follows_from_its_attributes() -> None:
    database = {"instance_class": "db.t4g.medium", "allocated_storage": 20, "multi_az": True}
    nodes = {"instance_types": ["t3.large"], "scaling_config": [{"min_size": 2, "max_size": 4}]}
    endpoint = {"vpc_endpoint_type": "Interface", "subnet_ids": ["a", "b"]}

    assert of("aws_db_instance", database) == pytest.approx(0.129 * 730 + 20 * 0.23)
    assert of("aws_db_instance", database | {"multi_az": False}) == pytest.approx(0.065 * 730 + 20 * 0.115)
    assert of("aws_eks_node_group", nodes) == pytest.approx(2 * 0.0832 * 730)
    assert of("aws_vpc_endpoint", endpoint) == pytest.approx(2 * 0.01 * 730)
    assert of("aws_vpc_endpoint", {"vpc_endpoint_type": "Gateway"}) == of("aws_subnet", {}) == of("aws_eip", None) == 0


def test_what_has_no_price_is_not_taken_for_nothing() -> None:
    assert of("aws_instance", {"instance_type": "x9.large"}) is None
    assert of("aws_eks_node_group", {"instance_types": ["t3.large"]}) is None


@pytest.mark.parametrize("environment", ["local", "staging", "production"])
def test_every_resource_of_an_environment_that_has_a_price_is_known(platform: Platform, environment: str) -> None:
    unknown = {
        f"{kind}.{name}"
        for template in platform(environment).values()
        for kind, named in template.get("resource", {}).items()
        for name, each in named.items()
        if of(kind, each) is None
    }

    assert not unknown, "catalogue/prices.yaml has to have these"
    assert TABLE["resources"].keys() <= RESOURCES.keys()
