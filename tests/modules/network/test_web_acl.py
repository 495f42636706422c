"""What AWS WAF is told to count."""

import re
from pathlib import Path
from typing import Any

import pytest

from imports.aws.provider import AwsProvider
from imports.engine import TerraformStack, Testing
from modules.network.web_acl import web_acl
from monitoring import bundle
from settings import load_settings
from settings.cluster import RateLimitSettings
from tests.charts import one, release_values, render
from tests.conftest import ENVIRONMENTS, Platform, Template, all_of, only, synth
from tests.simulator.terraform import REGION

INGRESS = "alb.ingress.kubernetes.io/wafv2-acl-arn"


def template(**limits: int) -> Template:
    stack = TerraformStack(Testing.app(), "dns")
    AwsProvider(stack, "aws", region=REGION)
    web_acl(stack, "web_acl", name="limits", settings=RateLimitSettings.model_validate(limits))
    return synth(stack)


def rules(found: Template) -> dict[str, Any]:
    return {
        each["name"]: each["statement"]["rate_based_statement"] for each in only(found, "aws_wafv2_web_acl")["rule"]
    }


def counted(rule: dict[str, Any], method: str, path: str) -> bool:
    """As AWS WAF does: each text in small letters, then the regular expression anywhere in it."""
    given = {"method": method.lower(), "uri_path": path.lower()}
    matches = [each["regex_match_statement"] for each in rule["scope_down_statement"]["and_statement"]["statement"]]
    assert {one["type"] for each in matches for one in each["text_transformation"]} == {"LOWERCASE"}
    return all(re.search(each["regex_string"], given[field]) for each in matches for field in each["field_to_match"])


def test_whatever_computes_a_password_is_limited_most() -> None:
    """The routes of src/app/routes/auth/auth.controller.ts in gothinkster/node-express-realworld-example-app. Express 4
    takes other cases of letters and a slash at the end, and decodes nothing before it has chosen the route."""
    found = rules(template(requests=1000, passwords=50))
    computing = [
        ("POST", "/api/users/login"),
        ("POST", "/api/users"),
        ("PUT", "/api/user"),
        ("POST", "/API/Users/LOGIN/"),
    ]
    others = [
        ("GET", "/api/user"),
        ("OPTIONS", "/api/users/login"),
        ("POST", "/api/articles"),
        ("POST", "/api/articles/api/users"),
        ("PUT", "/api/usersx"),
    ]

    assert [counted(found["passwords"], *each) for each in computing] == [True] * len(computing)
    assert [counted(found["passwords"], *each) for each in others] == [False] * len(others)
    assert (found["passwords"]["limit"], found["requests"]["limit"]) == (50, 1000)
    assert {each["aggregate_key_type"] for each in found.values()} == {"IP"}


def test_who_is_over_a_limit_is_told_so_and_all_others_go_on() -> None:
    acl = only(template(), "aws_wafv2_web_acl")

    assert acl["default_action"] == {"allow": {}}
    assert [each["action"] for each in acl["rule"]] == [{"block": {"custom_response": {"response_code": 429}}}] * 2


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_what_it_blocks_is_asked_by_the_names_that_it_has(platform: Platform, environment: str) -> None:
    """The dimensions WebACL and Rule have the names of metrics, not those of the things."""
    asked = bundle.files(load_settings(environment))["units/aws-metrics.service"]
    acls = all_of(platform(environment)["dns"], "aws_wafv2_web_acl")
    named = {rule["visibility_config"]["metric_name"] for acl in acls for rule in acl["rule"]}

    assert {*re.findall(r'"LIMITS=(.*?)"', asked)[0].split()} == named
    for acl in acls:
        assert f'"PREFIX={acl["visibility_config"]["metric_name"]}"' in asked


@pytest.mark.usefixtures("_helm")
@pytest.mark.parametrize(("environment", "limited"), [("production", True), ("staging", False)])
def test_the_load_balancer_has_it_where_the_settings_say_so(
    platform: Platform, environment: str, limited: bool
) -> None:
    assert len(all_of(platform(environment)["dns"], "aws_wafv2_web_acl")) == limited
    ingress = one(render(Path("realworld-example-app/helm"), "x", release_values(platform, environment)), "Ingress")
    said = ingress["metadata"]["annotations"][INGRESS]
    assert re.fullmatch(r"arn:aws:wafv2:us-east-1:\d+:regional/webacl/.+" if limited else "none", said)
