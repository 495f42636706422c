"""make runner: what Ansible is told, and that its collections are installed once. Ansible is a stand-in."""

import re

import pytest

from tests.conftest import ROOT
from tests.operations.conftest import Staging
from tests.operations.test_main import refused

pytestmark = pytest.mark.slow


@pytest.fixture
def deployed(staging: Staging) -> Staging:
    for name in ("ansible-playbook", "ansible-galaxy"):
        staging.stand_in(name)
    (staging.project.path / "ansible").mkdir(exist_ok=True)
    (staging.project.path / "ansible" / "requirements.yml").write_text("collections: []\n")
    staging.deploy(
        "runner",
        runner_instance_id="i-0123",
        runner_transfer_bucket_name="transfers",
        runner_token_parameter="/realworld-staging/runner/registration-token",
    )
    return staging


def test_ansible_is_told_what_terraform_made(deployed: Staging) -> None:
    result = deployed.make("runner")

    assert result.code == 0, result.output
    assert deployed.arguments("ansible-playbook") == ["runner.yml"]
    told = deployed.environment("ansible-playbook")
    assert {name: value for name, value in told.items() if name.startswith(("RUNNER_", "AWS_REGION", "PWD"))} == {
        "AWS_REGION": "us-east-1",
        "PWD": f"{deployed.project.path}/ansible",
        "RUNNER_BUCKET": "transfers",
        "RUNNER_PREFIX": "realworld-staging",
        "RUNNER_URL": "https://github.com/realworld-inc",
    }
    assert told["ANSIBLE_COLLECTIONS_PATH"] == f"{deployed.project.path}/.local/collections"


def test_the_token_itself_is_no_business_of_this_machine(deployed: Staging) -> None:
    token = "canary-of-the-runner"
    name = "/realworld-staging/runner/registration-token"
    deployed.context.client("ssm").put_parameter(Name=name, Value=token, Type="SecureString", Overwrite=True)

    result = deployed.make("runner")

    assert result.code == 0
    assert token not in result.output
    assert [path for path in deployed.bin.iterdir() if token in path.read_text()] == []
    deployed.context.client("ssm").delete_parameter(Name=name)  # other tests have the same AWS


def test_collections_are_installed_once_and_again_when_others_are_pinned(deployed: Staging) -> None:
    arguments = deployed.bin / "ansible-galaxy.arguments"
    said = "Installing the collections of ansible/requirements.yml"

    assert said in deployed.make("runner").output
    told = deployed.arguments("ansible-galaxy")
    assert told[:2] == ["collection", "install"]
    assert f"{deployed.project.path}/ansible/requirements.yml" in told
    assert f"{deployed.project.path}/.local/collections" in told
    arguments.unlink()
    assert said not in deployed.make("runner").output
    assert not arguments.exists()
    (deployed.project.path / "ansible" / "requirements.yml").write_text("collections: [amazon.aws]\n")
    assert said in deployed.make("runner").output
    assert arguments.exists()


def test_collections_that_cannot_be_installed_stop_it_and_are_tried_again(deployed: Staging) -> None:
    deployed.stand_in("ansible-galaxy", exits=1, says="no route to host")

    for _ in range(2):
        assert refused(deployed.project, deployed.make("runner")) == (
            "Installing the collections of ansible/requirements.yml\n"
            "the collections of ansible/requirements.yml cannot be installed:\nno route to host\n"
        )
    assert not (deployed.bin / "ansible-playbook.arguments").exists()


def test_the_end_of_ansible_is_the_end_of_the_command(deployed: Staging) -> None:
    deployed.stand_in("ansible-playbook", exits=4)

    assert deployed.make("runner").code == 4


def test_all_that_is_missing_is_named_at_once(deployed: Staging) -> None:
    for name in ("ansible-playbook", "session-manager-plugin"):
        (deployed.bin / name).unlink()

    message = refused(deployed.project, deployed.make("runner"))

    assert "  Session Manager: session-manager-plugin is not on PATH. " in message
    assert "  Ansible: ansible-playbook is not on PATH. It comes with the Python packages: run make runner." in message


def test_a_simulated_host_runs_no_job(staging: Staging) -> None:
    assert refused(staging.project, staging.make("runner", ENVIRONMENT="local")) == (
        "make runner has nothing to offer for local, whose AWS is simulated: name an environment of AWS, such as "
        "make runner ENVIRONMENT=staging\n"
    )


def test_there_has_to_be_a_host(deployed: Staging) -> None:
    deployed.forget("runner")

    assert refused(deployed.project, deployed.make("runner")) == (
        "runner of staging is not deployed: make deploy ENVIRONMENT=staging\n"
    )


def test_the_inventory_reads_what_the_command_sets(deployed: Staging) -> None:
    deployed.make("runner")

    files = (ROOT / "ansible" / "inventory").rglob("*.yml")
    asked = {name for file in files for name in re.findall(r"'ansible\.builtin\.env', '(\w+)'", file.read_text())}
    assert len(asked) == 4
    assert asked <= deployed.environment("ansible-playbook").keys()
