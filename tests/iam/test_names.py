"""Physical names of any two environments, and how far the patterns in policies reach: on the text of what is written.

Names are those of one synthesis with another prefix, so that thousands of pairs cost no more than one.
"""

import random
import re
from functools import cache

import botocore.session
import pytest
from pydantic import ValidationError

from settings import load_settings
from tests.conftest import Platform, Template, changed
from tests.iam.engine import roles_of

LOCAL = load_settings("local")
PAIRS, SEED = 300, 16
# By which AWS tells one from another, and the part of an ARN that has the name.
ARNS = {
    "aws_backup_vault": "backup:{here}:backup-vault:{name}",
    "aws_cloudwatch_log_group": "logs:{here}:log-group:{name}",
    "aws_cloudwatch_metric_alarm": "cloudwatch:{here}:alarm:{name}",
    "aws_db_instance": "rds:{here}:db:{name}",
    "aws_db_parameter_group": "rds:{here}:pg:{name}",
    "aws_db_subnet_group": "rds:{here}:subgrp:{name}",
    "aws_ecr_repository": "ecr:{here}:repository/{name}",
    "aws_eks_cluster": "eks:{here}:cluster/{name}",
    "aws_iam_instance_profile": "iam::{account}:instance-profile/{name}",
    "aws_iam_policy": "iam::{account}:policy/{name}",
    "aws_iam_role": "iam::{account}:role/{name}",
    "aws_kms_alias": "kms:{here}:{name}",
    "aws_s3_bucket": "s3:::{name}",
    "aws_secretsmanager_secret": "secretsmanager:{here}:secret:{name}-abcdef",
    "aws_sns_topic": "sns:{here}:{name}",
    "aws_ssm_parameter": "ssm:{here}:parameter{name}",
}
# No pattern of a role has a name of these: they have ids, or are inside of something that is named.
WITHOUT_PATTERN = {
    "aws_backup_plan",
    "aws_backup_selection",
    "aws_iam_role_policy",
    "aws_route53_record",
    "aws_route53_zone",
    "aws_security_group",
    "aws_wafv2_web_acl",
}
# What creates each kind, the parameter with its name, and how long that may be where the model of AWS does not say.
LIMITS = {
    "aws_backup_plan": ("backup", "CreateBackupPlan", "BackupPlan.BackupPlanName", 50),  # Backup developer guide
    "aws_backup_selection": ("backup", "CreateBackupSelection", "BackupSelection.SelectionName", 50),
    "aws_backup_vault": ("backup", "CreateBackupVault", "BackupVaultName", 50),  # the pattern of its model
    "aws_cloudwatch_log_group": ("logs", "CreateLogGroup", "logGroupName", 0),
    "aws_cloudwatch_metric_alarm": ("cloudwatch", "PutMetricAlarm", "AlarmName", 0),
    "aws_db_instance": ("rds", "CreateDBInstance", "DBInstanceIdentifier", 63),  # RDS API reference
    "aws_db_parameter_group": ("rds", "CreateDBParameterGroup", "DBParameterGroupName", 255),
    "aws_db_subnet_group": ("rds", "CreateDBSubnetGroup", "DBSubnetGroupName", 255),
    "aws_ecr_repository": ("ecr", "CreateRepository", "repositoryName", 0),
    "aws_eks_cluster": ("eks", "CreateCluster", "name", 0),
    "aws_iam_instance_profile": ("iam", "CreateInstanceProfile", "InstanceProfileName", 0),
    "aws_iam_policy": ("iam", "CreatePolicy", "PolicyName", 0),
    "aws_iam_role": ("iam", "CreateRole", "RoleName", 0),
    "aws_iam_role_policy": ("iam", "PutRolePolicy", "PolicyName", 0),
    "aws_kms_alias": ("kms", "CreateAlias", "AliasName", 0),
    "aws_route53_record": ("route53", "TestDNSAnswer", "RecordName", 0),
    "aws_route53_zone": ("route53", "CreateHostedZone", "Name", 0),
    "aws_s3_bucket": ("s3", "CreateBucket", "Bucket", 63),  # S3 user guide, bucket naming rules
    "aws_secretsmanager_secret": ("secretsmanager", "CreateSecret", "Name", 0),
    "aws_security_group": ("ec2", "CreateSecurityGroup", "GroupName", 255),  # EC2 API reference
    "aws_sns_topic": ("sns", "CreateTopic", "Name", 256),  # SNS API reference
    "aws_ssm_parameter": ("ssm", "PutParameter", "Name", 0),
    "aws_wafv2_web_acl": ("wafv2", "CreateWebACL", "Name", 0),
}
TERRAFORM_ADDS = 26  # characters to a name_prefix

Named = set[tuple[str, str]]


def named(templates: dict[str, Template], prefix: str = LOCAL.names.prefix) -> Named:
    """The kind and the name of whatever is called after the environment."""
    return {
        (kind, resource[attribute] + "0" * (TERRAFORM_ADDS if attribute == "name_prefix" else 0))
        for template in templates.values()
        for kind, resources in template.get("resource", {}).items()
        if kind.startswith("aws_")
        for resource in resources.values()
        for attribute in ("name", "name_prefix", "bucket", "identifier", "alarm_name")
        if prefix in str(resource.get(attribute))
    }


@pytest.fixture(scope="module")
def things(platform: Platform) -> Named:
    return named(platform("local"))


@pytest.fixture(scope="module")
def reach(platform: Platform) -> set[str]:
    """All that is named after the environment in what roles are allowed, but for how its roles are set up."""
    return {
        resource
        for role in roles_of(platform("local"), LOCAL).values()
        for policy in role.policies
        for statement in policy["Statement"]
        if statement["Effect"] == "Allow" and "iam:GetRole" not in statement.get("Action", [])
        for resource in statement.get("Resource", [])
        if LOCAL.names.prefix in resource
    }


@cache
def legal(project: str, environment: str) -> bool:
    try:
        changed(LOCAL, project=project, environment=environment)
    except ValidationError:
        return False
    return True


@pytest.fixture(scope="module")
def prefixes(things: Named) -> list[tuple[str, str]]:
    """Of two environments: one that goes on as a thing of the other is called, and names at random of such words."""
    names = [name.partition(LOCAL.names.prefix)[2] for _, name in things]
    heads = {name[1:end] for name in names for end in range(2, len(name)) if not name[end].isalnum() and name[0] == "-"}
    words = sorted({word for name in names for word in re.findall("[a-z]{2,}", name)} | {"eu", "prod", "real", "world"})
    chance = random.Random(SEED)
    pairs = [(["real", "prod"], ["real", "prod", *head.split("-")]) for head in {*heads, *words}]
    for _ in range(PAIRS):
        first = chance.choices(words, k=chance.randint(2, 3))
        pairs.append((first, chance.sample(first, k=len(first)) + chance.choices(words, k=chance.randint(0, 2))))
    return [
        ("-".join(first), "-".join(second))
        for first, second in pairs
        if first != second and all(legal(each[0], "-".join(each[1:])) for each in (first, second))
    ]


def called(things: Named, prefix: str) -> Named:
    return {(kind, name.replace(LOCAL.names.prefix, prefix)) for kind, name in things}


def test_every_kind_that_is_named_has_its_rows(things: Named) -> None:
    kinds = {kind for kind, _ in things}
    assert kinds - LIMITS.keys() == set(), "tests/iam/test_names.py: add to LIMITS how long the names of these may be"
    assert kinds - ARNS.keys() - WITHOUT_PATTERN == set(), "tests/iam/test_names.py: add to ARNS the ARNs of these"
    assert {*ARNS, *WITHOUT_PATTERN} <= LIMITS.keys()


def test_two_environments_have_no_name_in_common(things: Named, prefixes: list[tuple[str, str]]) -> None:
    found = {(*pair, *each) for pair in prefixes for each in called(things, pair[0]) & called(things, pair[1])}

    assert sorted(found)[:5] == [], "refuse what ends so, in ENDS_AS_OTHERS of settings/environment.py"
    assert len(prefixes) > 100


def test_no_pattern_reaches_what_another_environment_has(
    things: Named, reach: set[str], prefixes: list[tuple[str, str]]
) -> None:
    here = {"here": f"{LOCAL.region}:{LOCAL.account}", "account": LOCAL.account}
    found = set()
    for pair in prefixes:
        for own, other in (pair, pair[::-1]):
            patterns = "|".join(
                re.escape(each.replace(LOCAL.names.prefix, own)).replace(r"\*", ".*").replace(r"\?", ".")
                for each in reach
            )
            matching = re.compile(f"({patterns})(/.*)?")
            for kind, name in called(things, other):
                if kind in WITHOUT_PATTERN:
                    continue
                arn = "arn:aws:" + ARNS[kind].format(name=name, **here)
                found |= {(own, arn)} if matching.fullmatch(arn) else set()

    assert sorted(found)[:5] == [], "refuse what ends so, in ENDS_AS_OTHERS of settings/environment.py"
    assert len(reach) > 20


@pytest.mark.parametrize("environment", ["prod-rds", "rds", "prod-monitoring"])
def test_an_environment_that_ends_as_something_of_another_is_refused(environment: str) -> None:
    assert not legal("realworld", environment)
    assert legal("realworld", f"{environment}2")


def refused(names: Named) -> set[tuple[str, str, int]]:
    """Names that AWS does not take, each with the most characters that it may have."""
    session = botocore.session.get_session()
    wrong = set()
    for kind, name in names:
        service, operation, path, limit = LIMITS[kind]
        shape = session.get_service_model(service).operation_model(operation).input_shape
        for member in path.split("."):
            shape = shape.members[member]
        limit = limit or shape.metadata["max"]
        if len(name) > limit or not re.fullmatch(shape.metadata.get("pattern", ".*"), name):
            wrong.add((kind, name, limit))
    return wrong


def test_the_longest_names_are_short_enough(things: Named) -> None:
    longest = changed(LOCAL, project="p" * 16, environment="e" * 16)
    names = called(things, longest.names.prefix) | {("aws_s3_bucket", longest.names.state_bucket)}

    assert refused(names) == set()
    assert refused({("aws_db_instance", "p" * 64)})
