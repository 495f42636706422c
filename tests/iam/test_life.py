"""The roles of the pipelines, asked about every call of a life: see life.py."""

import json
import re

import pytest

from settings import load_settings
from tests.conftest import Platform, all_of
from tests.iam import life
from tests.iam.conftest import Roles
from tests.iam.engine import Policy, Role, decide, resolved
from tests.iam.requests import Call, is_read

SETTINGS = load_settings("local")
# The engine knows no parameter below no account: tests/delivery/test_access.py asks about those that AWS publishes.
CALLS = {call: by for call, by in life.read().items() if "::parameter/aws/" not in call.resource}
PIPELINES = ("plan", "deploy", "restore-drill", "runner-token", "push", "release")
ACCOUNT = f"arn:aws:iam::{SETTINGS.account}"
# What an administrator makes, once, and what no pipeline changes.
OF_ADMINISTRATORS = {
    SETTINGS.names.boundary_arn,
    f"{ACCOUNT}:oidc-provider/token.actions.githubusercontent.com",
    *(f"{ACCOUNT}:role/{SETTINGS.names.prefix}-{name}" for name in PIPELINES),
}
# Before it deletes the boundary, and at the end of the life of `local`, which is searched for what is left.
NOT_OF_PIPELINES = {
    "iam:ListPolicyVersions",
    "iam:ListInstanceProfiles",
    "iam:ListOpenIDConnectProviders",
    "iam:ListPolicies",
}
TAGS = {"aws:ResourceTag/project": SETTINGS.project, "aws:ResourceTag/environment": SETTINGS.environment}


Policies = dict[str, list[Policy | None]]


@pytest.fixture(scope="module")
def resource_policies(platform: Platform) -> Policies:
    """By the start of an ARN: of each bucket, and of all keys together, whose ids nobody knows."""
    found: Policies = {}
    for template in platform("local").values():
        for key in all_of(template, "aws_kms_key"):
            found.setdefault(f"arn:aws:kms:{SETTINGS.region}:{SETTINGS.account}:key", []).append(
                json.loads(key["policy"])
            )
        for written in all_of(resolved(template, SETTINGS), "aws_s3_bucket_policy"):
            bucket = re.search(r"arn:aws:s3:::[\w-]+", written["policy"])
            assert bucket, written["policy"]
            found[bucket[0]] = [json.loads(written["policy"])]
    return found


def allowed(roles: dict[str, Role], name: str, call: Call, policies: Policies) -> bool:
    role = roles[name]
    context = TAGS | {"aws:SecureTransport": "true"} | dict(call.context)
    concerned = next((each for each in roles.values() if each.arn == call.resource), None)
    if concerned and concerned.boundary and call.action != "iam:CreateRole":
        context["iam:PermissionsBoundary"] = SETTINGS.names.boundary_arn
    if call.action == "iam:PassRole":
        assert concerned, f"{call.resource} is no role of the platform"
        context["iam:PassedToService"] = concerned.trust["Statement"][0]["Principal"]["Service"]
    return all(
        decide(role.arn, role.policies, role.boundary, call.action, call.resource, context, policy)
        for policy in policies.get(call.resource.split("/")[0], [None])
    )


def test_a_deploy_may_do_all_of_its_life_but_what_administrators_do(roles: Roles, resource_policies: Policies) -> None:
    found = roles("local")
    refused = {
        f"{call.action} on {call.resource}" for call in CALLS if not allowed(found, "deploy", call, resource_policies)
    }

    expected = {
        f"{call.action} on {call.resource}"
        for call in CALLS
        if (call.resource in OF_ADMINISTRATORS and not is_read(call.action)) or call.action in NOT_OF_PIPELINES
    }
    assert refused == expected
    assert len(CALLS) > 500


def test_a_plan_may_read_all_that_it_reads_and_changes_nothing_of_what_a_life_changes(
    roles: Roles, resource_policies: Policies
) -> None:
    found = roles("local")
    answers = {call: allowed(found, "plan", call, resource_policies) for call in CALLS}

    assert [call for call, by in CALLS.items() if "plan" in by and not answers[call]] == []
    assert sum("plan" in by for by in CALLS.values()) > 150
    assert [call for call, may in answers.items() if may and not is_read(call.action)] == []
    # The look for drift reads what a deploy reads, by the same role, and leaves these out.
    refused = {
        f"{call.action} on {call.resource}"
        for call, by in CALLS.items()
        if "deploy" in by and is_read(call.action) and not answers[call]
    }
    here = f"{SETTINGS.region}:{SETTINGS.account}"
    assert refused == {
        f"secretsmanager:GetSecretValue on arn:aws:secretsmanager:{here}:secret:realworld-local/jwt-secret-abcdef",
        "secretsmanager:GetSecretValue on "
        f"arn:aws:secretsmanager:{here}:secret:realworld-local-monitoring/grafana-abcdef",
        f"ssm:GetParameter on arn:aws:ssm:{here}:parameter/realworld-local/runner/registration-token",
        f"ssm:GetParameter on arn:aws:ssm:{here}:parameter/realworld-local/database/restore-drill",
    }
