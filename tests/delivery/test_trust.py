"""Workflows and what they meet in AWS, checked together: apart from each other, both look right."""

import json
from pathlib import Path
from typing import Any

import pytest

from imports.engine import Testing
from settings import load_settings
from stacks.iam import IamStack
from tests.conftest import Platform, Template, all_of, changed, synth
from tests.delivery.crosscheck import (
    AUDIENCE,
    ISSUER,
    Policy,
    backend_errors,
    claims,
    opens,
    time_errors,
    trust_errors,
)
from tests.delivery.workflows import MAIN, Job, Run, all_jobs, all_steps, files, load

ENVIRONMENTS = ("staging", "production")
DEFECTS = Path(__file__).with_name("defects")
JOBS = all_jobs()
VARIABLES = {"PROJECT": load_settings("staging").project} | {
    f"{environment.upper()}_{name.upper()}": getattr(load_settings(environment), name)
    for environment in ENVIRONMENTS
    for name in ("account", "region")
}
CLASSIC = {"platform": ["realworld-inc/platform"], "application": ["realworld-inc/realworld-example-app"]}
IMMUTABLE = {
    "platform": ["acme/platform", "acme@1/platform@2"],
    "application": ["acme/shop", "acme@1/shop@3"],
}


def roles_of(template: Template, environment: str) -> dict[str, dict[str, Any]]:
    """The roles that trust GitHub, by their ARN."""
    account = load_settings(environment).account
    return {
        f"arn:aws:iam::{account}:role/{role['name']}": role
        for role in all_of(template, "aws_iam_role")
        if ISSUER in role["assume_role_policy"]
    }


def trust(roles: dict[str, dict[str, Any]]) -> dict[str, Policy]:
    return {arn: json.loads(role["assume_role_policy"]) for arn, role in roles.items()}


@pytest.fixture(scope="module")
def roles(platform: Platform) -> dict[str, dict[str, Any]]:
    return roles_of(platform("staging")["iam"], "staging") | roles_of(platform("production")["iam"], "production")


@pytest.fixture(scope="module")
def roles_with_ids() -> dict[str, dict[str, Any]]:
    github = {"platform_repository": "acme@1/platform@2", "application_repository": "acme@1/shop@3"}
    found: dict[str, dict[str, Any]] = {}
    for environment in ENVIRONMENTS:
        settings = changed(load_settings(environment), iam={"github": github})
        found |= roles_of(synth(IamStack(Testing.app(), settings)), environment)
    return found


def test_every_job_opens_the_roles_that_it_takes_and_no_others(
    roles: dict[str, dict[str, Any]], roles_with_ids: dict[str, dict[str, Any]]
) -> None:
    assert len(roles) == 2 * 6
    assert list(trust_errors(JOBS, CLASSIC, trust(roles), VARIABLES)) == []
    assert list(trust_errors(JOBS, IMMUTABLE, trust(roles_with_ids), VARIABLES)) == []


@pytest.mark.parametrize("repository", ["realworld-inc/platform", "realworld-inc/realworld-example-app"])
@pytest.mark.parametrize(
    ("about", "ref"),
    [
        ("ref:refs/heads/feature", "refs/heads/feature"),
        ("ref:refs/heads/main-2", "refs/heads/main-2"),
        ("ref:refs/tags/main", "refs/tags/main"),
        ("ref:refs/pull/1/merge", "refs/pull/1/merge"),
        ("environment:staging", "refs/heads/feature"),
        ("environment:production", "refs/pull/1/merge"),
        ("environment:production-runner", "refs/heads/feature"),
        ("environment:Production", MAIN),
        ("environment:development", MAIN),
        ("environment:production ", MAIN),
        ("pull_request_target", MAIN),
        ("*", MAIN),
    ],
)
def test_no_other_branch_event_or_environment_opens_a_role(
    roles: dict[str, dict[str, Any]], repository: str, about: str, ref: str
) -> None:
    presented = {f"{ISSUER}:aud": AUDIENCE, f"{ISSUER}:sub": f"repo:{repository}:{about}", f"{ISSUER}:ref": ref}

    assert [arn for arn, policy in trust(roles).items() if opens(policy, presented)] == []


@pytest.mark.parametrize(
    "repository",
    [
        "somebody/platform",
        "realworld-inc/platform-2",
        "realworld-inc/other",
        "realworld-inc2/realworld-example-app",
        "Realworld-Inc/platform",
        "realworld-inc@9/platform@9",
    ],
)
@pytest.mark.parametrize("environment", ["", "staging", "production", "staging-runner", "production-runner"])
@pytest.mark.parametrize("event", ["push", "pull_request", "schedule"])
def test_no_other_repository_opens_a_role(
    roles: dict[str, dict[str, Any]], repository: str, environment: str, event: str
) -> None:
    presented = claims(repository, Run(event, MAIN), environment)

    assert [arn for arn, policy in trust(roles).items() if opens(policy, presented)] == []


def test_a_pull_request_opens_what_reads_and_nothing_else(roles: dict[str, dict[str, Any]]) -> None:
    for repository, expected in (("platform", {"plan"}), ("realworld-example-app", set())):
        presented = claims(f"realworld-inc/{repository}", Run("pull_request", "refs/pull/1/merge"), "")
        opened = {arn.split("-")[-1] for arn, policy in trust(roles).items() if opens(policy, presented)}
        assert opened == expected


def test_another_audience_opens_nothing(roles: dict[str, dict[str, Any]]) -> None:
    presented = claims("realworld-inc/platform", Run("push", MAIN), "staging")

    assert any(opens(policy, presented) for policy in trust(roles).values())
    other = {**presented, f"{ISSUER}:aud": "https://github.com/realworld-inc"}
    assert not any(opens(policy, other) for policy in trust(roles).values())


def test_a_login_lasts_as_long_as_its_job(roles: dict[str, dict[str, Any]]) -> None:
    longest = {arn: role["max_session_duration"] for arn, role in roles.items()}

    assert list(time_errors(JOBS, longest, VARIABLES)) == []


def test_the_terraform_of_the_workflows_knows_what_the_stacks_use(platform: Platform) -> None:
    pins = pinned_terraform(files())
    stacks = {f"{each}/{name}": stack for each in ENVIRONMENTS for name, stack in platform(each).items()}

    assert len(pins) == 1
    assert list(backend_errors(pins, stacks)) == []
    too_old = [("old.yml", "1.10.5")]
    assert {line.split(" of ")[0] for line in backend_errors(too_old, stacks) if "know" in line} == {
        "old.yml: Terraform 1.10.5 does not know write-only arguments"
    }


def pinned_terraform(paths: list[Path]) -> list[tuple[str, str]]:
    return [
        (file, str(step["with"]["terraform_version"]))
        for file, step in all_steps(paths)
        if step.get("uses", "").startswith("hashicorp/setup-terraform@")
    ]


def test_a_role_that_trusts_a_branch_is_closed_to_a_job_with_an_environment() -> None:
    policy = json.loads((DEFECTS / "environment_and_ref.json").read_text())
    role = "arn:aws:iam::111122223333:role/realworld-staging-deploy"
    jobs = load("platform", DEFECTS / "environment_and_ref.yml")

    assert list(trust_errors(jobs, {"platform": ["acme/platform"]}, {role: policy}, VARIABLES)) == [
        "environment_and_ref.yml, job deploy, push of refs/heads/main, comes as "
        f"repo:acme/platform:environment:staging: {role} does not trust it"
    ]


def test_a_terraform_that_knows_no_lockfile_is_too_old() -> None:
    stack = json.loads((DEFECTS / "old_terraform.json").read_text())

    assert list(backend_errors(pinned_terraform([DEFECTS / "old_terraform.yml"]), {"vpc": stack})) == [
        "old_terraform.yml: Terraform 1.9.8 does not know use_lockfile of vpc, 1.10 does"
    ]


@pytest.mark.parametrize(
    ("job", "change", "error"),
    [
        ("check", {"permissions": {"id-token": "write"}}, "a job takes a role if it has id-token: write"),
        ("staging", {"permissions": {}}, "a job takes a role if it has id-token: write"),
        ("staging", {"environment": ""}, "does not trust it"),
        ("staging", {"environment": "production"}, "trusts it, and it does not ask for that"),
        ("staging", {"if": "always()"}, "refs/heads/any, comes as"),
        ("plan", {"if": "success()"}, "a fork gets no token"),
        ("token", {"environment": "staging"}, "trusts it, and it does not ask for that"),
    ],
)
def test_a_workflow_that_is_loosened_is_found(
    roles: dict[str, dict[str, Any]], job: str, change: dict[str, Any], error: str
) -> None:
    broken = [
        Job(each.repository, each.file, each.name, {**each.content, **change}, each.triggers)
        if each.name == job and each.repository == "platform"
        else each
        for each in JOBS
    ]

    found = list(trust_errors(broken, CLASSIC, trust(roles), VARIABLES))
    assert any(error in line for line in found), found


def test_an_event_that_nobody_thought_about_is_refused() -> None:
    job = Job("platform", "x.yml", "x", {"permissions": {}}, {"pull_request_target": None})

    with pytest.raises(ValueError, match="pull_request_target"):
        job.runs()
