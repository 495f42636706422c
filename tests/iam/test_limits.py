"""Policies fit into what IAM takes, for the longest names that the settings allow.

Source: the IAM User Guide, IAM and AWS STS quotas. It counts no white space.
"""

import json
from collections import Counter

import pytest

from imports.engine import Testing
from settings import Settings, load_settings
from stacks.iam import IamStack
from tests.conftest import Template, all_of, changed, synth

MANAGED, INLINE, TRUST, ATTACHED, NAME = 6144, 10240, 2048, 10, 64


@pytest.fixture(scope="module")
def longest() -> Settings:
    first = load_settings("production")
    repository = f"{'o' * 39}@{'1' * 10}/{'r' * 100}@{'2' * 10}"
    github = {"platform_repository": repository, "application_repository": repository}
    return changed(
        first,
        project="p" * 16,
        environment="e" * 16,
        region="ap-southeast-1",
        iam={"github": github},
        vpc={"zones": ["ap-southeast-1a", "ap-southeast-1b"]},
        monitoring={"zone": "ap-southeast-1a"},
        runner={"zone": "ap-southeast-1a"},
        dns={"domain": f"{'d' * 63}.{'d' * 63}.link"},
    )


@pytest.fixture(scope="module")
def template(longest: Settings) -> Template:
    return synth(IamStack(Testing.app(), longest))


def size(policy: str) -> int:
    # A reference is shorter than the ARN in its place, which is that of the provider.
    arn = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"
    return len(
        json.dumps(
            json.loads(policy.replace("${aws_iam_openid_connect_provider.github.arn}", arn)), separators=(",", ":")
        )
    )


def test_every_policy_is_short_enough(template: Template) -> None:
    assert {each["name"] for each in all_of(template, "aws_iam_policy") if size(each["policy"]) > MANAGED} == set()
    inline = Counter[str]()
    for each in all_of(template, "aws_iam_role_policy"):
        inline[each["role"]] += size(each["policy"])
    assert {role: found for role, found in inline.items() if found > INLINE} == {}
    assert len(inline) > 5


def test_every_role_is_within_its_limits(template: Template) -> None:
    attached = Counter(each["role"] for each in all_of(template, "aws_iam_role_policy_attachment"))
    assert max(attached.values()) <= ATTACHED
    for role in all_of(template, "aws_iam_role"):
        assert size(role["assume_role_policy"]) <= TRUST, role["name"]
        assert len(role["name"]) <= NAME
