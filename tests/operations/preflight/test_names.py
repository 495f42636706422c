"""Names that are taken are said before AWS says so in the middle of a deploy, with the remedy."""

from collections.abc import Callable
from typing import Any

import pytest

from catalogue import RESOURCES
from catalogue.adoption import NATURAL_IDS
from operations.preflight.names import NAMED
from tests.operations.preflight.conftest import Aws

ACCOUNT = "123456789012"
ISSUER = "token.actions.githubusercontent.com"
ROLE = "realworld-local-node"


def only(aws: Aws, kind: str, wanted: Callable[[Any], bool] = lambda _: True) -> None:
    """Leave the resources of this kind, and of these those that are wanted."""
    for template in aws.templates.values():
        found = template["resource"].get(kind, {})
        template["resource"] = {kind: {key: each for key, each in found.items() if wanted(each)}}


def roles(aws: Aws, *names: str) -> None:
    role = {"Path": "/", "RoleId": "A" * 16, "CreateDate": "2026-01-01"}
    found = [role | {"RoleName": name, "Arn": f"arn:aws:iam::{ACCOUNT}:role/{name}"} for name in names]
    aws.answers("iam", "list_roles", {"Roles": found})


def test_a_role_that_no_state_has_is_named(aws: Aws) -> None:
    only(aws, "aws_iam_role", lambda role: role["name"] == ROLE)
    roles(aws, "realworld-staging-node", f"other-{ROLE}")
    aws.fine("Names")

    roles(aws, ROLE)
    assert str(aws.fails("Names")) == (
        f"Names: aws_iam_role {ROLE} exists, and iam has not made it. Needed: a name that is free. "
        "Remove it, or write another project into environments/local.yaml."
    )


def test_what_a_state_has_or_a_deploy_adopts_is_ours(aws: Aws) -> None:
    only(aws, "aws_iam_role", lambda role: role["name"] == ROLE)
    [address] = aws.templates["iam"]["resource"]["aws_iam_role"]
    aws.known["iam"] = {f"aws_iam_role.{address}"}
    aws.fine("Names")  # and nothing is asked


def provider(aws: Aws, *issuers: str) -> None:
    found = [{"Arn": f"arn:aws:iam::{ACCOUNT}:oidc-provider/{each}"} for each in issuers]
    aws.answers("iam", "list_open_id_connect_providers", {"OpenIDConnectProviderList": found})


def test_a_provider_of_github_is_used_where_there_is_one(aws: Aws) -> None:
    only(aws, "aws_iam_openid_connect_provider")
    provider(aws, "example.com")
    aws.fine("Names")

    provider(aws, ISSUER)
    assert aws.fails("Names").remedy == "Write create_oidc_provider: false below iam.github of environments/local.yaml."


def bucket(aws: Aws, *owned: str) -> str:
    only(aws, "aws_s3_bucket", lambda each: "-runner-" in each["bucket"])
    aws.answers("s3", "list_buckets", {"Buckets": [{"Name": name} for name in owned]})
    return f"realworld-local-runner-{ACCOUNT}"


@pytest.mark.parametrize(("code", "fine"), [("404", True), ("403", False)])
def test_a_bucket_of_another_account_is_named(aws: Aws, code: str, fine: bool) -> None:
    name = bucket(aws)
    aws.refuses("s3", "head_bucket", code)
    if fine:
        aws.fine("Buckets")
    else:
        assert str(aws.fails("Buckets")).startswith(f"Buckets: {name} is of another account. Needed: a name that is fr")


def test_a_bucket_of_this_account_is_not_asked_for(aws: Aws) -> None:
    bucket(aws, f"realworld-local-runner-{ACCOUNT}")
    aws.fine("Buckets")
    bucket(aws, f"realworld-local-runner-{ACCOUNT}")
    assert "aws_s3_bucket realworld-local-runner" in aws.fails("Names").found


def test_a_secret_in_its_recovery_window_is_named_with_the_command_that_ends_it(aws: Aws) -> None:
    name = "realworld-local/jwt-secret"
    for deleted in ({}, {"DeletedDate": "2026-01-01"}):
        found = [{"Name": name, **deleted}, {"Name": "other", "DeletedDate": "2026-01-01"}]
        aws.answers("secretsmanager", "list_secrets", {"SecretList": found}, IncludePlannedDeletion=True)
        if not deleted:
            aws.fine("Secrets")
    assert str(aws.fails("Secrets")).endswith(
        'If nobody needs its value: (eval "$(make -s env ENVIRONMENT=local)" && '
        f"aws secretsmanager delete-secret --force-delete-without-recovery --secret-id {name})"
    )


def test_every_name_of_the_platform_is_looked_for(aws: Aws) -> None:
    """Whatever has a name that is written out and taken only once, by the API references."""
    silent = {"aws_cloudwatch_metric_alarm", "aws_sns_topic"}  # what is there is taken over
    many = {"aws_acm_certificate", "aws_backup_plan", "aws_dlm_lifecycle_policy", "aws_route53_zone"}  # no such rule
    named = {
        kind
        for template in aws.templates.values()
        for kind, resources in template["resource"].items()
        for each in resources.values()
        if kind in RESOURCES and RESOURCES[kind].listing
        if any("${" not in str(each.get(name, "${")) for name in ("name", "identifier", "bucket", "domain_name", "url"))
    }
    assert named - silent - many <= NAMED.keys() | NATURAL_IDS.keys()
