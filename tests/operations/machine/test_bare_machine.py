"""A machine that has Python and make: everything else is fetched by the command that needs it."""

import hashlib
import json
import os
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.operations.machine.test_fetch import Releases, archive_of, pinned
from tests.project import Project, Result, copy_of_project

pytestmark = pytest.mark.slow

# For make, its recipes and what they start. Neither node, npm, terraform, helm nor kubectl are among them.
PROGRAMS = ("make", "sh", "touch", "env")
REGISTRIES = re.compile(r"(PIP|NPM_CONFIG|SSL_CERT|NODE_EXTRA)_\w+|(HTTPS?|NO|ALL)_PROXY|HOME", re.IGNORECASE)
LEZER = json.loads((ROOT / "package-lock.json").read_text())["packages"]["node_modules/@lezer/common"]


@pytest.fixture(scope="module")
def releases() -> Iterator[Releases]:
    terraform = shutil.which("terraform")
    assert terraform
    with Releases(archive_of(Path(terraform).read_bytes())) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def project(tmp_path: Path, releases: Releases) -> Project:
    """A clone whose Python packages are installed, and that needs one small package of npm instead of hundreds."""
    found = copy_of_project(tmp_path / "copy")
    pinned(releases, found.path / "operations" / "machine" / "terraform.json")
    (found.path / "node_modules").unlink()
    package = {"name": "bare", "version": "1.0.0", "devDependencies": {"@lezer/common": LEZER["version"]}}
    lock = {"lockfileVersion": 3, "packages": {"": package, "node_modules/@lezer/common": LEZER}}
    (found.path / "package.json").write_text(json.dumps(package))
    (found.path / "package-lock.json").write_text(json.dumps(package | lock))
    (tmp_path / "bin").mkdir()
    for name in PROGRAMS:
        program = shutil.which(name)
        assert program
        (tmp_path / "bin" / name).symlink_to(program)
    return found


def bare(project: Project, *command: str) -> Result:
    inherited = {name: value for name, value in os.environ.items() if REGISTRIES.fullmatch(name)}
    environment = inherited | {"PATH": str(project.path.parent / "bin"), "no_proxy": "127.0.0.1"}
    environment["NODE_ENV"] = "production"  # as in the shell of who works on the application: npm leaves tools out
    result = subprocess.run(
        command, cwd=project.path, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    return Result(result.returncode, result.stdout, 0)


def make(project: Project, *arguments: str) -> Result:
    return bare(project, "make", "--old-file=.venv/.installed", *arguments)  # or it would be installed once more


def test_make_fetches_what_is_missing_and_works_with_it(project: Project, releases: Releases) -> None:
    assert "terraform is not on PATH" in make(project, "doctor").output

    first = make(project, "synth", "node_modules/.installed")

    assert first.code == 0, first.output
    said = [line.replace(str(project.path), "") for line in first.output.splitlines()]
    assert said[0].startswith("Fetching node-22.")
    assert said[1].startswith(f"Fetching {releases.url}/")
    assert "/cdktf.out/local/stacks/vpc/cdk.tf.json" in said
    assert (project.path / "node_modules" / "@lezer" / "common" / "package.json").is_file(), "npm works"
    assert "Fetching" not in make(project, "synth", "node_modules/.installed").output

    table = make(project, "doctor").output
    assert re.search(r"^Node.js: 22\.\d+\.\d+ \(.*/\.local/bin/node\)", table, re.MULTILINE)
    assert re.search(r"^Terraform: 1\.\d+\.\d+ \(.*/\.local/bin/terraform\)", table, re.MULTILINE)


def test_the_shell_of_make_env_finds_what_was_fetched(project: Project) -> None:
    assert make(project, "programs").code == 0

    script = 'eval "$(make -s --old-file=.venv/.installed env ENVIRONMENT=staging)"'
    twice = f"{script}; {script}; terraform version; npx --version; echo $PATH"
    lines = bare(project, "sh", "-c", twice).output.splitlines()

    assert any(line.startswith("Terraform v1.") for line in lines), lines
    assert lines[-1] == f"{project.path}/.local/bin:{project.path.parent}/bin"


def test_something_else_than_the_pinned_release_stops_the_command(project: Project, releases: Releases) -> None:
    data = project.path / "operations" / "machine" / "terraform.json"
    release = json.loads(data.read_text())
    wrong = hashlib.sha256(b"").hexdigest()
    data.write_text(json.dumps(release | {"sha256": dict.fromkeys(release["sha256"], wrong)}))
    fetched = project.path / ".local"
    fetched.mkdir()
    (fetched / "bin").mkdir()
    for name in ("node", "npm"):  # so that nothing but Terraform is missing
        (project.path.parent / "bin" / name).write_text("#!/bin/sh\necho v22.0.0\n")
        (project.path.parent / "bin" / name).chmod(0o755)

    result = make(project, "deploy")

    assert result.code == 2
    assert (
        f"is not what is pinned (SHA-256 {hashlib.sha256(releases.archive).hexdigest()}, not {wrong})" in result.output
    )
    assert "Traceback" not in result.output
    assert [path.name for path in fetched.iterdir()] == ["bin"]
    assert list((fetched / "bin").iterdir()) == []
