"""Programs in the place of AWS, GitHub, helm and docker, which take notes of how a script calls them."""

import os
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.conftest import ROOT

PLATFORM = ROOT / ".github" / "scripts"
APPLICATION = ROOT / "realworld-example-app" / ".github" / "scripts"
A, B, NEW = (f"sha256:{letter * 64}" for letter in "abc")
# What a release has to be told.
TOLD = {
    "CLUSTER": "realworld-staging",
    "CLUSTER_NAME": "",  # where none was adopted
    "REGISTRY": "1.ecr",
    "BACKEND": A,
    "MIGRATOR": B,
    "ARCHITECTURES": "amd64",
}


@dataclass
class Machine:
    """answers[program] is a shell script that is given the arguments."""

    folder: Path
    answers: dict[str, str] = field(default_factory=dict)

    def run(self, script: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        process = self._start([script, *arguments], variables)
        output, errors = process.communicate()
        return subprocess.CompletedProcess([script], process.returncode, output, errors)

    def start(self, step: str, **variables: str) -> subprocess.Popen[str]:
        """A step as the runner starts it: its text in a file, which a shell reads in the checkout."""
        (self.folder / "step.sh").write_text(step)
        return self._start(["-e", self.folder / "step.sh"], variables)

    def _start(self, arguments: list[str | Path], variables: dict[str, str]) -> subprocess.Popen[str]:
        programs, checkout = self.folder / "bin", self.folder / "checkout"
        for folder in (programs, checkout):
            folder.mkdir(exist_ok=True)
        for name, answer in self.answers.items():
            (programs / name).write_text(f'#!/bin/bash\necho "{name} $*" >>"$NOTES"\n{answer}\n')
            (programs / name).chmod(0o755)
        jq = shutil.which("jq")
        if jq is None:
            pytest.skip("jq is not on PATH: apt-get install jq")
        environment = {
            "PATH": f"{programs}:{os.environ['PATH']}",
            "NOTES": str(self.folder / "notes"),
            "RUNNER_TEMP": str(self.folder),
            "GITHUB_OUTPUT": str(self.folder / "output"),
            "GITHUB_STEP_SUMMARY": str(self.folder / "summary"),
            "GITHUB_SHA": "0123456789abcdef",
            "GITHUB_REPOSITORY": "acme/platform",
            "GITHUB_REPOSITORY_OWNER": "acme",
            "GITHUB_SERVER_URL": "https://github.com",
            "GITHUB_RUN_ID": "7",
            "GITHUB_RUN_NUMBER": "12",
            "GITHUB_RUN_ATTEMPT": "1",
            "GH_TOKEN": "ghs_x",
        }
        return subprocess.Popen(
            ["bash", *arguments],
            cwd=checkout,
            env=environment | variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def text(self, name: str) -> str:
        path = self.folder / name
        return path.read_text() if path.exists() else ""

    def notes(self, *words: str) -> list[str]:
        """The calls that these words are in."""
        return [line for line in self.text("notes").splitlines() if all(word in line for word in words)]


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)
