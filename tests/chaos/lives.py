"""Lives of a platform in which deploys are killed, and what became of each."""

import contextlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from operations import LOCAL, ROOT
from operations.context import EMBEDDED
from operations.engine.variables import inherited
from operations.recovery.runs import RUNS, SUFFIX
from simulator.leftovers import LISTINGS, list_of
from simulator.process import RECORD, Simulator, start
from tests.chaos.proxy import EVERYTHING, STATE_WRITES, Proxy
from tests.chaos.strikes import KINDS, Strike

NOT_COPIED = shutil.ignore_patterns(".*", "__pycache__", "gen", "cdktf.out", "node_modules", "tests")
KILLS_IN_A_LIFE = 6
LONGEST_WAIT = 25.0  # seconds from the first creation of a command to its kill
MEGABYTES = 300


class Chaos:
    """A copy of the project on a disk of its own, where root may make one. Use it as a context manager."""

    def __init__(
        self,
        folder: Path,
        chance: random.Random,
        stacks: str = "",
        kinds: Sequence[str] = KINDS,
        longest_wait: float = LONGEST_WAIT,
    ) -> None:
        self._folder, self._chance, self._stacks = folder, chance, stacks
        self._copy = folder / "copy"
        self._kinds, self._longest_wait = list(kinds), longest_wait

    def __enter__(self) -> "Chaos":
        disk = ["mount", "-t", "tmpfs", "-o", f"size={MEGABYTES}m", "tmpfs", str(self._folder)]
        self._mounted = subprocess.run(disk, capture_output=True, check=False).returncode == 0
        if not self._mounted and "full disk" in self._kinds:
            self._kinds.remove("full disk")
            print("Without a full disk: only root may mount one", flush=True)
        shutil.copytree(ROOT, self._copy, ignore=NOT_COPIED)
        if (ROOT / "node_modules").exists():
            (self._copy / "node_modules").symlink_to(ROOT / "node_modules")
        return self

    def __exit__(self, _type: type[BaseException] | None, _error: object, _trace: TracebackType | None) -> None:
        self._run("clean")
        if self._mounted:
            subprocess.run(["umount", "--lazy", str(self._folder)], check=True)

    def run(self, kills: int) -> list[Strike]:
        """So many kills, each kind about as often as another, in as many lives as they take."""
        kinds = [self._kinds[number % len(self._kinds)] for number in range(kills)]
        self._chance.shuffle(kinds)
        strikes: list[Strike] = []
        while kinds:
            struck = self._life(kinds[:KILLS_IN_A_LIFE])
            strikes += struck
            kinds = kinds[max(len(struck), 1) :]
        return strikes

    def _life(self, kinds: Sequence[str]) -> list[Strike]:
        """Kill deploys of one platform, then deploy, look for what is wrong, and destroy."""
        began = time.monotonic()
        simulator = start(self._copy / ".local")
        self._proxy = Proxy(simulator.port)
        through = Simulator(simulator.pid, self._proxy.server_address[1])
        (self._copy / ".local" / RECORD).write_text(json.dumps(vars(through)), encoding="utf-8")
        strikes: list[Strike] = []
        for kind in kinds:
            before = strikes[-1] if strikes else None
            struck, printed = self._strike(kind)
            if before:
                before.note(printed)
            if not struck:  # everything was done before
                break
            strikes.append(Strike(kind))
        problems = self._problems(strikes)
        for strike in strikes:
            strike.converged = not problems
        said = "; ".join(problems) or "converged"
        print(f"{', '.join(each.kind for each in strikes)}: {said} ({time.monotonic() - began:.0f} s)", flush=True)
        if problems:
            kept = LOCAL / "chaos" / str(time.time_ns())
            shutil.copytree(self._copy / ".local", kept, ignore=shutil.ignore_patterns("providers"))
            print(f"All logs are in {kept}", flush=True)
            self._run("clean")
        self._proxy.shutdown()
        self._proxy.server_close()
        return strikes

    def _problems(self, strikes: Sequence[Strike]) -> list[str]:
        code, printed = self._run("deploy")
        if strikes:
            strikes[-1].note(printed)
        if code:
            return [f"the next deploy failed:\n{printed}"]
        problems = [f"made twice: {thing}" for thing in self._unknown()]
        code, printed = self._run("plan", DETAILED_EXITCODE="1")
        if code:
            problems.append(f"the plan is not empty:\n{printed}")
        code, printed = self._run("destroy", STACK="")
        if code:
            problems.append(f"the destroy failed:\n{printed}")
        return problems

    def _strike(self, kind: str) -> tuple[bool, str]:
        """Start a deploy and kill it in this way; False when it was done before. With what it printed."""
        log = self._folder / "printed"
        with log.open("w", encoding="utf-8") as output:
            process = self._start("deploy", output)
            if self._wait_for_work(process):
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(self._chance.uniform(0, self._longest_wait))
            struck = process.poll() is None
            if struck:
                self._hit(kind, process)
            process.wait()
        self._proxy.refuses = ""
        (self._folder / "full").unlink(missing_ok=True)
        return struck, log.read_text(encoding="utf-8")

    def _hit(self, kind: str, process: subprocess.Popen[bytes]) -> None:
        if kind == "closed terminal":
            process.send_signal(signal.SIGHUP)
        elif kind == "full disk":
            with contextlib.suppress(OSError), (self._folder / "full").open("wb", buffering=0) as file:
                while True:
                    file.write(bytes(1 << 16))
        elif kind in ("refused state", "expired token"):
            self._proxy.refuses = STATE_WRITES if kind == "refused state" else EVERYTHING
        else:
            groups = [pid for pid in self._pids() if self._is_ours(pid)]
            if kind != "terraform":
                process.kill()
            if kind == "terraform" and groups:
                os.kill(self._chance.choice(groups), signal.SIGKILL)
            for pid in groups if kind == "everything" else ():
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(pid, signal.SIGKILL)

    def _pids(self) -> list[int]:
        found = []
        for path in (self._copy / ".local" / RUNS / EMBEDDED).glob(f"*/*{SUFFIX}"):
            with contextlib.suppress(OSError, IndexError, ValueError):
                found.append(int(path.read_text(encoding="utf-8").splitlines()[1]))
        return found

    def _is_ours(self, pid: int) -> bool:
        """Whether this process is a Terraform of the copy: the number of a dead one could be another's by now."""
        with contextlib.suppress(OSError):
            return str(self._copy).encode() in Path(f"/proc/{pid}/cmdline").read_bytes()
        return False

    def _wait_for_work(self, process: subprocess.Popen[bytes]) -> bool:
        """Return when Terraform begins to make something; False when the command ends before."""
        before = self._begun()
        while process.poll() is None:
            if self._begun() > before:
                return True
            time.sleep(0.2)
        return False

    def _begun(self) -> int:
        logs = (self._copy / ".local" / "logs" / EMBEDDED).glob("*.log")
        return sum(log.read_bytes().count(b'"type":"apply_start"') for log in logs)

    def _unknown(self) -> list[str]:
        """What is in AWS twice or in no state, but for what AWS itself makes of node groups and databases."""
        s3, states = self._client("s3"), ""
        for bucket in list_of(s3, "list_buckets", "Buckets[].Name"):
            for key in self._states(s3, bucket):
                states += s3.get_object(Bucket=bucket, Key=key)["Body"].read().decode()
        ec2 = self._client("ec2")
        query = "Reservations[].Instances[?Tags[?Key=='aws:autoscaling:groupName']][]"
        nodes = json.dumps(list_of(ec2, "describe_instances", query), default=str)
        found = []
        for service, operation, query in LISTINGS:
            for name, number in Counter(list_of(self._client(service), operation, query)).items():
                by_aws = name in nodes or name.startswith("rds:")
                if number > 1 or not (name.rstrip(".") in states or by_aws):
                    found.append(f"{service} {name}")
        return found

    def _states(self, s3: Any, bucket: str) -> list[str]:
        found = s3.list_objects_v2(Bucket=bucket).get("Contents", [])
        return [each["Key"] for each in found if each["Key"].endswith(".tfstate")]

    def _client(self, service: str) -> Any:
        import boto3

        endpoint = f"http://127.0.0.1:{self._proxy.behind}"
        keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
        return boto3.client(service, region_name="us-east-1", endpoint_url=endpoint, **keys)

    def _start(self, target: str, output: Any, **variables: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-m", "operations", target],
            cwd=self._copy,
            env=inherited(os.environ) | {"ENVIRONMENT": EMBEDDED, "STACK": self._stacks} | variables,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )

    def _run(self, target: str, **variables: str) -> tuple[int, str]:
        with self._start(target, subprocess.PIPE, **variables) as process:
            printed = process.communicate()[0].decode()
        return process.returncode, printed
