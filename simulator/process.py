"""The simulator as a background process that outlives the command which started it."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from simulator.server import HEALTH_PATH, HOST

ROOT = Path(__file__).parents[1]
RECORD, LOG = "simulator.json", "simulator.log"
START_SECONDS = 60
STOP_SECONDS = 10
_started: dict[int, subprocess.Popen[bytes]] = {}  # by process id: what this process has started, and has to reap


class SimulatorError(Exception):
    """The simulator cannot be started; str() says why and what to do."""


class PortInUse(SimulatorError):
    """The port that was asked for belongs to another program."""


@dataclass(frozen=True)
class Simulator:
    pid: int
    port: int

    @property
    def endpoint(self) -> str:
        return f"http://{HOST}:{self.port}"

    def environment(self, region: str) -> dict[str, str]:
        """What sends Terraform, its AWS provider, boto3 and the aws command here."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": region,
            "AWS_DEFAULT_REGION": region,
            "AWS_EC2_METADATA_DISABLED": "true",
        }


def clean_environment(base: Mapping[str, str]) -> dict[str, str]:
    """The variables without any of AWS: neither real credentials nor a profile may mix with the simulator."""
    return {name: value for name, value in base.items() if not name.startswith("AWS_")}


def start(directory: Path, port: int | None = None) -> Simulator:
    """The simulator recorded in the directory, or a new one on a free loopback port, once it answers.

    Raises PortInUse when the given port is taken, SimulatorError when the process ends or does not answer.
    """
    running = find(directory)
    if running and port in (None, running.port):
        return running
    if running:
        raise PortInUse(f"the simulator runs on port {running.port} already: stop it with make destroy, or use that")

    port = _free(port)
    directory.mkdir(parents=True, exist_ok=True)
    log = directory / LOG
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "simulator", str(port)],
            cwd=ROOT,
            env=clean_environment(os.environ),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,  # Ctrl-C in the terminal is not meant for it
        )
    _started[process.pid] = process
    simulator = Simulator(process.pid, port)
    deadline = time.monotonic() + START_SECONDS
    while not _answers(simulator):
        if process.poll() is not None or time.monotonic() > deadline:
            process.kill()
            process.wait()
            raise SimulatorError(f"the simulator does not start: see {log}")
        time.sleep(0.1)
    (directory / RECORD).write_text(json.dumps(asdict(simulator)), encoding="utf-8")
    return simulator


def find(directory: Path) -> Simulator | None:
    """The simulator recorded in the directory if it answers; the record of one that is gone is removed."""
    record = directory / RECORD
    try:
        simulator = Simulator(**json.loads(record.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
    except (ValueError, TypeError):
        record.unlink()
        return None
    if not _answers(simulator):
        record.unlink()
        return None
    return simulator


def stop(directory: Path) -> bool:
    """End the simulator recorded in the directory. True when there was one."""
    simulator = find(directory)
    if simulator is None:
        return False
    os.kill(simulator.pid, signal.SIGTERM)
    deadline = time.monotonic() + STOP_SECONDS
    while _answers(simulator):
        if time.monotonic() > deadline:
            os.kill(simulator.pid, signal.SIGKILL)
        time.sleep(0.05)
    if process := _started.pop(simulator.pid, None):
        process.wait()
    (directory / RECORD).unlink()
    return True


def _free(port: int | None) -> int:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port or 0))
        except OSError:
            raise PortInUse(f"port {port} is in use: leave SIMULATOR_PORT out to get a free one") from None
        return int(probe.getsockname()[1])


def _answers(simulator: Simulator) -> bool:
    """Whether this very process serves the port: the number could belong to another program by now."""
    try:
        with urllib.request.urlopen(simulator.endpoint + HEALTH_PATH, timeout=5) as response:
            return bool(response.read().decode() == str(simulator.pid))
    except (urllib.error.URLError, OSError, UnicodeDecodeError):
        return False
