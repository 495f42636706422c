"""All checks together: what may not be asked is said, and staging as shipped passes what a simulated AWS can answer."""

import re
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse

from catalogue import RESOURCES
from operations import preflight
from operations.preflight.rights import BEGINS
from tests.operations.preflight.conftest import Aws

ROLE = "arn:aws:iam::123456789012:role/aws-reserved/sso.amazonaws.com/administrator"


def refusing(aws: Aws, code: str) -> None:
    """Answer every request with this error, after botocore has looked at its parameters."""
    create = aws.client

    def answer(**_: Any) -> tuple[AWSResponse, dict[str, Any]]:
        said = {"Error": {"Code": code, "Message": "m"}, "ResponseMetadata": {"HTTPStatusCode": 403}}
        return AWSResponse("https://aws", 403, {}, None), said

    def client(service: str, **options: Any) -> Any:
        made = create(service, **options)
        aws.stubs.pop(service).deactivate()
        made.meta.events.register("before-call", answer)
        return made

    aws.client = client  # type: ignore[method-assign]


@pytest.mark.parametrize("code", ["AccessDenied", "AccessDeniedException", "UnauthorizedOperation"])
def test_what_may_not_be_asked_is_said_and_stops_nothing(aws: Aws, code: str) -> None:
    refusing(aws, code)
    for each in aws.resources("aws_eks_node_group"):
        each["capacity_type"] = "SPOT"
    aws.known["monitoring"] = {
        f"aws_sns_topic.{name}" for name in aws.templates["monitoring"]["resource"]["aws_sns_topic"]
    }
    found = aws.ask(*preflight.CHECKS)

    assert len(found) == len(preflight.CHECKS)
    assert not [check for check in found if check.remedy]
    for check in found:
        assert re.fullmatch(r"may not be asked: \w+ is denied to these credentials", check.found), check


def test_an_error_of_aws_stops_nothing_either(aws: Aws) -> None:
    refusing(aws, "ThrottlingException")
    [check] = aws.ask("Zones")
    assert check.found.startswith("could not be asked: An error occurred (ThrottlingException)")
    assert not check.fails


def rights(aws: Aws, *denied: str) -> None:
    session = {"Arn": "arn:aws:sts::123456789012:assumed-role/administrator/ana"}
    aws.answers("sts", "get_caller_identity", session)
    role = {"Path": "/", "RoleName": "administrator", "RoleId": "A" * 16, "Arn": ROLE, "CreateDate": "2026-01-01"}
    aws.answers("iam", "get_role", {"Role": role}, RoleName="administrator")
    found = [
        {"EvalActionName": each, "EvalDecision": "implicitDeny" if each in denied else "allowed"}
        for each in BEGINS.split()
    ]
    asked = {"PolicySourceArn": ROLE, "ActionNames": BEGINS.split()}
    aws.answers("iam", "simulate_principal_policy", {"EvaluationResults": found}, **asked)


def test_rights_are_simulated_for_the_role_of_the_session(aws: Aws) -> None:
    rights(aws)
    aws.fine("Rights")

    rights(aws, "ec2:CreateVpc", "kms:CreateKey")
    [check] = aws.ask("Rights")
    assert check.found == "denied: ec2:CreateVpc, kms:CreateKey"
    assert check.remedy
    assert not check.fails  # they may be allowed for our names


def test_every_service_that_something_is_created_in_is_among_the_rights(aws: Aws) -> None:
    created = {kind for template in aws.templates.values() for kind in template["resource"]}
    assert {RESOURCES[kind].service for kind in created & RESOURCES.keys()} == {
        action.split(":")[0] for action in BEGINS.split()
    }
