"""Two environments in one account: what only one of them can make, the other finds."""

import json
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from imports.engine import Testing
from settings import Settings, load_settings
from simulator import ACCOUNT
from stacks.iam import IamStack
from tests.conftest import Template, changed, synth
from tests.simulator.conftest import Aws
from tests.simulator.terraform import workspace

pytestmark = pytest.mark.slow

PROVIDER = f"arn:aws:iam::{ACCOUNT}:oidc-provider/token.actions.githubusercontent.com"


def iam(settings: Settings) -> Template:
    return synth(IamStack(Testing.app(), settings))


def second(**github: Any) -> Settings:
    first = load_settings("local")
    return changed(first, environment="second", iam={"github": first.iam.github.model_dump() | github})


def test_the_roles_of_a_second_environment_stand_beside_those_of_the_first(tmp_path: Path, simulator: Aws) -> None:
    first, another = (workspace(tmp_path / name, simulator) for name in ("first", "another"))
    another.write(iam(second(create_oidc_provider=False)))
    missing = another.run("plan").stderr
    assert f"NoSuchEntity: OpenIDConnect Provider not found for arn {PROVIDER}" in " ".join(missing.split())

    first.write(iam(load_settings("local")))
    first.apply()
    another.write(iam(second()))
    assert "EntityAlreadyExists" in another.run("apply", "-auto-approve").stderr  # what the setting is there for
    another.write(iam(second(create_oidc_provider=False)))
    another.apply()

    roles = [simulator("iam").get_role(RoleName=f"realworld-{name}-deploy")["Role"] for name in ("local", "second")]
    assert {role["AssumeRolePolicyDocument"]["Statement"][0]["Principal"]["Federated"] for role in roles} == {PROVIDER}
    assert another.plan() == ""

    another.destroy()
    assert simulator("iam").get_open_id_connect_provider(OpenIDConnectProviderArn=PROVIDER)["ClientIDList"]
    first.destroy()
    with pytest.raises(ClientError, match="NoSuchEntity"):
        simulator("iam").get_open_id_connect_provider(OpenIDConnectProviderArn=PROVIDER)


def test_a_provider_for_another_audience_is_refused(tmp_path: Path, simulator: Aws) -> None:
    aws = simulator("iam")
    aws.create_open_id_connect_provider(Url=f"https://{PROVIDER.split('/')[1]}", ClientIDList=["sigstore"])

    other = workspace(tmp_path / "other", simulator)
    other.write(iam(second(create_oidc_provider=False)))

    refused = other.run("plan")

    aws.delete_open_id_connect_provider(OpenIDConnectProviderArn=PROVIDER)
    assert refused.returncode == 1
    message = "does not know the audience sts.amazonaws.com: add it, or no job can take a role"
    assert message in " ".join(refused.stderr.replace("│", " ").split())


def test_the_policy_of_the_deploy_role_names_the_provider_that_it_may_read() -> None:
    """Whichever environment made it: a plan of the deploy role reads it."""
    template = iam(second(create_oidc_provider=False))

    [address] = template["data"]["aws_iam_openid_connect_provider"]
    policies = [json.loads(each["policy"]) for each in template["resource"]["aws_iam_role_policy"].values()]
    readers = [
        statement["Resource"]
        for policy in policies
        for statement in policy["Statement"]
        if "iam:GetOpenIDConnectProvider" in statement.get("Action", [])
    ]
    assert readers == [[f"${{data.aws_iam_openid_connect_provider.{address}.arn}}"]]
