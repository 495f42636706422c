"""The real Terraform and the real AWS provider on one stack, with a simulator in the place of AWS."""

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from operations.engine.mirror import cli_environment
from simulator.process import Simulator, clean_environment
from tests.conftest import Template
from tests.simulator.conftest import Aws

REGION = "us-east-1"


@dataclass(frozen=True)
class Workspace:
    """A folder with one stack, whose state lies beside it. Every command that fails is an AssertionError."""

    folder: Path
    variables: dict[str, str]

    def write(self, template: Template) -> None:
        template["terraform"].pop("backend", None)
        (self.folder / "cdk.tf.json").write_text(json.dumps(template, indent=2))

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        if not (self.folder / ".terraform").exists():
            self._terraform("init", "-input=false")
        return self._terraform(*command, "-input=false")

    def apply(self, *options: str) -> str:
        return self._succeeds("apply", "-auto-approve", *options)

    def destroy(self) -> str:
        return self._succeeds("destroy", "-auto-approve")

    def plan(self) -> str:
        """What there is to do, and nothing where a plan is empty."""
        result = self.run("plan", "-detailed-exitcode")
        assert result.returncode in (0, 2), result.stdout + result.stderr
        return result.stdout if result.returncode == 2 else ""

    def _succeeds(self, *command: str) -> str:
        result = self.run(*command)
        assert result.returncode == 0, result.stdout + result.stderr
        return result.stdout

    def _terraform(self, *command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["terraform", f"-chdir={self.folder}", *command, "-no-color"],
            env=self.variables,
            capture_output=True,
            text=True,
            check=False,
        )


def workspace(folder: Path, aws: Aws) -> Workspace:
    folder.mkdir()
    simulated = Simulator(pid=0, port=int(aws.endpoint.rpartition(":")[2])).environment(REGION)
    providers = cli_environment(os.environ, folder.parent)
    return Workspace(folder, clean_environment(os.environ) | providers | simulated)
