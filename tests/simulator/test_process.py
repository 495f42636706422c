"""The simulator outlives the command that started it, and never takes another program for itself."""

import json
import os
import socket
from pathlib import Path

import pytest

from simulator.process import LOG, RECORD, PortInUse, clean_environment, find, start, stop
from tests.conftest import free_port

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


def test_nothing_of_a_real_aws_reaches_it() -> None:
    base = {"AWS_PROFILE": "production", "AWS_SESSION_TOKEN": "secret", "PATH": "/bin"}

    assert clean_environment(base) == {"PATH": "/bin"}
