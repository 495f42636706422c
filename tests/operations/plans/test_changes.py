"""Old and new value of attributes: all that Terraform shows, and nothing that it masks."""

from collections.abc import Callable
from typing import Any

import pytest

from operations.plans import changes
from tests.operations.plans.conftest import Environment


def shown(before: Any, after: Any, *actions: str, created: bool = False, **said: Any) -> list[str]:
    change = {"actions": actions or ["update"], "before": before, "after": after, "after_unknown": {}} | said
    plan = {"resource_changes": [{"address": "aws_vpc.a", "change": change}]}
    found = changes.attributes(plan, lambda *_: changes.UNKNOWN, created=created)
    return [str(each) for each in found.get("aws_vpc.a", ())]


def test_only_what_differs_is_shown_by_its_path() -> None:
    before = {"name": "a", "rule": [{"port": 80, "open": True}], "tags": {"stack": "vpc"}}
    after = {"name": "a", "rule": [{"port": 443, "open": True}], "tags": {"stack": "vpc", "owner": "ana"}}

    assert shown(before, after) == ["rule[0].port: 80 -> 443", 'tags.owner: null -> "ana"']


def test_a_policy_is_compared_statement_by_statement() -> None:
    before = '{"Statement": [{"Effect": "Allow", "Action": "s3:GetObject"}]}'
    assert shown({"policy": before}, {"policy": before.replace("GetObject", "*")}) == [
        'policy.Statement[0].Action: "s3:GetObject" -> "s3:*"'
    ]


def test_what_is_not_known_yet_and_what_forces_a_replacement() -> None:
    said: dict[str, Any] = {"after_unknown": {"id": True, "zone": [{"name": True}]}, "replace_paths": [["cidr"]]}
    before = {"id": "vpc-1", "cidr": "10.0.0.0/16", "zone": [{"name": "a"}]}

    assert shown(before, {"cidr": "10.1.0.0/16", "zone": [{}]}, "delete", "create", **said) == [
        'cidr: "10.0.0.0/16" -> "10.1.0.0/16" (forces replacement)',
        'id: "vpc-1" -> (known after apply)',
        'zone[0].name: "a" -> (known after apply)',
    ]


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ({"a": "canary1"}, {"a": "canary2"}, {"before_sensitive": {"a": True}, "after_sensitive": {}}),
        ({"a": "canary1"}, {"a": "canary2"}, {"before_sensitive": {}, "after_sensitive": {"a": True}}),
        ({"a": "canary1"}, {}, {"after_unknown": {"a": True}, "after_sensitive": {"a": True}}),
        ({"a": "canary1"}, {"a": "canary2"}, {"before_sensitive": True, "after_sensitive": True}),
        # Lists of another length are shown as a whole.
        (
            {"a": [{"b": "canary1"}]},
            {"a": [{"b": "canary2"}, {"b": "canary3"}]},
            {"before_sensitive": {"a": [{"b": True}]}, "after_sensitive": {"a": [{"b": True}, {"b": True}]}},
        ),
        ({"a": [{"b": "canary1"}]}, {"a": []}, {"before_sensitive": {"a": [{"b": True}]}}),
    ],
)
def test_what_is_sensitive_is_masked(before: Any, after: Any, said: dict[str, Any]) -> None:
    [line] = shown(before, after, **said) or ["nothing"]

    assert "canary" not in line
    assert changes.SECRET in line


def test_of_a_long_value_the_part_that_differs_is_shown() -> None:
    before = "x" * 500 + "old" + "y" * 500

    [line] = shown({"user_data": before}, {"user_data": before.replace("old", "new")})

    assert "old" in line
    assert "new" in line
    assert len(line) < 400


def test_of_what_is_created_the_address_says_enough_unless_it_is_asked_for() -> None:
    assert shown(None, {"cidr": "10.0.0.0/16"}, "create") == []
    assert shown(None, {"cidr": "10.0.0.0/16"}, "create", created=True) == ['cidr: null -> "10.0.0.0/16"']
    assert shown({"cidr": "10.0.0.0/16"}, None, "delete") == []


@pytest.mark.slow
def test_terraform_masks_and_so_do_page_report_and_log(environment: Callable[..., Environment]) -> None:
    secret, canaries = '${sensitive("VALUE")}', ("canary-1", "canary-2")
    planned = environment(one={"a": {"triggers_replace": secret.replace("VALUE", canaries[0])}})
    planned.plan(details=True)
    planned.deploy()
    planned.change(
        "one",
        lambda template: template["resource"]["terraform_data"]["a"].update(
            triggers_replace=secret.replace("VALUE", canaries[1])
        ),
    )

    planned.plan(details=True)

    assert "triggers_replace: (sensitive value) -> (sensitive value) (forces replacement)\n" in planned.printed
    assert "  triggers_replace: (sensitive value) -> (sensitive value) (forces replacement)" in planned.report
    logs = planned.folder.parent / ".local" / "logs"
    texts = [planned.printed, *planned.report, *(path.read_text() for path in logs.glob("*/*.log"))]
    assert not [text for text in texts for canary in canaries if canary in text]
