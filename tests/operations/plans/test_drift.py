"""What a refresh-only plan of Terraform says, by attribute, and what it must not say."""

from typing import Any

from operations.plans.drift import NOT_COMPARED, Difference, differences, page, targets
from tests.conftest import ENVIRONMENTS, Platform

WRITTEN = {"name": "n", "policy": "{}", "password": "p", "rules": {}, "empty": True}


def found(before: dict[str, Any], after: dict[str, Any], kind: str = "aws_x", **change: Any) -> dict[str, list[str]]:
    """By attribute, what is in the state and what in AWS."""
    said = {"actions": ["update"], "before": before, "after": after, **change}
    plan = {"resource_drift": [{"address": f"{kind}.a", "type": kind, "name": "a", "change": said}]}
    template = {"resource": {kind: {"a": WRITTEN}}}
    return {each.attribute: [each.state, each.aws] for each in differences("vpc", plan, template)}


def test_what_the_code_writes_is_compared_down_to_the_value() -> None:
    before = {"name": "n", "rules": [{"port": 80, "cidr": "a"}], "arn": "one"}
    after = {"name": "m", "rules": [{"port": 80, "cidr": "b"}], "arn": "two"}

    assert found(before, after) == {"name": ['"n"', '"m"'], "rules[0].cidr": ['"a"', '"b"']}
    assert found({"rules": [1]}, {"rules": [1, 2]}) == {"rules": ["[1]", "[1, 2]"]}


def test_each_tag_is_compared_once_and_also_one_that_nobody_wrote() -> None:
    tags = {"tags": {"owner": "me"}, "tags_all": {"project": "p", "owner": "me"}}

    assert found({"tags": {}, "tags_all": {"project": "p"}}, tags) == {"tags_all.owner": ["null", '"me"']}


def test_what_a_state_has_as_nothing_is_nothing() -> None:
    assert found({"empty": None, "rules": []}, {"empty": False, "rules": None}) == {}
    assert found({"empty": None}, {"empty": True}) == {"empty": ["null", "true"]}


def test_documents_differ_where_their_content_does() -> None:
    assert found({"policy": '{"a":1,"b":2}'}, {"policy": '{"b": 2, "a": 1}'}) == {}
    changed = found({"policy": '{"Statement":[{"Action":"s3:Get"}]}'}, {"policy": '{"Statement":[{"Action":"*"}]}'})
    assert changed == {"policy.Statement[0].Action": ['"s3:Get"', '"*"']}


def test_sensitive_values_are_never_shown() -> None:
    hidden: Any = {"before_sensitive": {"password": True}, "after_sensitive": {"password": True}}
    inside: Any = {"before_sensitive": {"rules": [{"key": True}]}, "after_sensitive": {}}

    assert found({"password": "canary"}, {"password": "bird"}, **hidden) == {"password": ["(sensitive)"] * 2}
    for after in ([{"key": "bird"}], [], None, [{"key": "bird"}, {"key": "b"}]):
        said = found({"rules": [{"key": "canary"}]}, {"rules": after}, **inside)
        assert said, after
        assert "canary" not in str(said)
    # A document of which all is sensitive is not taken apart.
    secret = found({"policy": '{"k":"canary"}'}, {"policy": '{"k":"bird"}'}, before_sensitive={"policy": True})
    assert secret == {"policy": ["(sensitive)"] * 2}


def test_what_is_gone_is_one_line() -> None:
    gone = found({"name": "n"}, None, actions=["delete"])  # type: ignore[arg-type]

    assert gone == {"all of it": ["deployed", "(gone)"]}


def test_what_others_set_is_not_compared() -> None:
    for kind, fields in NOT_COMPARED.items():
        for path in fields.keys() - {"*"}:
            head, _, tail = path.partition("[0].")
            before: Any = {tail: 1} if tail else 1
            after: Any = {tail: 2} if tail else 2
            before, after = ([before], [after]) if tail else (before, after)
            plan = {"actions": ["update"], "before": {head: before}, "after": {head: after}}
            drifted = {"resource_drift": [{"address": f"{kind}.a", "type": kind, "name": "a", "change": plan}]}
            assert list(differences("eks", drifted, {"resource": {kind: {"a": {head: 1}}}})) == []
            assert len([*differences("eks", drifted, {"resource": {kind: {}}})]) == 0


def test_every_ignore_changes_has_its_reason_and_no_reason_is_left_over(platform: Platform) -> None:
    ignored, used = set(), set()
    for environment in ENVIRONMENTS:
        for template in platform(environment).values():
            for kind, named in template.get("resource", {}).items():
                used.add(kind)
                for each in named.values():
                    ignored |= {(kind, field) for field in each.get("lifecycle", {}).get("ignore_changes", [])}

    assert len(ignored) > 1
    known = {(kind, field) for kind, fields in NOT_COMPARED.items() for field in fields}
    assert ignored - known == set(), "add these to catalogue/not_compared.yaml, with the reason"
    assert NOT_COMPARED.keys() - used == set(), "nothing is of these types any more"


def test_a_secret_is_no_target_and_nothing_else_is_left_out() -> None:
    def state(*kinds: str) -> dict[str, Any]:
        every = [*({"mode": "managed", "type": kind} for kind in kinds), {"mode": "data", "type": "aws_ami"}]
        return {"resources": [{"name": "a", "instances": [{"attributes": {"id": "i"}}]} | each for each in every]}

    assert targets(state("aws_vpc", "aws_subnet")) == []
    secret = state("aws_secretsmanager_secret", "aws_secretsmanager_secret_version", "aws_ssm_parameter", "aws_vpc")
    assert targets(secret) == ["-target=aws_secretsmanager_secret.a", "-target=aws_vpc.a"]


def test_the_page_says_what_differs_and_what_was_not_compared() -> None:
    odd = Difference("vpc", "aws_x.a", "tags_all.a|b", "null", '"<b>|\\n"')
    held = {"mode": "managed", "type": "aws_ssm_parameter", "name": "a", "instances": [{"attributes": {"id": "i"}}]}
    states = {"vpc": {"resources": [held]}}

    assert page("title", [odd], states, ["app: not looked at"])[4:] == [
        '| vpc | aws_x.a | tags_all.a\\|b | null | "<b>\\|\\n" |',
        "",
        "- app: not looked at",
        "- not compared: vpc: aws_ssm_parameter.a, because its value would be read",
    ]
    assert "No drift: vpc are in AWS as they were deployed." in page("title", [], states, [])
