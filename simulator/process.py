"""The simulator as a background process that outlives the command which started it."""

import contextlib
import fcntl
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from simulator.server import GO, HEALTH_PATH, HOST

ROOT = Path(__file__).parents[1]
RECORD, LOG = "simulator.json", "simulator.log"
START_SECONDS = 60
ANSWER_SECONDS = 15
STOP_SECONDS = 10
# A proxy would look for the loopback of its own machine.
_direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
_started: dict[int, subprocess.Popen[bytes]] = {}  # by process id: what this process has started, and has to reap


class SimulatorError(Exception):
    """The simulator cannot be started; str() says why and what to do."""


class Unresponsive(SimulatorError):
    """Its process lives and does not answer: str() says which one, and how to go on."""


class PortInUse(SimulatorError):
    """The port that was asked for belongs to another program."""


@dataclass(frozen=True)
class Simulator:
    """born is what _born() says of its process, since the time at which it was started."""

    pid: int
    port: int
    born: int | None = None
    since: float = 0

    @property
    def endpoint(self) -> str:
        return f"http://{HOST}:{self.port}"

    def environment(self, region: str) -> dict[str, str]:
        """What sends Terraform, its AWS provider, boto3 and the aws command here."""
        others = os.environ.get("no_proxy") or os.environ.get("NO_PROXY", "")
        direct = ",".join(dict.fromkeys([*filter(None, others.split(",")), HOST]))
        return {
            "NO_PROXY": direct,
            "no_proxy": direct,
            # What people have in theirs, a broken file among it, means nothing here.
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
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
    directory.mkdir(parents=True, exist_ok=True)
    with _alone(directory):
        running = _recorded(directory)
        if running and port not in (None, running.port):
            raise PortInUse(
                f"the simulator runs on port {running.port} already: stop it with make destroy, or use that"
            )
        simulator = running or _spawn(directory, port)
    return _answering(directory, simulator)


def find(directory: Path) -> Simulator | None:
    """The simulator recorded in the directory once it answers. The record stays while its process lives.

    Raises SimulatorError when that process does not answer.
    """
    simulator = _recorded(directory)
    return _answering(directory, simulator) if simulator else None


def stop(directory: Path) -> bool:
    """End the simulator recorded in the directory, whether it answers or not. True when there was one."""
    if not directory.is_dir():
        return False
    with _alone(directory):
        simulator = _recorded(directory)
        if simulator is None:
            return False
        for number in (signal.SIGTERM, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError):
                os.kill(simulator.pid, number)
                os.kill(simulator.pid, signal.SIGCONT)  # one that is stopped reads no signal
            if _until(lambda: not _lives(simulator), STOP_SECONDS):
                break
        if process := _started.pop(simulator.pid, None):
            process.wait()
        (directory / RECORD).unlink()
    return True


@contextlib.contextmanager
def _alone(directory: Path) -> Iterator[None]:
    """Between a look at the record and a new one, nobody else has a look."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _spawn(directory: Path, port: int | None) -> Simulator:
    port = _free(port)
    with (directory / LOG).open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "simulator", str(port)],
            cwd=ROOT,
            env=clean_environment(os.environ),
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=output,
            start_new_session=True,  # Ctrl-C in the terminal is not meant for it
        )
    simulator = Simulator(process.pid, port, _born(process.pid), time.time())
    _write(directory, simulator)
    # It begins with this word, and ends where it does not come: one that nobody has recorded would run for ever.
    assert process.stdin is not None
    with contextlib.suppress(BrokenPipeError), process.stdin as pipe:  # where it has ended, its log says why
        pipe.write(GO)
    _started[process.pid] = process
    return simulator


def _write(directory: Path, simulator: Simulator) -> None:
    text = json.dumps(asdict(simulator))
    (directory / f"{RECORD}.new").write_text(text, encoding="utf-8")
    (directory / f"{RECORD}.new").replace(directory / RECORD)


def _recorded(directory: Path) -> Simulator | None:
    """The simulator of the record, whose process lives. The record of one that is gone is removed."""
    record = directory / RECORD
    try:
        simulator = Simulator(**json.loads(record.read_text(encoding="utf-8")))
        lives = _lives(simulator)
    except FileNotFoundError:
        return None
    except (ValueError, TypeError):
        lives = False
    if not lives:
        record.unlink(missing_ok=True)
    return simulator if lives else None


def _lives(simulator: Simulator) -> bool:
    """Whether its process is there, which its number alone does not say: another one may have that by now."""
    return _answers(simulator) if simulator.born is None else _born(simulator.pid) == simulator.born


def _born(pid: int) -> int | None:
    """When a process began, in ticks since the machine did (field 22 of proc_pid_stat(5)); None where none runs.

    None as well where the system has no /proc, such as macOS.
    """
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    state, *fields = stat.rpartition(")")[2].split()
    return None if state in "ZX" else int(fields[18])


def _answering(directory: Path, simulator: Simulator) -> Simulator:
    """It once it answers. One that has just been started has to import moto first."""
    seconds = max(ANSWER_SECONDS, simulator.since + START_SECONDS - time.time())
    if _until(lambda: _answers(simulator) or not _lives(simulator), seconds):
        if _recorded(directory) == simulator:
            return simulator
        raise SimulatorError(f"the simulator has ended: see {directory / LOG}")
    since = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(simulator.since))
    raise Unresponsive(
        f"the simulated AWS, process {simulator.pid} on port {simulator.port} since {since}, does not "
        f"answer. If it was stopped, this lets it go on: kill -CONT {simulator.pid}. To give it up with all that is "
        "deployed in it: make destroy"
    )


def _until(what: Callable[[], bool], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not what():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
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
        with _direct.open(simulator.endpoint + HEALTH_PATH, timeout=5) as response:
            return bool(response.read() == str(simulator.pid).encode())
    except (OSError, http.client.HTTPException):
        return False
