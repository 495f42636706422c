"""How far each pipeline reaches in AWS: the policies that are written, with those of AWS that are attached.

That of the deploys is in tests/iam.
"""

from pathlib import Path

import pytest

from tests.conftest import Platform, Template
from tests.delivery.access import Policy, action_of, allows, managed, policies_of

ACCOUNT = "arn:aws:iam::444455556666"
STATE = "arn:aws:s3:::realworld-tfstate-444455556666-us-east-1"
PARAMETER = "arn:aws:ssm:us-east-1:444455556666:parameter/realworld-production"

# What the provider calls in a plan of every stack, as its log says: make plan PLANS=plans, with TF_LOG=DEBUG.
CALLS = Path(__file__).with_name("plan_calls.txt").read_text().splitlines()


@pytest.fixture(scope="module")
def template(platform: Platform) -> Template:
    return platform("production")["iam"]


@pytest.fixture(scope="module")
def plan(template: Template) -> list[Policy]:
    return policies_of(template, "realworld-production-plan")


@pytest.mark.parametrize("call", CALLS)
def test_the_plan_role_may_make_every_call_of_a_plan(plan: list[Policy], call: str) -> None:
    action = action_of(call)
    resources = ["arn:any"]
    if action == "s3:GetObject":
        resources = [f"{STATE}/production/vpc.tfstate", "arn:aws:s3:::realworld-production-monitoring-444455556666/x"]
    for resource in resources:
        assert allows(plan, action, resource)


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("secretsmanager:GetSecretValue", "arn:any"),
        ("secretsmanager:BatchGetSecretValue", "arn:any"),
        ("kms:Decrypt", "arn:any"),
        ("ssm:GetParameter", f"{PARAMETER}/runner/registration-token"),
        ("ssm:GetParametersByPath", f"{PARAMETER}/"),
        ("ssm:GetParameterHistory", f"{PARAMETER}/runner/registration-token"),
        ("ssm:GetCommandInvocation", "arn:any"),
        ("s3:GetObject", f"{STATE}/staging/vpc.tfstate"),
        ("s3:GetObjectVersion", "arn:aws:s3:::backups/dump.sql"),
        ("logs:GetLogEvents", "arn:any"),
        ("logs:FilterLogEvents", "arn:any"),
        ("logs:StartQuery", "arn:any"),
        ("rds:DownloadDBLogFilePortion", "arn:any"),
        ("ec2:GetConsoleOutput", "arn:any"),
        ("ecr:BatchGetImage", "arn:any"),
        ("eks:AccessKubernetesApi", "arn:any"),
        ("dynamodb:GetItem", "arn:any"),
        ("sqs:ReceiveMessage", "arn:any"),
        ("lambda:GetFunction", "arn:any"),
        ("bedrock:AgenticRetrieveStream", "arn:any"),
        ("s3express:CreateSession", "arn:any"),
    ],
)
def test_the_plan_role_reads_nothing_that_is_stored(plan: list[Policy], action: str, resource: str) -> None:
    """Not even when AWS adds it to ReadOnlyAccess, which it changes every month."""
    everything = {"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}

    assert not allows([*plan, everything], action, resource)


def test_the_plan_role_reads_what_aws_itself_publishes(plan: list[Policy]) -> None:
    assert allows(plan, "ssm:GetParameter", "arn:aws:ssm:us-east-1::parameter/aws/service/ami-amazon-linux-latest/x")


def test_what_the_plan_role_may_do_is_to_read(plan: list[Policy]) -> None:
    """Of the three thousand entries of ReadOnlyAccess; some of those write, send or cost."""
    entries = [entry for each in managed("ReadOnlyAccess")["Statement"] for entry in each["Action"]]
    own = [action for policy in plan[1:] for each in policy["Statement"] for action in each.get("Action", [])]
    names = [action.split(":")[1] for action in [*entries, *own] if allows(plan, action)]

    reading = ("Describe", "Get", "List", "Search", "Check", "BatchCheck", "BatchGet", "Test", "Simulate")
    others = {name for name in names if not name.startswith(reading)}
    assert others == {"GenerateQuery", "GenerateQueryResultsSummary"}, (
        "deny what reads content in catalogue/__init__.py"
    )
    assert len(names) < 100


@pytest.mark.parametrize(
    "action", ["s3:PutObject", "s3:DeleteObject", "ec2:RunInstances", "iam:PutRolePolicy", "sts:AssumeRole"]
)
def test_the_plan_role_writes_not_even_a_lock(plan: list[Policy], action: str) -> None:
    assert not allows(plan, action, f"{STATE}/production/vpc.tfstate.tflock")


def test_the_other_pipelines_do_these_things_and_no_others(template: Template) -> None:
    def granted(name: str) -> dict[str, set[str]]:
        return {
            resource: set(statement["Action"])
            for policy in policies_of(template, f"realworld-production-{name}")
            for statement in policy["Statement"]
            for resource in statement["Resource"]
        }

    cluster = "arn:aws:eks:us-east-1:444455556666:cluster/realworld-production"
    images = "arn:aws:ecr:us-east-1:444455556666:repository/realworld-production/*"
    assert granted("release") == {cluster: {"eks:DescribeCluster"}}
    token = f"{PARAMETER}/runner/registration-token"
    assert granted("runner-token") == {token: {"ssm:PutParameter"}, "*": {"cloudwatch:PutMetricData"}}
    assert granted("push").keys() == {"*", images}
    assert granted("push")["*"] == {"ecr:GetAuthorizationToken"}
    assert "ecr:PutImage" in granted("push")[images]
    assert not [action for action in granted("push")[images] if "Delete" in action or "Policy" in action]


def test_the_drill_removes_what_it_has_restored_and_nothing_else(template: Template) -> None:
    policies = policies_of(template, "realworld-production-restore-drill")
    database = "arn:aws:rds:us-east-1:444455556666:db:realworld-production"
    own = {"aws:ResourceTag/project": "realworld", "aws:ResourceTag/environment": "production"}

    assert allows(policies, "rds:DeleteDBInstance", f"{database}-drill-20261127101500", own)
    assert not allows(policies, "rds:DeleteDBInstance", database, own)
    for action in ("ModifyDBInstance", "RebootDBInstance", "DeleteDBSnapshot", "RestoreDBInstanceFromDBSnapshot"):
        assert not allows(policies, f"rds:{action}", f"{database}-drill-20261127101500", own)


def test_the_drill_opens_a_way_to_a_port_and_no_shell(template: Template) -> None:
    policies = policies_of(template, "realworld-production-restore-drill")
    host = "arn:aws:ec2:us-east-1:444455556666:instance/i-1"
    own = {"aws:ResourceTag/project": "realworld", "aws:ResourceTag/environment": "production"}
    monitoring, runner = (
        {**own, "aws:ResourceTag/Name": f"realworld-production-{name}"} for name in ("monitoring", "runner")
    )
    document = "arn:aws:ssm:us-east-1::document/"

    assert allows(policies, "ssm:StartSession", host, {**monitoring, "ssm:SessionDocumentAccessCheck": "true"})
    assert not allows(policies, "ssm:StartSession", host, monitoring)
    assert not allows(policies, "ssm:StartSession", host, {**runner, "ssm:SessionDocumentAccessCheck": "true"})
    assert allows(policies, "ssm:StartSession", f"{document}AWS-StartPortForwardingSessionToRemoteHost")
    assert not allows(policies, "ssm:StartSession", f"{document}SSM-SessionManagerRunShell")
    session, own_session = "arn:aws:ssm:us-east-1:444455556666:session/x", "ssm:resourceTag/aws:ssmmessages:session-id"
    assert allows(policies, "ssm:TerminateSession", session, {own_session: "$${aws:userid}"})  # as Terraform escapes it
    assert not allows(policies, "ssm:TerminateSession", session, {own_session: "of others"})
    assert not allows(policies, "ssm:SendCommand", host, {**monitoring, "ssm:SessionDocumentAccessCheck": "true"})


def test_the_token_is_overwritten_and_never_read(template: Template) -> None:
    policies = policies_of(template, "realworld-production-runner-token")
    token = f"{PARAMETER}/runner/registration-token"

    assert allows(policies, "ssm:PutParameter", token, {"ssm:Overwrite": "true"})
    assert not allows(policies, "ssm:PutParameter", token, {"ssm:Overwrite": "false"})
    assert not allows(policies, "ssm:PutParameter", f"{PARAMETER}/other", {"ssm:Overwrite": "true"})
    assert not allows(policies, "ssm:GetParameter", token)


def test_what_github_is_asked_for_cannot_be_taken_for_a_heartbeat(template: Template) -> None:
    policies = policies_of(template, "realworld-production-runner-token")

    def may_write(namespace: str) -> bool:
        return allows(policies, "cloudwatch:PutMetricData", "*", {"cloudwatch:namespace": namespace})

    assert may_write("realworld-production/github")
    assert not may_write("realworld-production/monitoring")
    assert not may_write("realworld-staging/github")
