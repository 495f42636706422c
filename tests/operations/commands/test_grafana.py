"""make grafana: what it starts, what it says and never says. The aws command is a stand-in, the AWS is simulated."""

import contextlib
import socket

import pytest

from modules.hosts import monitoring_host
from operations.commands.grafana import PORT
from operations.context import Context
from tests.conftest import free_port
from tests.operations.conftest import Staging
from tests.operations.test_main import refused

pytestmark = pytest.mark.slow
PASSWORD = "canary-in-the-dashboards"


@pytest.fixture
def deployed(staging: Staging, context: Context) -> Staging:
    secrets = context.client("secretsmanager")
    found = secrets.list_secrets(Filters=[{"Key": "name", "Values": ["grafana"]}])["SecretList"]
    arn = found[0]["ARN"] if found else secrets.create_secret(Name="grafana", SecretString=PASSWORD)["ARN"]
    staging.deploy("monitoring", grafana_secret_arn=arn, monitoring_instance_id="i-0123")
    return staging


def test_the_port_of_grafana_is_forwarded_and_the_way_to_the_password_is_said(deployed: Staging) -> None:
    port = free_port()

    result = deployed.make("grafana", PORT=str(port))

    assert result.code == 0, result.output
    assert deployed.arguments("aws") == [
        "ssm",
        "start-session",
        "--region",
        "us-east-1",
        "--target",
        "i-0123",
        "--document-name",
        "AWS-StartPortForwardingSession",
        "--parameters",
        f"portNumber=3000,localPortNumber={port}",
    ]
    assert monitoring_host.GRAFANA == PORT
    where, _, rest = result.output.partition(" until ")
    assert where == f"Grafana of staging is at http://127.0.0.1:{port}"
    assert rest.startswith("Ctrl-C. The user is admin, and this shows the password:\n")
    assert "aws secretsmanager get-secret-value --secret-id arn:aws:secretsmanager:us-east-1:" in result.output


def test_nobody_reads_the_password_over_a_shoulder(deployed: Staging, context: Context) -> None:
    stored = context.client("secretsmanager").get_secret_value(SecretId="grafana")["SecretString"]
    result = deployed.make("grafana")

    assert stored == PASSWORD
    assert PASSWORD not in result.output
    assert [path for path in deployed.bin.iterdir() if PASSWORD in path.read_text(errors="replace")] == []


def test_a_port_that_something_has_is_not_taken(deployed: Staging) -> None:
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with contextlib.suppress(OSError):  # something has it on this machine, which will do
            other.bind(("127.0.0.1", PORT))
            other.listen()
        assert deployed.make("grafana").code == 0
        message = refused(deployed.project, deployed.make("grafana", PORT=str(PORT)))

    used = deployed.arguments("aws")[-1].rpartition("=")[2]
    assert used.isdigit()
    assert used != str(PORT)
    assert message == "port 3000 is in use: leave PORT out to get a free one\n"
    assert "PORT=http is not a port: write a number" in refused(deployed.project, deployed.make("grafana", PORT="http"))


def test_the_end_of_the_session_is_the_end_of_the_command(deployed: Staging) -> None:
    deployed.stand_in("aws", exits=7)

    assert deployed.make("grafana").code == 7


def test_a_simulated_host_shows_nothing(staging: Staging) -> None:
    assert refused(staging.project, staging.make("grafana", ENVIRONMENT="local")) == (
        "make grafana has nothing to offer for local, whose AWS is simulated: name an environment of AWS, such as "
        "make grafana ENVIRONMENT=staging\n"
    )


def test_all_that_is_missing_is_named_at_once(staging: Staging) -> None:
    for name in ("aws", "session-manager-plugin"):
        (staging.bin / name).unlink()

    message = refused(staging.project, staging.make("grafana", AWS_ACCESS_KEY_ID=""))

    assert "  AWS: no valid credentials (" in message
    assert "  AWS CLI: aws is not on PATH. Install version 2: it logs in to EKS and to hosts.\n" in message
    assert (
        "  Session Manager: session-manager-plugin is not on PATH. Install the plugin of the AWS CLI: http" in message
    )


def test_credentials_of_another_account_open_nothing(staging: Staging) -> None:
    staging.settings(account="111122223333")

    assert "these are credentials of account 123456789012" in refused(staging.project, staging.make("grafana"))


@pytest.mark.parametrize("resources", [None, []], ids=["never", "no longer"])
def test_what_is_not_deployed_cannot_be_shown(staging: Staging, resources: list[str] | None) -> None:
    if resources is None:
        staging.forget("monitoring")
    else:
        staging.deploy("monitoring", resources=[])

    assert refused(staging.project, staging.make("grafana")) == (
        "monitoring of staging is not deployed: make deploy ENVIRONMENT=staging\n"
    )
