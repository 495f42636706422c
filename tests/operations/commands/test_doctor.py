"""What a first deploy would stumble over after half an hour is said before anything starts."""

import json
import os
import re
import socket
import subprocess
from collections.abc import Iterator

import pytest
from botocore.exceptions import (
    ClientError,
    NoCredentialsError,
    SSOTokenLoadError,
    TokenRetrievalError,
    UnauthorizedSSOTokenError,
)

from operations import failures
from settings import load_settings
from settings.aws import GithubSettings
from settings.examples import placeholders
from tests.conftest import ROOT, changed
from tests.operations.conftest import Staging

ROLE, PIPELINE = "administrator", "realworld-staging-deploy"
PATH = "/aws-reserved/sso.amazonaws.com/"


@pytest.fixture
def own(staging: Staging) -> Iterator[Staging]:
    """staging with everything of one's own, but for who may enter the cluster. Its roles go afterwards."""
    path = staging.project.path / "environments" / "staging.yaml"
    path.write_text(
        path.read_text().replace("[203.0.113.0/24]", "[9.9.9.0/24]").replace("realworld-inc", "conduit-inc")
    )
    yield staging
    iam = staging.context.client("iam")
    for role in iam.list_roles()["Roles"]:
        if role["RoleName"] in (ROLE, PIPELINE):
            iam.delete_role(RoleName=role["RoleName"])


def logged_in(staging: Staging, role: str, path: str = "/") -> dict[str, str]:
    """The variables of a session of a role, which is created where there is none."""
    iam, sts = staging.context.client("iam"), staging.context.client("sts")
    if role not in [each["RoleName"] for each in iam.list_roles()["Roles"]]:
        iam.create_role(RoleName=role, Path=path, AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17"}))
    arn = iam.get_role(RoleName=role)["Role"]["Arn"]
    session = sts.assume_role(RoleArn=arn, RoleSessionName="ana")["Credentials"]
    return {
        "AWS_ACCESS_KEY_ID": session["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": session["SecretAccessKey"],
        "AWS_SESSION_TOKEN": session["SessionToken"],
        "PATH": f"{staging.bin}:{os.environ['PATH']}",
    }


def with_administrators(staging: Staging, *arns: str) -> None:
    path = staging.project.path / "environments" / "staging.yaml"
    path.write_text(path.read_text().replace("\neks:\n", f"\neks:\n  admin_role_arns: {json.dumps(arns)}\n"))


@pytest.mark.slow
def test_who_will_not_be_let_into_the_cluster_is_told_before_anything_starts(own: Staging) -> None:
    session = logged_in(own, ROLE, PATH)

    refused = own.make("deploy", YES="1", **session)

    assert refused.code == 1
    arn = f"arn:aws:iam::123456789012:role{PATH}{ROLE}"
    assert refused.output.endswith(
        "this machine is not ready:\n"
        f"  Cluster access: {ROLE} will not be let into the cluster. "
        f'Add "{arn}" to eks.admin_role_arns in environments/staging.yaml.\n'
    )
    assert not (own.project.path / ".local" / "logs" / "staging").exists()

    with_administrators(own, arn)
    assert own.make("doctor", **session).code == 0


@pytest.mark.slow
def test_the_pipeline_is_let_in_and_a_user_is_not(own: Staging) -> None:
    let_in = own.make("doctor", **logged_in(own, PIPELINE))
    assert f"\nCluster access: {PIPELINE}\nRestore drill: has left nothing\n" in let_in.output

    user = own.make("doctor", PATH=f"{own.bin}:{os.environ['PATH']}")
    assert user.code == 1
    said = " ".join(user.output.split())
    assert "is not a role remedy: Log in with a role: only roles get access entries." in said


@pytest.mark.slow
def test_what_does_not_answer_is_named_in_time(own: Staging) -> None:
    for name in ("terraform", "node"):  # a wrapper, whose child keeps its output open
        program = own.bin / name
        program.write_text("#!/bin/sh\nsleep 987\n")
        program.chmod(0o755)
    with socket.socket() as silent:  # takes connections, and says nothing
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        endpoint = f"http://127.0.0.1:{silent.getsockname()[1]}"
        path = f"{own.bin}:{os.environ['PATH']}"
        result = own.make("doctor", PATH=path, AWS_ENDPOINT_URL=endpoint, COLUMNS="60")

    assert result.code == 1
    assert result.seconds < 20  # ten, and the start of Python on a busy machine
    said = " ".join(result.output.split())
    assert "terraform version did not answer within 8 seconds" in said
    assert "node --version did not answer within 8 seconds" in said
    assert f'Read timeout on endpoint URL: "{endpoint}/"' in said
    programs = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    assert "sleep 987" not in programs.splitlines()


@pytest.mark.slow
@pytest.mark.parametrize("command", ["deploy", "plan", "doctor"])
def test_the_settings_as_shipped_are_refused_with_the_fields_to_fill(staging: Staging, command: str) -> None:
    refused = staging.make(command, PATH=f"{staging.bin}:{os.environ['PATH']}")

    assert refused.code == 1
    said = " ".join(refused.output.split())
    assert "these are examples: iam.github.platform_repository = realworld-inc/platform, " in said
    assert "eks.public_access_cidrs.0 = 203.0.113.0/24" in said


def test_who_has_to_log_in_again_is_told_how(monkeypatch: pytest.MonkeyPatch) -> None:
    expired = [
        ClientError({"Error": {"Code": "ExpiredToken", "Message": "m"}}, "GetCallerIdentity"),
        ClientError({"Error": {"Code": "400", "Message": "Bad Request"}}, "HeadBucket"),
        ClientError({"Error": {"Code": "RequestExpired", "Message": "m"}}, "DescribeInstances"),
        UnauthorizedSSOTokenError(),
        SSOTokenLoadError(error_msg="m"),
        TokenRetrievalError(provider="sso", error_msg="m"),
    ]
    for name in ("AWS_ACCESS_KEY_ID", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    assert {failures.of_aws(each) for each in expired} == {"the login to AWS has expired. Log in, or set AWS_PROFILE."}
    monkeypatch.setenv("AWS_PROFILE", "ana")
    assert failures.of_aws(expired[0]) == ("the login to AWS has expired. Log in again: aws sso login --profile ana")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIA")  # which wins over the profile
    assert "Renew AWS_ACCESS_KEY_ID, " in failures.of_aws(expired[0])
    assert failures.of_aws(NoCredentialsError()).startswith("no valid credentials (Unable to locate credentials). ")
    denied = ClientError({"Error": {"Code": "AccessDenied", "Message": "m"}}, "HeadBucket")
    assert failures.of_aws(denied) == str(denied)


def test_the_examples_of_documentation_are_known() -> None:
    local = load_settings("local")
    mine = changed(
        local,
        iam={"github": dict.fromkeys(("platform_repository", "application_repository"), "conduit-inc/a")},
        dns={"domain": "conduit-inc.link"},
        eks={"public_access_cidrs": ["9.9.9.0/24"]},
        database={"alarm_emails": ["ana@conduit-inc.link"]},
        monitoring={"alert_emails": []},
        app={"host": None},
    )
    assert placeholders(mine) == []

    examples = changed(
        mine,
        account="111122223333",
        dns={"domain": "api.example.com"},
        eks={"admin_role_arns": ["arn:aws:iam::444455556666:role/admin"], "public_access_cidrs": ["198.51.100.7/32"]},
        monitoring={"alert_emails": ["ana@example.org"]},
        app={"host": "www.api.example.com"},
    )
    assert [each.split(" = ")[0] for each in placeholders(examples)] == [
        "account",
        "dns.domain",
        "eks.public_access_cidrs.0",
        "eks.admin_role_arns.0",
        "monitoring.alert_emails.0",
        "app.host",
    ]


@pytest.mark.parametrize("environment", ["staging", "production"])
def test_nobody_elses_domain_and_repositories_are_deployed(environment: str) -> None:
    """Whoever owns the organization of the examples could deploy into the account of who forgot to write their own."""
    found = {each.split(" = ")[0] for each in placeholders(load_settings(environment))}
    github = {f"iam.github.{name}_repository" for name in ("platform", "application")}
    assert found >= {"account", "dns.domain", *github}


def test_the_readme_names_every_field_that_a_first_deploy_needs() -> None:
    [section] = re.findall(r"^## To AWS\n(.*?)^## ", (ROOT / "README.md").read_text(), re.DOTALL | re.MULTILINE)
    named = set(re.findall(r"`([a-z_.]+)`", section))

    shipped = [field for name in ("staging", "production") for field in placeholders(load_settings(name))]
    assert {re.sub(r"\.\d+$", "", field.split(" = ")[0]) for field in shipped} <= named
    # What says who: nobody else's value can be right.
    assert named >= {
        "account",
        "region",
        "dns.domain",
        "eks.admin_role_arns",
        "eks.public_access_cidrs",
        *(f"iam.github.{field}" for field in GithubSettings.model_fields),
    }
