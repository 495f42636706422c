"""Ways by which a role might become more than it is: each is closed at one of its steps at least.

After the known ones, in escapes.py, the whole list of AWS is searched.
"""

import pytest

from catalogue import CALLED, CONTENT
from settings import load_settings
from tests.conftest import Platform
from tests.delivery.access import managed
from tests.iam.conftest import Roles
from tests.iam.engine import Role, actions_of, decide, roles_of, services
from tests.iam.escapes import ACCOUNT, ADMINISTRATOR, BOUNDARY, ESCAPES, INSIDE, PIPELINES, PROVIDER, SETTINGS, Step

EVERYTHING = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}


@pytest.fixture(scope="module")
def deploy(roles: Roles) -> Role:
    return roles("production")["deploy"]


@pytest.fixture(scope="module")
def made_by_deploy(roles: Roles) -> Role:
    """The most that a deploy can make of a role: whatever policy it writes into it, the boundary stays."""
    node = roles("production")["node"]
    assert node.boundary is not None
    return Role(node.arn, node.trust, [managed("AdministratorAccess"), EVERYTHING], node.boundary)


@pytest.mark.parametrize("steps", ESCAPES.values(), ids=list(ESCAPES))
def test_the_deploy_role_cannot_become_more(deploy: Role, steps: list[Step]) -> None:
    assert not all(deploy.may(*step) for step in steps)


@pytest.mark.parametrize("steps", ESCAPES.values(), ids=list(ESCAPES))
def test_what_it_makes_cannot_either(deploy: Role, made_by_deploy: Role, steps: list[Step]) -> None:
    """Alone, and in company: where one may not, the other helps neither."""
    assert not all(made_by_deploy.may(*step) or deploy.may(*step) for step in steps)


def test_a_role_that_trusts_the_account_does_not_open_to_what_a_deploy_makes(made_by_deploy: Role) -> None:
    trust = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"AWS": f"{ACCOUNT}:root"}, "Action": "sts:AssumeRole"}],
    }

    def opens(boundary: bool) -> bool:
        limit = made_by_deploy.boundary if boundary else None
        return decide(made_by_deploy.arn, made_by_deploy.policies, limit, "sts:AssumeRole", ADMINISTRATOR, {}, trust)

    assert opens(boundary=False), "and with PowerUserAccess for a boundary as well"
    assert not opens(boundary=True)


def test_what_a_deploy_makes_is_less_than_it_is(deploy: Role, made_by_deploy: Role) -> None:
    """Service by service of AWS: open are those that the platform consists of, to both."""
    found = {
        service: {name for action in [*actions_of(service)][:1] for name in who if who[name].may(action)}
        for who in [{"deploy": deploy, "made": made_by_deploy}]
        for service in services()
    }

    open_to_deploy = {service for service, names in found.items() if "deploy" in names}
    assert open_to_deploy <= {*CONTENT, *CALLED}
    assert {service for service, names in found.items() if "made" in names} == open_to_deploy - {"iam", "sts"}


def test_what_a_deploy_may_do_in_iam_is_this(deploy: Role) -> None:
    """Of all that IAM knows, on what is named as its own things and on what is not."""
    context = {**INSIDE, "iam:PassedToService": "ec2.amazonaws.com"}
    own, others = set(), set()
    for action, pattern in actions_of("iam").items():
        arn = pattern.replace("0" * 12, SETTINGS.account)
        named = arn.replace("role/x", "role/realworld-production-node").replace("policy/x", BOUNDARY.split(":")[-1])
        named = named.replace("instance-profile/x", "instance-profile/realworld-production-runner")
        named = named.replace("oidc-provider/x", PROVIDER.split(":")[-1])
        name = action.removeprefix("iam:")
        own |= {name} if deploy.may(action, named, context) else set()
        others |= {name} if deploy.may(action, arn, context) else set()

    assert others == {"CreateServiceLinkedRole", "DeleteServiceLinkedRole", "ListRoles"}
    assert {name for name in own - others if not name.startswith(("Get", "List"))} == {
        "AddRoleToInstanceProfile",
        "AttachRolePolicy",
        "CreateInstanceProfile",
        "CreateRole",
        "DeleteInstanceProfile",
        "DeleteRole",
        "DeleteRolePolicy",
        "DetachRolePolicy",
        "PassRole",
        "PutRolePermissionsBoundary",
        "PutRolePolicy",
        "RemoveRoleFromInstanceProfile",
        "TagInstanceProfile",
        "TagRole",
        "UntagInstanceProfile",
        "UntagRole",
        "UpdateAssumeRolePolicy",
        "UpdateRole",
        "UpdateRoleDescription",
    }


def test_all_roles_but_those_of_pipelines_have_the_boundary(platform: Platform) -> None:
    for environment in ("local", "staging", "production"):
        found = roles_of(platform(environment), load_settings(environment))
        assert {name for name, each in found.items() if each.boundary is None} == {*PIPELINES}


def test_a_deploy_makes_and_passes_on_every_role_with_the_boundary(roles: Roles, deploy: Role) -> None:
    """A role that is missing: add it to BOUNDED in stacks/iam_pipelines.py, or its service to PASSED_TO."""
    for name, each in roles("production").items():
        [statement] = each.trust["Statement"]
        for action in ("iam:CreateRole", "iam:PutRolePolicy", "iam:AttachRolePolicy"):
            assert deploy.may(action, each.arn, INSIDE) == (each.boundary is not None), name
        if service := statement["Principal"].get("Service"):
            assert deploy.may("iam:PassRole", each.arn, {"iam:PassedToService": service}), name
