"""What people see when something is not as it has to be: one message, exit code 1, no traceback, nothing started."""

import dataclasses
import io
import re
import shutil
import socket
import sys
from pathlib import Path

import pytest

from operations import OperationError
from operations.commands.destroy import _confirm
from operations.context import Context, exports
from operations.support import load
from settings import load_settings
from simulator import process as simulator
from tests.conftest import ROOT
from tests.project import Project, Result, copy_of_project

pytestmark = pytest.mark.slow


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return copy_of_project(tmp_path / "copy")


def refused(project: Project, result: Result) -> str:
    """The message, after a look at what a refusal must not do."""
    assert result.code == 1, result.output
    assert "Traceback" not in result.output
    assert not (project.path / ".local" / "simulator.json").exists(), "the simulator was started"
    return result.output


def program(folder: Path, name: str, says: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\necho '{says}'\n")
    (folder / name).chmod(0o755)


def path_with(folder: Path, *names: str) -> str:
    """A PATH that leads to these programs only, on top of what is in the folder."""
    folder.mkdir(exist_ok=True)
    for name in names:
        found = shutil.which(name)
        assert found is not None
        (folder / name).symlink_to(found)
    return str(folder)


@pytest.mark.parametrize("command", ["deploy", "plan", "destroy", "synth", "doctor", "env"])
def test_an_environment_that_does_not_exist(project: Project, command: str) -> None:
    message = refused(project, project.make(command, ENVIRONMENT="stagging"))

    assert message == (
        "environments/stagging.yaml does not exist (did you mean staging?): "
        "set ENVIRONMENT to one of local, production, staging, or write the file\n"
    )


def test_all_errors_of_a_file_in_one_message(project: Project) -> None:
    settings = project.path / "environments" / "local.yaml"
    text = settings.read_text().replace("cidr: 10.10.0.0/16", "cidrr: 10.10.0.0/16")
    settings.write_text(text.replace("backup_retention_days: 7", "backup_retention_days: 0"))

    assert re.sub(r"line \d+: ", "", refused(project, project.make("deploy"))) == (
        "environments/local.yaml has 3 validation errors:\n"
        "  vpc.cidr is missing: write a private network from /16 to /20, such as 10.20.0.0/16\n"
        "  vpc.cidrr is not a setting of vpc: did you mean cidr?\n"
        "  database.backup_retention_days = 0 is not valid: write 1 to 35 days of point-in-time recovery\n"
    )


def test_a_stack_that_does_not_exist(project: Project) -> None:
    message = refused(project, project.make("deploy", STACK="vpc, eck"))

    said, _, listed = message.strip().partition("; there are ")
    assert said == "STACK: there is no stack eck (did you mean eks?)"
    assert set(listed.split(", ")) == {path.stem for path in ROOT.glob("tests/addresses/local/*.txt")}


def test_everything_that_is_missing_at_once(project: Project, tmp_path: Path) -> None:
    program(tmp_path / "bin", "node", "v18.20.4")
    program(tmp_path / "bin", "terraform", "Terraform v1.9.8")

    message = refused(project, project.make("deploy", PATH=str(tmp_path / "bin")))

    assert message == (
        "this machine is not ready:\n"
        f"  Node.js: 18.20.4 ({tmp_path}/bin/node). Install 20 or newer, or let make deploy fetch it: it runs the "
        "engine of CDKTF.\n"
        f"  Terraform: 1.9.8 ({tmp_path}/bin/terraform). Install 1.11 or newer, or let make deploy fetch it: locks and "
        "secrets rely on it.\n"
    )


def test_no_node_and_no_terraform(project: Project, tmp_path: Path) -> None:
    message = refused(project, project.make("plan", PATH=path_with(tmp_path / "bin")))

    assert "  Node.js: node is not on PATH. Install 20 or newer, or let make deploy fetch it: " in message
    assert "  Terraform: terraform is not on PATH. Install 1.11 or newer" in message


def test_no_credentials_for_a_real_account(project: Project, tmp_path: Path) -> None:
    none = {"AWS_CONFIG_FILE": "none", "AWS_SHARED_CREDENTIALS_FILE": "none", "AWS_EC2_METADATA_DISABLED": "true"}
    path = path_with(tmp_path / "bin", "node", "terraform")

    message = refused(project, project.make("deploy", ENVIRONMENT="staging", HOME=str(tmp_path), PATH=path, **none))

    assert message == (
        "this machine is not ready:\n"
        "  Settings: these are examples: account = 111122223333, "
        "iam.github.platform_repository = realworld-inc/platform, "
        "iam.github.application_repository = realworld-inc/realworld-example-app, "
        "dns.domain = staging.realworld-inc.link, eks.public_access_cidrs.0 = 203.0.113.0/24. "
        "Write your own into environments/staging.yaml.\n"
        "  AWS: no valid credentials (Unable to locate credentials). Log in, or set AWS_PROFILE.\n"
        "  AWS CLI: aws is not on PATH. Install version 2: it logs in to EKS and to hosts.\n"
    )


def test_doctor_shows_what_is_there(project: Project) -> None:
    result = project.make("doctor")

    assert result.code == 0, result.output
    names = re.findall(r"^(\S.*?):", result.output, re.MULTILINE)
    assert names[:5] == ["Python", "Node.js", "Terraform", "Offers", "Supported until"]
    # The others are of products: a row for each that ends soon, and the lines in the one of all ends.
    products = load().products
    assert [name for name in names[5:] if not {name, name.rpartition(" ")[0]} & products.keys()] == []


def test_a_port_that_is_taken(project: Project) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = str(other.getsockname()[1])
        message = refused(project, project.make("deploy", SIMULATOR_PORT=port))

    assert message == f"port {port} is in use: leave SIMULATOR_PORT out to get a free one\n"
    assert "SIMULATOR_PORT=http is not a port: write a number from 1 to 65535" in refused(
        project, project.make("deploy", SIMULATOR_PORT="http")
    )


@pytest.mark.parametrize("command", ["deploy", "destroy", "plan", "synth", "doctor", "env", "grafana", "runner"])
def test_every_command_says_first_where_it_works(project: Project, tmp_path: Path, command: str) -> None:
    none = {"AWS_CONFIG_FILE": "none", "AWS_SHARED_CREDENTIALS_FILE": "none", "AWS_EC2_METADATA_DISABLED": "true"}

    result = project.make(command, ENVIRONMENT="staging", HOME=str(tmp_path), **none)

    assert result.head == f"make {command}: staging, account 111122223333, region us-east-1"


@pytest.mark.parametrize("command", ["destroy", "env"])
def test_nothing_to_work_on(project: Project, command: str) -> None:
    message = refused(project, project.make(command))

    assert message == "the simulated AWS of the environment local does not run: start it with make deploy\n"


def test_a_folder_without_plans(project: Project) -> None:
    message = refused(project, project.make("deploy", PLANS="nowhere"))

    folder = project.path / "nowhere"
    assert message == f"PLANS={folder} holds no plans.json: make plan PLANS=nowhere ENVIRONMENT=local writes one\n"


def test_what_is_protected_is_not_destroyed(project: Project) -> None:
    message = refused(project, project.make("destroy", ENVIRONMENT="production"))

    assert message == (
        "production is protected: write allow_destroy: true in environments/production.yaml, deploy that, "
        "and destroy it then\n"
    )


def test_a_real_account_is_destroyed_after_a_word_only(context: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    staging = dataclasses.replace(context, settings=load_settings("staging"))
    monkeypatch.setattr("sys.stdin", io.StringIO("staging\n"))  # no terminal, so nobody is asked

    with pytest.raises(OperationError, match="nothing was destroyed: type staging when asked, or set CONFIRM=staging"):
        _confirm(staging, ["vpc"])
    monkeypatch.setenv("CONFIRM", "production")
    with pytest.raises(OperationError, match="nothing was destroyed"):
        _confirm(staging, ["vpc"])
    monkeypatch.setenv("CONFIRM", "staging")
    _confirm(staging, ["vpc"])


def test_a_shell_gets_the_variables_and_loses_what_would_mix_with_them(context: Context) -> None:
    printed = exports(context).splitlines()

    assert f"export AWS_ENDPOINT_URL={context.variables['AWS_ENDPOINT_URL']}" in printed
    assert printed[-1] == "unset AWS_PROFILE AWS_SESSION_TOKEN AWS_CA_BUNDLE"
    real = dataclasses.replace(context, simulator=None, variables={"ENVIRONMENT": "a b"})
    assert exports(real).splitlines() == ["export ENVIRONMENT='a b'", "export PLATFORM_EXPORTED=ENVIRONMENT"]


def test_a_shell_that_goes_to_another_environment_keeps_nothing_of_the_first(project: Project, tmp_path: Path) -> None:
    config = tmp_path / "kubeconfig"
    config.write_text("{}")
    env = f"{sys.executable} -m operations env 2>/dev/null"
    script = (
        f'export KUBECONFIG={config}; for name in local staging local; do eval "$(ENVIRONMENT=$name {env})"; '
        "turn=$((turn + 1)); env >$name.$turn; done"
    )
    simulator.start(project.path / ".local")
    try:
        assert project.run("bash", "-c", script, AWS_SECRET_ACCESS_KEY="before", AWS_PROFILE="own").code == 0
    finally:
        simulator.stop(project.path / ".local")

    first, real, again = (
        dict(line.split("=", 1) for line in (project.path / name).read_text().splitlines() if "=" in line)
        for name in ("local.1", "staging.2", "local.3")
    )
    assert {"AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "TF_VAR_kubeconfig"} <= first.keys()
    assert [name for name in real if name.startswith(("AWS_", "TF_VAR_"))] == ["AWS_DEFAULT_REGION", "AWS_REGION"]
    assert real["ENVIRONMENT"] == "staging"
    assert {name: value for name, value in again.items() if name != "_"} == {
        name: value for name, value in first.items() if name != "_"
    }
