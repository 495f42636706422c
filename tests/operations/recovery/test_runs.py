"""Who lives is said by the system, and what nobody waits for is ended."""

import subprocess
import time
from pathlib import Path

import pytest
from rich.console import Console

from operations import OperationError
from operations.commands import clean
from operations.recovery import runs
from tests.conftest import wait


@pytest.fixture(autouse=True)
def _local(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("commands.clean", "recovery.runs"):
        monkeypatch.setattr(f"operations.{module}.LOCAL", tmp_path / ".local")
    for module in ("commands.clean", "engine.errored_state"):
        monkeypatch.setattr(f"operations.{module}.OUTPUT", tmp_path / "cdktf.out")
    monkeypatch.setattr(clean, "CACHES", ())


def start(environment: str, script: str) -> tuple[runs.Run, subprocess.Popen[bytes]]:
    log = runs.LOCAL / "vpc.log"  # type: ignore[attr-defined]
    log.parent.mkdir(parents=True, exist_ok=True)
    log.touch()
    recorded = runs.Recorded(environment, "vpc", ["apply"], log)
    with recorded.file:
        process = subprocess.Popen(["sh", "-c", script], pass_fds=[recorded.file.fileno()], start_new_session=True)
        recorded.started(process.pid)
    return recorded.run, process


def test_a_run_lives_until_its_process_ends(tmp_path: Path) -> None:
    run, process = start("staging", f"while ! test -e {tmp_path}/end; do sleep 0.1; done")
    assert run.lives()
    assert runs.left("staging") == [run]
    (tmp_path / "end").touch()
    process.wait()
    assert not run.lives()
    run.forget()
    assert runs.left("staging") == []


@pytest.mark.parametrize("reaped", [True, False])
def test_what_a_dead_terraform_left_behind_is_ended(reaped: bool) -> None:
    run, process = start("staging", "sleep 600 & echo $!")
    if reaped:
        process.wait()
    else:
        assert wait(lambda: Path(f"/proc/{process.pid}/stat").read_text().split()[2] == "Z", 10)

    began = time.monotonic()
    assert not run.lives()
    assert time.monotonic() - began < 10
    process.wait()


def test_a_record_that_was_cut_off_is_of_nothing_that_was_started() -> None:
    run, process = start("staging", "true")
    process.wait()
    run.path.write_text('{"command": ["app')
    assert runs.left("staging") == []
    assert not run.path.exists()


def test_clean_ends_what_runs_on_the_simulator_and_keeps_what_tells_of_aws() -> None:
    run, process = start("local", "sleep 600")
    clean.clean(Console(quiet=True))
    assert process.wait() == -9
    assert not run.path.exists()

    start("staging", "true")[1].wait()
    with pytest.raises(OperationError, match=r"^Nothing was deleted\. Runs of vpc .*make deploy ENVIRONMENT=staging"):
        clean.clean(Console(quiet=True))
    assert len(runs.left("staging")) == 1
