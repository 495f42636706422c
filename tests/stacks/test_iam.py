"""Who may take which role, and how far each reaches."""

import json
from typing import Any

import pytest

from imports.engine import Testing
from settings import load_settings
from stacks.iam import IamStack
from stacks.pod_roles import output, pod_roles
from tests.conftest import Platform, Template, all_of, changed, only, synth
from tests.delivery.access import allows, policies_of

ISSUER = "token.actions.githubusercontent.com"


@pytest.fixture(scope="module")
def template(platform: Platform) -> Template:
    return platform("production")["iam"]


def role(template: Template, name: str) -> dict[str, Any]:
    [found] = [role for role in all_of(template, "aws_iam_role") if role["name"] == f"realworld-production-{name}"]
    return found


def trust(template: Template, name: str) -> dict[str, Any]:
    [statement] = json.loads(role(template, name)["assume_role_policy"])["Statement"]
    return dict(statement)


def statements(template: Template) -> list[tuple[str, dict[str, Any]]]:
    return [
        (policy["name"], statement)
        for policy in all_of(template, "aws_iam_role_policy")
        for statement in json.loads(policy["policy"])["Statement"]
    ]


@pytest.mark.parametrize(
    ("name", "subjects", "ref"),
    [
        ("plan", ["platform:pull_request", "platform:ref:refs/heads/main"], None),
        ("deploy", ["platform:environment:production"], "refs/heads/main"),
        ("restore-drill", ["platform:environment:production-drill"], "refs/heads/main"),
        ("runner-token", ["platform:environment:production-runner"], "refs/heads/main"),
        ("push", ["realworld-example-app:ref:refs/heads/main"], None),
        ("release", ["realworld-example-app:environment:production"], "refs/heads/main"),
    ],
)
def test_a_pipeline_role_opens_to_exactly_its_jobs(
    template: Template, name: str, subjects: list[str], ref: str | None
) -> None:
    statement = trust(template, name)

    claims = {"aud": "sts.amazonaws.com", "sub": [f"repo:realworld-inc/{subject}" for subject in subjects]}
    if ref:
        claims["ref"] = ref
    assert statement["Action"] == ["sts:AssumeRoleWithWebIdentity"]
    assert statement["Condition"] == {"StringEquals": {f"{ISSUER}:{claim}": value for claim, value in claims.items()}}


def test_repositories_with_ids_are_trusted_under_both_names() -> None:
    github = {"platform_repository": "acme@1/platform@2", "application_repository": "acme@1/shop@3"}
    stack = IamStack(Testing.app(), changed(load_settings("production"), iam={"github": github}))

    subjects = trust(synth(stack), "deploy")["Condition"]["StringEquals"][f"{ISSUER}:sub"]
    assert subjects == [
        "repo:acme/platform:environment:production",
        "repo:acme@1/platform@2:environment:production",
    ]


@pytest.mark.parametrize("name", ["vpc-cni", "ebs-csi", *pod_roles(load_settings("production"))])
def test_pods_get_their_roles_by_pod_identity(template: Template, name: str) -> None:
    statement = trust(template, name)

    assert statement["Principal"] == {"Service": "pods.eks.amazonaws.com"}
    assert statement["Action"] == ["sts:AssumeRole", "sts:TagSession"]


def test_each_role_is_lent_to_its_service_account(platform: Platform) -> None:
    associations = all_of(platform("production")["eks"], "aws_eks_pod_identity_association")

    lent = {(each["namespace"], each["service_account"], each["role_arn"].split(".")[-1]) for each in associations}
    assert lent == {
        (pod.namespace, pod.service_account, output(name) + "}")
        for name, pod in pod_roles(load_settings("production")).items()
    }
    assert ("kube-system", "aws-load-balancer-controller", "load_balancer_controller_role_arn}") in lent


def test_the_node_role_lends_no_rights_of_the_network_plugin(template: Template) -> None:
    attached = [
        attachment["policy_arn"].split("/")[-1]
        for attachment in all_of(template, "aws_iam_role_policy_attachment")
        if ".node_role_" in attachment["role"]
    ]

    assert sorted(attached) == [
        "AmazonEC2ContainerRegistryPullOnly",
        "AmazonEKSWorkerNodePolicy",
        "AmazonSSMManagedInstanceCore",
    ]


def test_nothing_may_do_everything(template: Template) -> None:
    for name, statement in statements(template):
        if statement["Effect"] == "Allow":
            assert not [action for action in statement["Action"] if action.endswith(":*") or action == "*"], name


def test_the_runner_reads_its_registration_token_and_nothing_else(template: Template, platform: Platform) -> None:
    own = [each for name, each in statements(template) if name.endswith("-runner") and each["Effect"] == "Allow"]

    parameter = only(platform("production")["runner"], "aws_ssm_parameter")["name"]
    assert parameter == "/realworld-production/runner/registration-token", "a workflow and the host know it as this"
    assert own == [
        {
            "Effect": "Allow",
            "Action": ["ssm:GetParameter"],
            "Resource": [f"arn:aws:ssm:us-east-1:444455556666:parameter{parameter}"],
        }
    ]


def test_secrets_are_readable_for_their_own_environment_only(template: Template) -> None:
    own, database = [statement for name, statement in statements(template) if name.endswith("-external-secrets")]

    assert own["Resource"] == ["arn:aws:secretsmanager:us-east-1:444455556666:secret:realworld-production/*"]
    assert database["Condition"]["StringEquals"] == {
        "aws:ResourceTag/aws:rds:primaryDBInstanceArn": "arn:aws:rds:us-east-1:444455556666:db:realworld-production"
    }


@pytest.mark.parametrize("name", ["node", "monitoring", "runner"])
def test_a_host_reads_no_parameter_but_its_own(template: Template, name: str) -> None:
    policies = policies_of(template, f"realworld-production-{name}")
    parameters = "arn:aws:ssm:us-east-1:444455556666:parameter"

    token = f"{parameters}/realworld-production/runner/registration-token"
    assert allows(policies, "ssm:GetParameter", token) == (name == "runner")
    for action in ("ssm:GetParameter", "ssm:GetParameters"):
        assert not allows(policies, action, f"{parameters}/of-somebody-else")
    assert allows(policies, "ssm:GetParameter", "arn:aws:ssm:us-east-1::parameter/aws/service/x")
    assert allows(policies, "ssmmessages:OpenDataChannel")


def test_the_autoscaler_changes_the_groups_of_its_cluster_and_no_other(template: Template) -> None:
    policies = policies_of(template, "realworld-production-cluster-autoscaler")
    group = "arn:aws:autoscaling:us-east-1:444455556666:autoScalingGroup:1:autoScalingGroupName/{}"
    nodes, others = group.format("eks-general-1"), group.format("web")
    tag = "aws:ResourceTag/k8s.io/cluster-autoscaler/realworld-{}"

    for action in ("autoscaling:SetDesiredCapacity", "autoscaling:TerminateInstanceInAutoScalingGroup"):
        assert allows(policies, action, nodes, {tag.format("production"): "owned"})
        assert not allows(policies, action, nodes, {tag.format("staging"): "owned"})
        assert not allows(policies, action, nodes)
        assert not allows(policies, action, others, {tag.format("production"): "owned"})
    assert allows(policies, "autoscaling:DescribeAutoScalingGroups")
    described = "arn:aws:eks:us-east-1:444455556666:nodegroup/realworld-{}/general/1"
    assert allows(policies, "eks:DescribeNodegroup", described.format("production"))
    assert not allows(policies, "eks:DescribeNodegroup", described.format("staging"))
    for action in ("autoscaling:UpdateAutoScalingGroup", "autoscaling:DeleteAutoScalingGroup", "ec2:RunInstances"):
        assert not allows(policies, action, nodes, {tag.format("production"): "owned"})
