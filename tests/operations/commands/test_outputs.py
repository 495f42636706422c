"""make outputs: what the stacks of an environment tell others, for people and for scripts."""

import io
import json
import re

import pytest
from rich.console import Console

from operations.commands.outputs import outputs
from operations.context import Context
from tests.operations.conftest import Staging
from tests.operations.test_main import refused

pytestmark = pytest.mark.slow
SUBNETS = ["subnet-1", "subnet-2"]


@pytest.fixture
def deployed(staging: Staging) -> Staging:
    staging.deploy("vpc", vpc_id="vpc-0123", private_subnet_ids=SUBNETS)
    staging.deploy("secrets", jwt_secret_arn="arn:aws:secretsmanager:us-east-1:1:secret:jwt")
    return staging


def test_a_script_gets_one_output_a_line(deployed: Staging) -> None:
    result = deployed.make("outputs", STACK="vpc secrets")

    assert result.code == 0, result.output
    assert [line.split("\t") for line in result.output.splitlines() if "\t" in line] == [
        ["vpc", "private_subnet_ids", json.dumps(SUBNETS)],
        ["vpc", "vpc_id", "vpc-0123"],
        ["secrets", "jwt_secret_arn", "arn:aws:secretsmanager:us-east-1:1:secret:jwt"],
    ]


def test_people_get_a_table_with_whole_values(context: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    value, names = "x" * 300, context.settings.names
    state = {"resources": [], "outputs": {"vpc_id": {"value": value}}}
    context.client("s3").put_object(Bucket=names.state_bucket, Key=names.state_key("vpc"), Body=json.dumps(state))
    monkeypatch.setattr("operations.commands.outputs.open_context", lambda _: context)
    screen = io.StringIO()

    outputs("local", ["vpc"], Console(file=screen, force_terminal=True, width=60))

    assert re.findall("stack|output|value", screen.getvalue()) == ["stack", "output", "value"]
    assert screen.getvalue().count("x") == len(value)


def test_without_a_stack_it_is_all_of_the_environment_and_of_no_other(deployed: Staging) -> None:
    lines = deployed.make("outputs").output.splitlines()

    assert {"vpc", "secrets"} <= {line.split("\t")[0] for line in lines}
    assert "vpc\tvpc_id\tvpc-0123" in lines
    assert len([line for line in lines if "\tvpc_id\t" in line]) == 1


def test_a_secret_is_not_among_them(staging: Staging, context: Context) -> None:
    state = {"resources": [], "outputs": {"password": {"value": "canary", "sensitive": True}, "id": {"value": "i"}}}
    bucket = context.settings.names.state_bucket
    context.client("s3").put_object(Bucket=bucket, Key="staging/vpc.tfstate", Body=json.dumps(state))

    output = staging.make("outputs", STACK="vpc").output
    assert output.endswith("vpc\tid\ti\n")
    assert "canary" not in output
    assert "password" not in output


def test_a_stack_without_a_state_is_named(deployed: Staging) -> None:
    message = refused(deployed.project, deployed.make("outputs", STACK="vpc vcp"))

    assert "vpc" in message.split("STACK: vcp of staging is not deployed; there are ")[1]


@pytest.mark.parametrize("command", ["outputs", "kubeconfig", "psql", "shell"])
def test_what_a_runbook_calls_asks_for_its_environment(staging: Staging, command: str) -> None:
    assert refused(staging.project, staging.make(command, ENVIRONMENT="")).endswith(
        f"make {command} works on no environment by itself: name it, such as make {command} ENVIRONMENT=staging\n"
    )


def test_local_has_outputs_while_it_runs(staging: Staging) -> None:
    assert refused(staging.project, staging.make("outputs", ENVIRONMENT="local")).endswith(
        "the simulated AWS of the environment local does not run: start it with make deploy\n"
    )
