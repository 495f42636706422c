"""The playbook as a person runs it, on a machine with a real systemd instead of a host in AWS."""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests import machine
from tests.ansible.github import GitHub, Runner, github
from tests.conftest import ROOT
from tests.machine import Machine

HERE = Path(__file__).parent
BIN = Path(sys.executable).parent
PARAMETER = "/run/parameter"  # what the stand-in of aws reads; in memory, because the disk is searched for tokens
PATIENCE = 120  # seconds: a playbook beside other tests takes its time
# systemd in the machine may load filters of addresses into the kernel, as it does on a host of its own.
FILTERS = ("--system-call-filter=bpf",)
# What the role installs, so that no test needs the packages of Debian once the machine is made.
PACKAGES = (
    *("ca-certificates", "curl", "git", "jq", "libicu72", "make", "procps"),
    *("python3", "python3-apt", "python3-venv", "unattended-upgrades", "unzip"),
)


def ansible(tool: str, *arguments: str | Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """A tool of Ansible in its folder; variables of this shell do not change what it does."""
    mine = {name: value for name, value in os.environ.items() if not name.startswith(("ANSIBLE_", "RUNNER_"))}
    return subprocess.run(
        [BIN / tool, *arguments],
        cwd=ROOT / "ansible",
        env=mine | {"PATH": f"{BIN}:{os.environ['PATH']}", "LC_ALL": "C.UTF-8", "NO_COLOR": "1"} | variables,
        capture_output=True,
        text=True,
        check=False,
    )


@dataclass
class Run:
    """What a run of the playbook said."""

    code: int
    text: str

    @property
    def words(self) -> str:
        """Without the line breaks that Ansible makes in the middle of a sentence."""
        return " ".join(self.text.split())

    @property
    def changed(self) -> int:
        [count] = re.findall(r"^realworld-test-runner +: .* changed=(\d+)", self.text, re.M)
        return int(count)


@dataclass
class Host:
    """A machine, its inventory, and GitHub."""

    machine: Machine
    github: GitHub
    variables: dict[str, Any] = field(default_factory=dict)
    runs: list[Run] = field(default_factory=list)

    def play(self, *arguments: str, **variables: Any) -> Run:
        inventory = {
            "runner": {
                "hosts": {
                    "realworld-test-runner": {
                        "ansible_connection": "machine",
                        "ansible_machine_init": int(self.machine.init),
                        "ansible_become": False,  # it is root already
                        **self.variables,
                        **variables,
                    }
                }
            }
        }
        file = self.machine.disk.parent / "inventory.yml"
        file.write_text(json.dumps(inventory))
        done = ansible(
            "ansible-playbook",
            *("--inventory", str(file), "runner.yml"),
            *arguments,
            ANSIBLE_CONNECTION_PLUGINS=str(HERE / "connection"),
            ANSIBLE_PIPELINING="1",
        )
        self.runs.append(Run(done.returncode, done.stdout + done.stderr))
        return self.runs[-1]

    def write_token(self, token: str, *, minutes_old: int = 0) -> None:
        """As the workflow does."""
        self.github.tokens.add(token)
        self.machine.run("sh", "-c", f'echo "$TOKEN" >{PARAMETER}', TOKEN=token)
        self.machine.run("touch", f"--date={minutes_old} minutes ago", PARAMETER)

    def state(self, unit: str = "github-runner.service", of: str = "ActiveState") -> str:
        return self.machine.run("systemctl", "show", f"--property={of}", "--value", unit).stdout.strip()

    def journal(self) -> str:
        return self.machine.run("journalctl", "--output=cat", "--no-pager", "--boot").stdout

    def releases(self) -> tuple[str, list[str]]:
        """The current one, and whatever is in the folder of releases besides scripts and the instance."""
        found = self.machine.run("ls", "-A", "/opt/actions-runner").stdout.split()
        current = self.machine.run("readlink", "/opt/actions-runner/current").stdout.strip()
        return current, sorted(set(found) - {"current", "instance", "libexec"})

    def job(self, script: str) -> Runner:
        """Give GitHub a job, and return its runner as soon as it has one."""
        self.github.jobs.append(script)
        wait(lambda: not self.github.jobs, "no runner takes the job")
        return next(runner for runner in reversed(self.github.runners) if runner.job == script)

    def finished(self, script: str) -> Runner:
        runner = self.job(script)
        wait(lambda: runner.result is not None, "the job does not end")
        return runner


def release(server: GitHub, version: str) -> dict[str, Any]:
    """Publish a release; the variables of a host that is to have it."""
    published = server.release(version)
    return {"github_runner_version": version, "github_runner_checksums": {"x64": published, "arm64": published}}


def wait(until: Callable[[], bool], what: str, seconds: float = PATIENCE) -> None:
    deadline = time.monotonic() + seconds
    while not until():
        assert time.monotonic() < deadline, what
        time.sleep(0.1)


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    """An empty machine with a token for its runner, and a release to install."""
    base = machine.root(*PACKAGES)
    with github() as server, machine.machine(base, tmp_path_factory.mktemp("runner"), FILTERS) as made:
        command = made.disk / "usr/local/bin/aws"
        command.write_bytes((HERE / "stand-ins/aws").read_bytes())
        command.chmod(0o755)
        made.boot()
        yield Host(
            made,
            server,
            {
                "github_runner_url": "https://github.com/realworld-inc",
                "github_runner_token_parameter": "/realworld-test/runner/registration-token",
                "github_runner_aws_region": "eu-test-1",
                "github_runner_labels": ["realworld-test"],
                "github_runner_download_url": server.url,
                "github_runner_pause_seconds": 1,
                "github_runner_drain_seconds": 60,
                **release(server, "2.338.0"),
            },
        )
