"""make drift on a deployed platform: it names what was changed outside of Terraform, and reads no secret."""

import json
from pathlib import Path

import pytest

from settings import load_settings
from tests.iam import life
from tests.iam.recorder import REQUESTS, recorded_in
from tests.iam.requests import calls_of
from tests.project import Project, copy_of_project

pytestmark = pytest.mark.slow

STACKS = "vpc secrets"
SETTINGS = load_settings("local")


def look(project: Project, code: int) -> tuple[str, list[dict[str, str]]]:
    """The page, and the data beside it."""
    result = project.make("drift", STACK=STACKS, PLANS="found")
    assert result.code == code, result.output
    assert (project.path / "found" / "drift.md").read_text().strip() in result.output
    return result.output, json.loads((project.path / "found" / "drift.json").read_text())["found"]


def change(project: Project) -> dict[tuple[str, str], tuple[str, str]]:
    """By resource and attribute, what it is in the state and in AWS, after somebody was there with other tools."""
    ec2, secrets = project.client("ec2"), project.client("secretsmanager")

    def group(name: str) -> str:
        found = ec2.describe_security_groups(Filters=[{"Name": "tag:Name", "Values": [f"realworld-local-{name}"]}])
        return str(found["SecurityGroups"][0]["GroupId"])

    database, endpoints = group("database"), group("endpoints")
    [own] = ec2.describe_security_group_rules(Filters=[{"Name": "group-id", "Values": [endpoints]}])[
        "SecurityGroupRules"
    ]

    ec2.create_tags(Resources=[database], Tags=[{"Key": "owner", "Value": "somebody"}])
    ec2.revoke_security_group_ingress(GroupId=endpoints, SecurityGroupRuleIds=[own["SecurityGroupRuleId"]])
    opened = ec2.authorize_security_group_ingress(
        GroupId=database,
        IpPermissions=[{"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}],
    )["SecurityGroupRules"][0]["SecurityGroupRuleId"]
    secrets.update_secret(SecretId="realworld-local/jwt-secret", Description="of somebody")
    return {
        ("aws_security_group.network_database_server_8170BA7A", "tags_all.owner"): ("null", '"somebody"'),
        ("aws_security_group.network_database_server_8170BA7A", f"ingress rule {opened}"): ("null", "0.0.0.0/0"),
        ("aws_vpc_security_group_ingress_rule.endpoints_from_vpc_E8994AD9", "all of it"): ("deployed", "(gone)"),
        ("aws_secretsmanager_secret.jwt_secret_3C2B5B57", "description"): ("Signs the tokens", '"of somebody"'),
    }


def test_what_was_changed_by_hand_is_named_and_no_secret_is_read(tmp_path: Path) -> None:
    project = copy_of_project(tmp_path / "copy")
    recorded_in(project.path)
    try:
        nothing = project.make("drift")
        assert (nothing.code, nothing.output.count("\n")) == (1, 1), "it could not look, and says why"
        deployed = project.make("deploy", STACK=f"iam {STACKS}")
        assert deployed.code == 0, deployed.output
        before = project.objects()

        page, found = look(project, 0)
        assert found == []
        assert "No drift: secrets, vpc are in AWS as they were deployed." in page
        assert "aws_secretsmanager_secret_version.jwt_version_5BCCC96A, because its value would be read" in page

        changed = change(project)
        _, found = look(project, 2)
        assert {(each["address"], each["attribute"]) for each in found} == changed.keys()
        for each in found:
            state, aws = changed[each["address"], each["attribute"]]
            assert state in each["state"]
            assert aws in each["aws"]
        assert project.objects() == before, "it only looks"
        assert not [*(project.path / ".local" / "plans").glob("*")]
        _asks_for_what_plans_may(tmp_path / REQUESTS)
    finally:
        project.make("clean")


def _asks_for_what_plans_may(requests: Path) -> None:
    """The daily look has the role that plans: tests/iam/test_life.py asks it about all that a deploy reads."""
    made = {
        call.action
        for line in requests.read_text().splitlines()
        if (request := json.loads(line))["command"] == "drift"
        for call in calls_of(request, SETTINGS.region, SETTINGS.account)
    }
    assert {"ec2:DescribeSecurityGroupRules", "secretsmanager:DescribeSecret"} <= made
    secret = {"secretsmanager:GetSecretValue", "secretsmanager:GetRandomPassword", "ssm:GetParameter"}
    assert made <= {call.action for call, by in life.read().items() if "deploy" in by} - secret
