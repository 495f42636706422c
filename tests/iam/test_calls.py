"""Pods, hosts and jobs may call what their software calls, of what is theirs, and change nothing else."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from settings import Settings, load_settings
from tests.conftest import ROOT, changed
from tests.iam.conftest import Roles
from tests.iam.engine import Context, Role, actions_of
from tests.iam.requests import is_read

OWN = load_settings("production")
OTHER = changed(OWN, environment="prod", dns={"domain": "of-others.link"})
ROLES: dict[str, dict[str, Any]] = yaml.safe_load(Path(__file__).with_name("calls").joinpath("roles.yaml").read_text())
COMMAND = {
    ".py": re.compile(r'\baws\(\s*"([a-z0-9-]+)",\s*"([a-z-]+)"'),
    ".sh": re.compile(r"\baws ([a-z0-9-]+) ([a-z-]+)"),
}
# What the aws command calls otherwise than IAM, or makes of several calls.
COMMANDS = {
    "ecr get-login-password": ["ecr:GetAuthorizationToken"],
    "eks update-kubeconfig": ["eks:DescribeCluster"],
    "resourcegroupstaggingapi get-resources": ["tag:GetResources"],
    "s3 cp": ["s3:GetObject"],
    "s3 sync": ["s3:GetObject", "s3:ListBucket"],
}
each_role = pytest.mark.parametrize("name", ROLES)

Request = tuple[str, str, Context]


def rendered(call: Mapping[str, Any], settings: Settings) -> Request:
    here = f"{settings.region}:{settings.account}"
    names = {
        "account": settings.account,
        "bucket": settings.names.monitoring_bucket,
        "domain": settings.dns.domain,
        "ec2": f"arn:aws:ec2:{here}",
        "environment": settings.environment,
        "here": here,
        "prefix": settings.names.prefix,
        "state": settings.names.state_bucket,
        "secret": f"arn:aws:secretsmanager:{here}:secret",
    }

    def text(value: Any) -> Any:
        return [text(each) for each in value] if isinstance(value, list) else value.format(**names)

    context = {text(key): text(value) for key, value in call.get("context", {}).items() if key != "own"}
    if call.get("context", {}).get("own"):
        context |= {"aws:ResourceTag/project": settings.project, "aws:ResourceTag/environment": settings.environment}
    return call["action"], text(call.get("resource", "*")), context


def asked(script: Path) -> Iterator[str]:
    text = re.sub(r"(^|\s)#.*", "", script.read_text())
    for service, operation in COMMAND[script.suffix].findall(text):
        yield from COMMANDS.get(f"{service} {operation}", [f"{service}:{operation.replace('-', '')}"])


@pytest.fixture
def role(roles: Roles, name: str) -> Role:
    return roles("production")[name]


@each_role
def test_each_call_is_allowed(role: Role, name: str) -> None:
    assert [call for call in ROLES[name]["calls"] if not role.may(*rendered(call, OWN))] == []


@each_role
def test_each_call_is_denied_on_what_another_environment_has(role: Role, name: str) -> None:
    others = [
        rendered(call, OTHER)
        for call in ROLES[name]["calls"]
        if rendered(call, OTHER) != rendered(call, OWN) and not call.get("shared")
    ]

    assert [request for request in others if role.may(*request)] == []


@each_role
def test_nothing_else_is_changed_in_the_same_services(role: Role, name: str) -> None:
    calls = {call["action"] for call in ROLES[name]["calls"]}
    services = {action.split(":")[0] for action in calls}
    tags = rendered({"action": "", "context": {"own": True}}, OWN)[2]
    changes = {
        action: arn.replace("0" * 12, OWN.account)
        for service in services.difference(ROLES[name].get("besides", []))
        for action, arn in actions_of(service).items()
        if action not in calls and not is_read(action)
    }

    assert [action for action, arn in changes.items() if role.may(action, arn, tags)] == []


@each_role
def test_what_scripts_ask_for_is_among_the_calls(name: str) -> None:
    found = {action.lower() for script in ROLES[name].get("scripts", []) for action in asked(ROOT / script)}

    assert found <= {call["action"].lower() for call in ROLES[name]["calls"]}
    assert bool(found) == ("scripts" in ROLES[name])


def test_every_role_of_pods_hosts_and_jobs_is_here(roles: Roles) -> None:
    """The others are those of the pipelines, in test_life.py, and of services of AWS, which have policies of AWS."""
    of_aws = {"backup", "cluster", "flow-logs", "rds-monitoring", "snapshots"}
    found = {*roles("production")} - {*of_aws, "plan", "deploy"}
    assert found == {*ROLES}, (
        "tests/iam/calls/roles.yaml: say what the software behind each of these calls, and its source"
    )
