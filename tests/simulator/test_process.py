"""The simulator outlives the command that started it, and never takes another program for itself."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from operations.context import Context
from settings import load_settings
from simulator import process
from simulator.process import LOG, RECORD, PortInUse, Unresponsive, clean_environment, find, start, stop
from tests.conftest import ROOT, free_port, wait

pytestmark = pytest.mark.slow


def test_it_is_started_once_found_again_and_stopped(tmp_path: Path) -> None:
    first = start(tmp_path)
    try:
        assert start(tmp_path) == first
        assert start(tmp_path, first.port) == first
        assert find(tmp_path) == first
        with pytest.raises(PortInUse, match=f"runs on port {first.port} already"):
            start(tmp_path, free_port())
    finally:
        assert stop(tmp_path)
    assert not stop(tmp_path)
    assert find(tmp_path) is None
    with pytest.raises(ProcessLookupError):
        os.kill(first.pid, 0)
    assert [path.name for path in tmp_path.iterdir()] == [LOG]


def test_a_port_that_is_taken_is_named(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(PortInUse, match=f"port {port} is in use: leave SIMULATOR_PORT out"):
            start(tmp_path, port)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("record", ["", "{}", "[1]", '{"pid": 1, "port": 1}'])
def test_a_record_of_nothing_that_runs_is_removed(tmp_path: Path, record: str) -> None:
    (tmp_path / RECORD).write_text(record)

    assert find(tmp_path) is None
    assert not (tmp_path / RECORD).exists()


def test_a_port_that_another_program_has_by_now_is_not_it(tmp_path: Path) -> None:
    simulator = start(tmp_path)
    try:
        (tmp_path / "other").mkdir()
        (tmp_path / "other" / RECORD).write_text(json.dumps({"pid": simulator.pid + 1, "port": simulator.port}))

        assert find(tmp_path / "other") is None
        assert find(tmp_path) == simulator
    finally:
        stop(tmp_path)


def test_one_that_does_not_answer_is_named_and_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "ANSWER_SECONDS", 0.5)
    monkeypatch.setattr(process, "START_SECONDS", 0.5)
    simulator = process._spawn(tmp_path, None)
    try:
        os.kill(simulator.pid, signal.SIGSTOP)
        for command in (find, start):
            with pytest.raises(Unresponsive, match=rf"process {simulator.pid} .*since .* kill -CONT {simulator.pid}"):
                command(tmp_path)

        os.kill(simulator.pid, signal.SIGCONT)
        monkeypatch.setattr(process, "ANSWER_SECONDS", 60)
        assert find(tmp_path) == simulator
        os.kill(simulator.pid, signal.SIGSTOP)
    finally:
        began = time.monotonic()
        assert stop(tmp_path)
    assert time.monotonic() - began < process.STOP_SECONDS
    assert process._born(simulator.pid) is None


@pytest.mark.parametrize("name", ["http_proxy", "HTTP_PROXY", "ALL_PROXY"])
def test_a_proxy_is_not_asked_for_what_is_on_this_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, f"http://127.0.0.1:{free_port()}")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.setenv("NO_PROXY", "example.org")
    simulator = start(tmp_path)
    try:
        assert find(tmp_path) == simulator
        variables = simulator.environment("us-east-1")
        assert variables["NO_PROXY"] == variables["no_proxy"] == "example.org,127.0.0.1"
        assert Context(load_settings("local"), simulator, variables).client("s3").list_buckets()["Buckets"] == []
    finally:
        stop(tmp_path)


def test_two_starts_at_once_give_one(tmp_path: Path) -> None:
    with ThreadPoolExecutor() as pool:
        one, other = pool.map(start, [tmp_path, tmp_path])
    try:
        assert one == other
    finally:
        stop(tmp_path)
    assert _serving(tmp_path) == []


def test_one_whose_starter_was_killed_is_found(tmp_path: Path) -> None:
    starter = _starter(tmp_path, "start(directory)")
    assert wait((tmp_path / RECORD).exists)
    starter.kill()
    starter.wait()

    simulator = start(tmp_path)

    assert str(simulator.pid) in _serving(tmp_path)
    assert len(_serving(tmp_path)) == 1
    assert stop(tmp_path)
    assert _serving(tmp_path) == []


def test_one_whose_starter_was_killed_before_it_could_be_recorded_ends(tmp_path: Path) -> None:
    starter = _starter(tmp_path, "process._write = lambda *_: os.kill(os.getpid(), 9); start(directory)")

    assert starter.wait() == -signal.SIGKILL
    assert not (tmp_path / RECORD).exists()
    assert wait(lambda: not _serving(tmp_path), 10)


def test_another_process_with_its_number_is_not_it(tmp_path: Path) -> None:
    (tmp_path / RECORD).write_text(json.dumps({"pid": os.getpid(), "port": 1, "born": 1, "since": 0}))

    assert not stop(tmp_path)
    assert find(tmp_path) is None
    assert list(tmp_path.iterdir()) == []


def _starter(directory: Path, code: str) -> subprocess.Popen[bytes]:
    lines = f"import os, pathlib; from simulator import process; from simulator.process import start; {code}"
    return subprocess.Popen(
        [sys.executable, "-c", lines.replace("directory", f"pathlib.Path({str(directory)!r})")], cwd=ROOT
    )


def _serving(directory: Path) -> list[str]:
    """The processes that write the log of this folder."""
    found = []
    for path in Path("/proc").glob("[0-9]*/fd/1"):
        try:
            found += [path.parts[2]] if path.readlink() == directory / LOG else []
        except OSError:  # gone by now
            continue
    return found


def test_nothing_of_a_real_aws_reaches_it() -> None:
    base = {"AWS_PROFILE": "production", "AWS_SESSION_TOKEN": "secret", "PATH": "/bin"}

    assert clean_environment(base) == {"PATH": "/bin"}
