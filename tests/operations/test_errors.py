"""Whatever this machine or AWS does, a command says one message and ends with 1, without a traceback."""

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from operations import failures
from simulator.process import _born
from tests.operations import refusing_aws
from tests.project import Project, Result, copy_of_project

pytestmark = pytest.mark.slow

KEYS = {"AWS_ACCESS_KEY_ID": "AKIA", "AWS_SECRET_ACCESS_KEY": "x", "AWS_SESSION_TOKEN": "y"}


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = copy_of_project(tmp_path_factory.mktemp("errors") / "copy")
    path = project.path / "environments" / "staging.yaml"
    own = (
        path.read_text()
        .replace("[203.0.113.0/24]", "[9.9.9.0/24]")
        .replace("111122223333", "123456789012")
        .replace("realworld-inc", "conduit-inc")
    )
    path.write_text(own)
    (project.path / "bin").mkdir()
    (project.path / "bin" / "aws").write_text("#!/bin/sh\n")
    (project.path / "bin" / "aws").chmod(0o755)
    return project


@pytest.fixture(scope="module")
def aws() -> Iterator[str]:
    with refusing_aws.running() as url:
        yield url


Prepare = Callable[[Path], None]


def program(path: Path) -> None:
    path.write_bytes(b"\0\1\2")
    path.chmod(0o755)


def full(path: Path) -> None:
    path.symlink_to("/dev/full")


def holding(path: Path) -> None:
    path.write_text("[default\nregion")


# The command, its variables, what there is besides, and what is said.
CASES: dict[str, tuple[str, dict[str, str], tuple[str, Prepare] | None, str]] = {
    "no such profile": (
        "plan",
        {"ENVIRONMENT": "staging", "AWS_PROFILE": "nope"},
        None,
        "(The config profile (nope) could not be found). Correct AWS_PROFILE, or write that profile: ",
    ),
    "a broken configuration of AWS": (
        "plan",
        {"ENVIRONMENT": "staging", "AWS_CONFIG_FILE": "broken/config"},
        ("broken/config", holding),
        "Unable to parse config file: broken/config). Correct that file.",
    ),
    "a terraform that is none": (
        "deploy",
        {"PATH": "broken:/usr/bin:/bin"},
        ("broken/terraform", program),
        "Terraform: terraform cannot be started: Exec format error",
    ),
    "plans in a file": ("plan", {"PLANS": "README.md"}, None, "PLANS=README.md is a file: name a folder"),
    "plans of a file": ("deploy", {"PLANS": "README.md"}, None, "PLANS=README.md is a file: name a folder"),
    "settings that are a directory": (
        "synth",
        {"ENVIRONMENT": "folder"},
        ("environments/folder.yaml", Path.mkdir),
        "environments/folder.yaml is no file",
    ),
    "settings that lead to themselves": (
        "synth",
        {"ENVIRONMENT": "loop"},
        ("environments/loop.yaml", lambda path: path.symlink_to(path.name)),
        "environments/loop.yaml cannot be read: Too many levels of symbolic links",
    ),
    "a very long name": ("env", {"ENVIRONMENT": "x" * 300}, None, "is no name of an environment"),
    "a full disk under .local": (
        "env",
        {"TF_CLI_CONFIG_FILE": ""},
        (".local/terraform.rc", full),
        failures.FULL_TEXT,
    ),
    "a full disk under the stacks": (
        "synth",
        {"ENVIRONMENT": "production"},
        ("cdktf.out/production/manifest.json", full),
        failures.FULL_TEXT,
    ),
    "a file in the place of a folder": (
        "synth",
        {"ENVIRONMENT": "staging"},
        ("cdktf.out/staging", holding),
        "cdktf.out/staging is no folder: remove it",
    ),
    "a token that has expired": ("deploy", {"ENVIRONMENT": "staging", **KEYS}, None, "AWS: the login has expired"),
    "states that may not be read": (
        "deploy",
        {"ENVIRONMENT": "staging", **KEYS, "AWS_ACCESS_KEY_ID": "denied", "STACK": "state", "YES": "1"},
        None,
        "the state of state cannot be read: ",
    ),
}


def run(project: Project, command: str, **variables: str) -> Result:
    path = {"PATH": f"{project.path / 'bin'}:{os.environ['PATH']}"}
    inherited = {"AWS_EC2_METADATA_DISABLED": "true", "HOME": str(project.path)}
    return project.make(command, **path | inherited | variables)


@pytest.mark.parametrize("case", CASES)
def test_one_message(shared: Project, aws: str, case: str) -> None:
    command, variables, prepared, message = CASES[case]
    with contextlib.ExitStack() as after:
        if prepared:
            path = shared.path / prepared[0]
            path.parent.mkdir(parents=True, exist_ok=True)
            prepared[1](path)
            after.callback(path.rmdir if path.is_dir() else path.unlink)
        result = run(shared, command, AWS_ENDPOINT_URL=aws, **variables)

    assert message in result.output
    assert "Traceback" not in result.output
    assert len(result.output.splitlines()) < 5, result.output
    assert result.code == 1


def test_a_bucket_that_may_not_be_created_is_named(shared: Project, aws: str) -> None:
    code = (
        "from operations.context import open_context; from operations.engine import state_bucket; "
        "state_bucket.ensure(open_context('staging'))"
    )
    denied = {"AWS_ENDPOINT_URL": aws, **KEYS, "AWS_ACCESS_KEY_ID": "denied", "HOME": str(shared.path)}

    said = shared.run(sys.executable, "-c", code, **denied).output.splitlines()[-1]

    assert "OperationError: the state bucket realworld-tfstate-123456789012-us-east-1 cannot be created: " in said


@pytest.mark.parametrize("reader", ["head -1", "true"])
def test_a_reader_that_leaves_is_no_error(shared: Project, reader: str) -> None:
    command = f"{sys.executable} -m operations synth 2>&1 | {reader}; exit ${{PIPESTATUS[0]}}"

    result = shared.run("bash", "-c", command)

    assert (result.code, "Error" in result.output) == (0, False)
    assert len(result.output.splitlines()) <= 1


def test_output_that_nobody_can_have_is_an_error(shared: Project) -> None:
    with Path("/dev/full").open("w") as full_disk:
        result = subprocess.run(
            [sys.executable, "-m", "operations", "synth"],
            cwd=shared.path,
            stdout=full_disk,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )

    assert result.returncode == 1
    assert result.stderr.splitlines()[1:] == ["not all of the output could be written: No space left on device"]


def test_a_locale_without_utf_8_changes_nothing(shared: Project) -> None:
    path = shared.path / "environments" / "umlaut.yaml"
    path.write_text("größe: ñ\n", encoding="utf-8")

    result = run(shared, "synth", ENVIRONMENT="umlaut", LC_ALL="C", PYTHONUTF8="0")

    assert result.code == 1
    assert "größe is not a setting" in result.output
    assert "Traceback" not in result.output


def test_what_people_have_for_aws_means_nothing_to_local(shared: Project, tmp_path: Path) -> None:
    (tmp_path / "config").write_text("[default\nregion")
    theirs = {"AWS_PROFILE": "nope", "AWS_CONFIG_FILE": str(tmp_path / "config"), "AWS_RETRY_MODE": "nope"}
    try:
        deployed = run(shared, "deploy", STACK="secrets", TF_LOG="JSON", **theirs)
        assert deployed.code == 0, deployed.output
        assert run(shared, "destroy", STACK="secrets", **theirs).code == 0

        pid = json.loads((shared.path / ".local" / "simulator.json").read_text())["pid"]
        os.kill(pid, signal.SIGSTOP)
        process = shared.path / "simulator" / "process.py"
        process.write_text(re.sub(r"_SECONDS = \d+", "_SECONDS = 1", process.read_text()))
        refused = run(shared, "plan")
        assert (refused.code, len(refused.output.splitlines())) == (1, 1)
        assert f"process {pid} on port" in refused.output
        destroyed = run(shared, "destroy")
        assert (destroyed.code, destroyed.output) == (
            0,
            "The simulated AWS did not answer, and is ended with all that was deployed in it.\n",
        )
        assert _born(pid) is None
    finally:
        run(shared, "clean")


def test_what_nobody_has_foreseen_is_one_line_and_a_file(shared: Project) -> None:
    module = shared.path / "operations" / "engine" / "mirror.py"
    module.write_text(module.read_text().replace("    configured = ", "    {}['of ours']\n    configured = "))
    (shared.path / "main.py").write_text("{}['of ours']\n")

    for command in ("env", "synth"):
        result = run(shared, command)
        said, kept = result.output.splitlines()
        assert said == "this is a bug of the platform, or of what you have changed in its code: KeyError: 'of ours'"
        assert failures.TRACEBACK in Path(kept.rpartition(" is in ")[2]).read_text()
