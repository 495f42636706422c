"""Two environments, or two projects, in one account: no name is the same, and no role touches what the other has."""

import re
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from catalogue import RESOURCES
from settings import Settings, load_settings
from tests.conftest import Template, all_of, changed, templates_of
from tests.iam.engine import Role, roles_of

# By which AWS tells one from another in an account and region.
NAMES = ("name", "bucket", "identifier", "alarm_name", "name_prefix")
# One name for the whole account, on purpose: who comes second sets create_oidc_provider, or has another domain.
SHARED = {"aws_iam_openid_connect_provider", "aws_route53_zone", "aws_route53_record"}
# Of these, an account or a region has one, whoever made it.
OF_AN_ACCOUNT = re.compile(
    r"aws_(iam_account_\w+|ebs_(encryption_by_default|default_kms_key|snapshot_block_public_access)|ec2_instance_metadata_defaults"
    r"|ecr_(registry_\w+|account_setting)|s3_account_\w+|guardduty_\w+|securityhub_\w+|inspector2_\w+|macie2_\w+"
    r"|cloudwatch_log_(resource|account)_policy|backup_(global|region)_settings|ssm_(service_setting|default_patch_baseline)"
    r"|api_gateway_account|iam_service_linked_role|default_vpc|xray_encryption_config|sesv2_account_\w+)"
)
FIRST = load_settings("production")
PAIRS = {
    "prod and prod-eu": ("realworld", "prod", "realworld", "prod-eu"),
    "prod and production": ("realworld", "prod", "realworld", "production"),
    "real and realworld": ("realworld", "prod", "real", "prod"),
    "real-world and real": ("real-world", "prod", "real", "world"),
}
each_pair = pytest.mark.parametrize("pair", PAIRS)

Platform = tuple[Settings, dict[str, Template]]


@cache
def platform(project: str, environment: str) -> Platform:
    settings = changed(FIRST, project=project, environment=environment)
    with TemporaryDirectory() as folder:
        return settings, templates_of(settings, Path(folder))


@cache
def roles(project: str, environment: str) -> dict[str, Role]:
    settings, templates = platform(project, environment)
    return roles_of(templates, settings)


def both(pair: str) -> tuple[tuple[str, str], tuple[str, str]]:
    first_project, first, second_project, second = PAIRS[pair]
    return (first_project, first), (second_project, second)


def names(templates: dict[str, Template]) -> set[tuple[str, str]]:
    return {
        (kind, str(resource[attribute]))
        for template in templates.values()
        for kind, named in template.get("resource", {}).items()
        if kind.startswith("aws_") and kind not in SHARED
        for resource in named.values()
        for attribute in NAMES
        if attribute in resource and "${" not in str(resource[attribute])
    }


@each_pair
def test_no_physical_name_is_the_same(pair: str) -> None:
    first, second = (names(platform(*each)[1]) for each in both(pair))

    meant = {("aws_s3_bucket", platform(*both(pair)[0])[0].names.state_bucket)}  # of all environments of a project
    assert len(first) > 40
    assert first & second <= meant


def test_nothing_is_a_setting_of_the_whole_account() -> None:
    assert [kind for kind in RESOURCES if OF_AN_ACCOUNT.fullmatch(kind)] == []


def test_every_bucket_is_one_that_no_other_environment_reaches() -> None:
    """A bucket that is missing: add it to `buckets` in settings/names.py."""
    settings, templates = platform("realworld", "prod")

    found = {bucket["bucket"] for template in templates.values() for bucket in all_of(template, "aws_s3_bucket")}
    assert found == {settings.names.state_bucket, *settings.names.buckets}


@each_pair
@pytest.mark.parametrize("turned", [False, True])
def test_no_role_touches_what_the_other_has(pair: str, turned: bool) -> None:
    own, other = reversed(both(pair)) if turned else both(pair)
    settings = platform(*other)[0]
    tags = {"aws:ResourceTag/project": settings.project, "aws:ResourceTag/environment": settings.environment}
    here, prefix = f"{settings.region}:{settings.account}", settings.names.prefix
    account = f"arn:aws:iam::{settings.account}"
    passed = {"iam:PassedToService": "ec2.amazonaws.com"}
    requests = [
        ("rds:DeleteDBInstance", f"arn:aws:rds:{here}:db:{prefix}", tags),
        ("eks:DeleteCluster", f"arn:aws:eks:{here}:cluster/{prefix}", tags),
        ("kms:ScheduleKeyDeletion", f"arn:aws:kms:{here}:key/1", tags),
        ("secretsmanager:GetSecretValue", f"arn:aws:secretsmanager:{here}:secret:{prefix}/jwt-secret-abcdef", tags),
        ("ec2:TerminateInstances", f"arn:aws:ec2:{here}:instance/i-1", tags),
        ("ssm:PutParameter", f"arn:aws:ssm:{here}:parameter{settings.names.runner_token_parameter}", tags),
        ("sns:Publish", settings.names.alert_topic_arn, tags),
        ("s3:PutObject", f"arn:aws:s3:::{settings.names.state_bucket}/{settings.environment}/vpc.tfstate", {}),
        ("s3:PutBucketPolicy", f"arn:aws:s3:::{settings.names.monitoring_bucket}", {}),
        ("iam:UpdateAssumeRolePolicy", f"{account}:role/{prefix}-deploy", {}),
        (
            "iam:PutRolePolicy",
            f"{account}:role/{prefix}-node",
            {"iam:PermissionsBoundary": settings.names.boundary_arn},
        ),
        *(("iam:PassRole", each.arn, passed) for each in roles(*other).values()),
        *(("iam:UpdateAssumeRolePolicy", each.arn, {}) for each in roles(*other).values()),
    ]
    found = roles(*own)
    for action, arn, context in requests:
        # Roles have the names of the other only by accident, and are then those of whoever made them.
        accidental = arn.split("/")[-1] in {each.arn.split("/")[-1] for each in found.values()}
        who = [name for name, role in found.items() if not accidental and role.may(action, arn, context)]
        assert who == [], f"{action} on {arn}"
