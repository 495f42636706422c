"""An environment of a test's own, whose commands can be killed and repeated."""

import dataclasses
import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from operations.context import Context
from operations.engine import state_bucket
from operations.engine.synthesis import Graph
from operations.recovery import runs
from tests.conftest import ROOT, wait
from tests.operations.conftest import Stacks
from tests.operations.recovery.command import context_of

NOTHING = '"changes":{"add":0,"change":0,"import":0,"remove":0,"operation":"apply"}'


@dataclass
class Life:
    """The stacks of one test. Their states and records lie under the name of the test."""

    context: Context
    folder: Path
    stacks: Stacks
    graph: Graph

    def write(self, **resources: Any) -> None:
        self.graph = self.stacks(**resources)

    def start(self) -> subprocess.Popen[str]:
        simulator = self.context.simulator
        assert simulator is not None
        said = {
            "folder": str(self.folder),
            "stacks": list(self.graph.dependencies),
            "environment": self.context.settings.environment,
            "simulator": dataclasses.asdict(simulator),
            "variables": self.context.variables,
        }
        return subprocess.Popen(
            [sys.executable, "-m", "tests.operations.recovery.command", json.dumps(said)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def repeat(self) -> str:
        """Run the command to its end, which has to be a good one, and return what it printed."""
        with self.start() as process:
            printed = process.communicate(timeout=120)[0]
        assert process.returncode == 0, printed
        return printed

    def left(self) -> list[runs.Run]:
        return runs.left(self.context.settings.environment)

    def applying(self) -> runs.Run:
        """The run that applies, once there is one with a process."""
        assert wait(lambda: any("apply" in run.command and run.pid for run in self.left()), 30)
        return next(run for run in self.left() if "apply" in run.command)

    def locks(self) -> list[str]:
        return [lock.id for lock in state_bucket.locks(self.context, f"{self.context.settings.environment}/")]

    def changes(self) -> str:
        """The end of the log of the only stack."""
        [stack] = self.graph.dependencies
        log = self.folder / ".local" / "logs" / self.context.settings.environment / f"{stack}.log"
        return log.read_text().rsplit("# terraform apply", 1)[1]


@pytest.fixture
def life(tmp_path: Path, context: Context, stacks: Stacks) -> Life:
    assert context.simulator is not None
    own = context_of(tmp_path.name, context.simulator, context.variables)
    return Life(own, tmp_path, stacks, stacks())
