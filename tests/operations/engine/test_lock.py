"""Two environments in one clone do not meet, and two commands on one environment do not either."""

import json
import sys
from pathlib import Path

import pytest

from operations.engine import lock
from tests.conftest import ROOT
from tests.project import Project, copy_of_project

pytestmark = pytest.mark.slow


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return copy_of_project(tmp_path / "copy")


def key(folder: Path, stack: str) -> str:
    template = json.loads((folder / "stacks" / stack / "cdk.tf.json").read_text())
    return str(template["terraform"]["backend"]["s3"]["key"])


def test_each_environment_is_synthesized_into_its_own_folder(project: Project) -> None:
    output = project.path / "cdktf.out"
    assert project.make("synth").output.splitlines()[0].startswith(f"{output}/local/stacks/")
    assert project.make("synth", ENVIRONMENT="production").code == 0
    assert project.run(sys.executable, "main.py", ENVIRONMENT="staging").code == 0

    assert key(output / "local", "vpc") == "local/vpc.tfstate"
    assert key(output / "production", "vpc") == "production/vpc.tfstate"
    assert key(output, "vpc") == "staging/vpc.tfstate", "main.py writes where cdktf expects it"


def test_a_folder_forgets_the_state_of_another_environment_and_no_other(project: Project) -> None:
    """What terraform init has noted there would make Terraform offer to move the one state over the other."""
    assert project.run(sys.executable, "main.py", ENVIRONMENT="staging").code == 0
    folder = project.path / "cdktf.out" / "stacks" / "vpc"
    backend = json.loads((folder / "cdk.tf.json").read_text())["terraform"]["backend"]["s3"]
    note = folder / ".terraform" / "terraform.tfstate"
    note.parent.mkdir()
    note.write_text(json.dumps({"backend": {"type": "s3", "config": backend}}))

    assert project.run(sys.executable, "main.py", ENVIRONMENT="staging").code == 0
    assert note.is_file()
    assert project.run(sys.executable, "main.py", ENVIRONMENT="local").code == 0
    assert not note.exists()


@pytest.mark.parametrize("command", ["deploy", "destroy", "plan", "synth"])
def test_a_second_command_on_an_environment_is_refused_by_name(
    project: Project, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.setattr(lock, "LOCAL", project.path / ".local")
    with lock.exclusive("local", "deploy"):
        refused = project.make(command)
        assert refused.code == 1
        assert refused.output.startswith("make deploy runs on local since ")
        assert refused.output.endswith(": wait until it has ended\n")
        assert not (project.path / "cdktf.out").exists()
        assert project.make("synth", ENVIRONMENT="staging").code == 0
    assert project.make("synth").code == 0


def test_a_command_that_was_killed_holds_nothing(project: Project) -> None:
    script = (
        "import os, signal\nfrom operations.engine.lock import exclusive\n"
        "with exclusive('local', 'deploy'):\n    os.kill(os.getpid(), signal.SIGKILL)"
    )
    assert project.run(sys.executable, "-c", script).code == -9
    assert project.make("synth").code == 0


def test_the_documented_lines_name_folders_that_are_written(project: Project) -> None:
    assert project.make("synth").code == 0
    lines = [
        line.split("-chdir=")[1].split()[0]
        for line in (ROOT / "docs" / "commands.md").read_text().splitlines()
        if "-chdir=" in line
    ]
    assert lines
    assert [line for line in lines if not (project.path / line).is_dir()] == []
