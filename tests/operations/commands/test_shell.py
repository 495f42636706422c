"""make shell: which session is opened. The aws command is a stand-in, the AWS is simulated."""

import pytest

from operations.commands.shell import HOSTS
from tests.conftest import ROOT
from tests.operations.conftest import Staging
from tests.operations.test_main import refused

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("host", HOSTS)
def test_a_session_on_the_host_that_is_named(staging: Staging, host: str) -> None:
    staging.deploy(host, None, **{f"{host}_instance_id": f"i-{host}"})
    staging.stand_in("aws", exits=7)

    assert staging.make("shell", HOST=host).code == 7, "the end of the session is the end of the command"
    assert staging.arguments("aws") == ["ssm", "start-session", "--region", "us-east-1", "--target", f"i-{host}"]


def test_a_host_has_to_be_named(staging: Staging) -> None:
    assert refused(staging.project, staging.make("shell", HOST="")).endswith(
        "make shell needs a host: write HOST=monitoring or HOST=runner\n"
    )
    assert refused(staging.project, staging.make("shell", HOST="database")).endswith(
        "HOST=database is no host that people log in to: write HOST=monitoring or HOST=runner\n"
    )


def test_a_simulated_host_has_no_shell(staging: Staging) -> None:
    assert refused(staging.project, staging.make("shell", HOST="runner", ENVIRONMENT="local")).endswith(
        "make shell HOST=runner has nothing to offer for local, whose AWS is simulated: name an environment of AWS, "
        "such as make shell HOST=runner ENVIRONMENT=staging\n"
    )


def test_a_shell_that_exports_the_name_of_its_machine_names_no_host(staging: Staging) -> None:
    result = staging.project.run(
        "make", "--dry-run", "--file", str(ROOT / "Makefile"), "shell", HOST="laptop", ENVIRONMENT="staging"
    )

    assert "laptop" not in result.output
    named = staging.project.run("make", "--dry-run", "--file", str(ROOT / "Makefile"), "shell", "HOST=runner")
    assert "HOST=runner" in named.output
