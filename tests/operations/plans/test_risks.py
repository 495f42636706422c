"""What a plan in Terraform's JSON puts at risk."""

import json
from typing import Any

import pytest

from catalogue import RESOURCES
from operations.plans.risks import MEANING, of_plan
from tests.conftest import Platform

POLICY = '{"Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}'
RULE = {"security_group_id": "sg-1", "cidr_ipv4": "10.0.0.0/8", "ip_protocol": "tcp", "from_port": 443, "to_port": 443}


def change(kind: str, before: Any, after: Any, name: str = "a", **others: Any) -> dict[str, Any]:
    """A change as `terraform show -json` has it."""
    actions = ["create"] if before is None else ["delete"] if after is None else ["update"]
    return {
        "address": f"{kind}.{name}",
        "mode": "managed",
        "type": kind,
        "change": {"actions": actions, "before": before, "after": after} | others,
    }


def said(*changes: dict[str, Any]) -> list[str]:
    found = of_plan("one", {"resource_changes": list(changes)})
    return [f"{risk.kind} {risk.address} {risk.text}" for risk in found]


def test_data_comes_first_with_what_forces_it_and_is_said_once() -> None:
    replaced: dict[str, Any] = {"actions": ["delete", "create"], "replace_paths": [["db_name"]]}
    found = said(
        change("aws_nat_gateway", {}, {}, actions=["create", "delete"]),
        change("aws_db_instance", {"db_name": "a"}, {"db_name": "b"}, **replaced),
        change("aws_eip", {}, None),
    )

    assert found == [
        "data aws_db_instance.a is replaced, because of db_name: its data go with it",
        "data aws_eip.a is deleted: others may have let in its address",
        "service aws_nat_gateway.a is replaced: connections to the outside are cut",
    ]


def test_what_is_not_known_yet_is_a_change_and_what_is_known_in_a_block_is_none() -> None:
    group = {"launch_template": [{"id": "lt-1", "version": "1"}], "version": "1.35"}
    unknown = {"launch_template": [{"version": True}]}

    assert said(change("aws_eks_node_group", group, group, after_unknown={"launch_template": [{}]})) == []
    assert said(change("aws_eks_node_group", group, group, after_unknown=unknown)) == [
        "service aws_eks_node_group.a changes launch_template: its nodes are rolled, and each pod on them starts again "
        "elsewhere"
    ]


def test_a_policy_that_nobody_knows_yet_cannot_be_compared_and_a_sensitive_one_is_not_shown() -> None:
    role = {"policy": POLICY}
    wide = {"policy": POLICY.replace("s3:GetObject", "canary:*")}

    assert said(change("aws_iam_role_policy", role, {}, after_unknown={"policy": True})) == [
        "IAM aws_iam_role_policy.a has a policy that cannot be compared: (known after apply)"
    ]
    assert said(change("aws_iam_role_policy", role, wide)) == ["IAM aws_iam_role_policy.a allows more: canary:* on *"]
    assert said(change("aws_iam_role_policy", role, wide, after_sensitive={"policy": True})) == [
        "IAM aws_iam_role_policy.a has a policy that cannot be compared: (sensitive value)"
    ]


def test_who_gets_a_role_or_loses_its_limit_is_named() -> None:
    boundary = {"permissions_boundary": "arn:limit", "tags": {}}

    assert said(
        change("aws_iam_role_policy_attachment", None, {"role": "ci", "policy_arn": "arn:aws:iam::aws:policy/Admin"}),
        change("aws_iam_role", boundary, boundary | {"permissions_boundary": None}),
        change("aws_iam_role", boundary, boundary | {"tags": {"a": "b"}}, "b"),
    ) == [
        "IAM aws_iam_role.a has permissions_boundary null now",
        "IAM aws_iam_role_policy_attachment.a gives role ci, policy_arn arn:aws:iam::aws:policy/Admin",
    ]


@pytest.mark.parametrize(
    ("now", "opened"),
    [
        ({"from_port": 22}, "lets tcp 22-443 in from 10.0.0.0/8"),
        ({"cidr_ipv4": "0.0.0.0/0"}, "lets tcp 443 in from 0.0.0.0/0"),
        ({"ip_protocol": "-1", "from_port": None, "to_port": None}, "lets everything in from 10.0.0.0/8"),
        ({"cidr_ipv4": "10.1.0.0/16"}, None),
        ({"description": "other"}, None),
    ],
)
def test_a_rule_that_lets_in_more_is_named(now: dict[str, Any], opened: str | None) -> None:
    kind = "aws_vpc_security_group_ingress_rule"
    expected = [f"exposure {kind}.a {opened}"] if opened else []

    assert said(change(kind, RULE, RULE | now)) == expected
    # The same when the rule gets another name, and so another address.
    assert [
        each.replace(".b ", ".a ") for each in said(change(kind, None, RULE | now, "b"), change(kind, RULE, None))
    ] == (expected)


def test_a_rule_of_another_group_opens_it() -> None:
    kind = "aws_vpc_security_group_ingress_rule"
    other = RULE | {"security_group_id": "sg-2"}

    assert said(change(kind, RULE, None), change(kind, None, other, "b")) == [
        f"exposure {kind}.b lets tcp 443 in from 10.0.0.0/8"
    ]
    unknown = {"referenced_security_group_id": True, "security_group_id": True}
    assert said(change(kind, None, RULE | {"cidr_ipv4": None}, after_unknown=unknown)) == [
        f"exposure {kind}.a lets tcp 443 in from (known after apply)"
    ]


def test_networks_and_flags_that_let_in_more_are_named() -> None:
    closed = {"vpc_config": [{"public_access_cidrs": ["203.0.113.0/24"], "endpoint_public_access": False}]}
    opened = {"vpc_config": [{"public_access_cidrs": ["203.0.113.7/32", "0.0.0.0/0"], "endpoint_public_access": True}]}

    assert said(change("aws_eks_cluster", closed, opened)) == [
        "exposure aws_eks_cluster.a has vpc_config.endpoint_public_access true now",
        "exposure aws_eks_cluster.a lets 0.0.0.0/0 in by vpc_config.public_access_cidrs",
    ]
    assert said(change("aws_eks_cluster", opened, closed)) == []


def test_what_keeps_a_bucket_closed_is_missed_only_as_long_as_there_is_the_bucket() -> None:
    block = change("aws_s3_bucket_public_access_block", {"bucket": "files"}, None)

    assert said(block) == [
        "exposure aws_s3_bucket_public_access_block.a is deleted: nothing keeps its bucket from being public"
    ]
    assert [each for each in said(block, change("aws_s3_bucket", {"id": "files"}, None)) if "exposure" in each] == []


def test_a_first_plan_is_short() -> None:
    many = [change("aws_iam_role_policy", None, {"policy": POLICY}, name) for name in "abcde"]

    assert said(*many[:3])[0] == "IAM aws_iam_role_policy.a allows more: s3:getobject on *"
    assert said(*many) == [
        "IAM  new are aws_iam_role_policy.a, aws_iam_role_policy.b, aws_iam_role_policy.c and 2 more"
    ]


def test_what_is_said_of_types_is_of_types_that_there_are() -> None:
    unused = {kind for kinds in MEANING.values() for kind in kinds} - RESOURCES.keys() - {"helm_release"}

    assert not unused, f"catalogue/risks.yaml: no stack has {unused}"


@pytest.mark.parametrize("environment", ["local", "production"])
def test_every_policy_and_every_rule_is_compared(platform: Platform, environment: str) -> None:
    for template in platform(environment).values():
        for kind, named in template.get("resource", {}).items():
            for name, resource in named.items():
                texts = {key for key, value in resource.items() if '"Statement"' in json.dumps(value).replace("\\", "")}
                assert texts <= {MEANING["policies"].get(kind)}, f"{kind}.{name}: add it to policies in risks.yaml"
                inside = {"ingress", "egress"} & resource.keys()
                assert not inside, f"{kind}.{name}: write rules as resources, which catalogue/risks.yaml compares"
