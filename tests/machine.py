"""A Debian machine with a real systemd, for what only shows when it boots: units, cloud-init, roles of Ansible.

systemd-nspawn boots a root that mmdebstrap has made once. Each machine has an overlay of its own on it, which is its
disk: it can be booted again, or thrown away. Its network is that of the host, so whatever listens takes 127.0.0.1.
"""

import hashlib
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.conftest import ROOT, alone

CACHE = ROOT / ".local" / "machines"
SUITE = "bookworm"
PACKAGES = ("dbus", "systemd", "systemd-sysv")
BOOT_SECONDS, STOP_SECONDS = 120, 120
OPTIONS = ("--quiet", "--register=no", "--keep-unit", "--link-journal=no", "--resolv-conf=off", "--timezone=off")
# A group of processes for each machine: otherwise those of a unit are also those of the same unit in another machine.
HIERARCHIES = tuple(Path(name) for name in ("/sys/fs/cgroup", "/sys/fs/cgroup/unified", "/sys/fs/cgroup/systemd"))
IN_GROUPS = 'until [ "$1" = -- ]; do mkdir "$1" && echo $$ >"$1/cgroup.procs" || exit; shift; done; shift; exec "$@"'
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def _missing() -> str:
    tools = [tool for tool in ("mmdebstrap", "systemd-nspawn", "nsenter") if not shutil.which(tool)]
    if os.geteuid() != 0:
        return "machines are booted by root only"
    if tools:
        return f"{', '.join(tools)} is not installed: apt-get install what .ci/run lists"
    return "" if os.access("/sys/fs/cgroup", os.W_OK) else "/sys/fs/cgroup cannot be written"


def root(*packages: str) -> Path:
    """The root of a Debian with these packages, made at the first call. Skips the test where it cannot be booted."""
    if missing := _missing():
        # A pipeline that skips says that all is well.
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(missing)
    wanted = sorted({*PACKAGES, *packages})
    made = CACHE / hashlib.sha256(" ".join([SUITE, *wanted]).encode()).hexdigest()[:16]
    with alone(CACHE):
        if not made.exists():
            draft = made.with_suffix(".draft")
            shutil.rmtree(draft, ignore_errors=True)
            subprocess.run(
                ["mmdebstrap", "--quiet", "--variant=minbase", f"--include={','.join(wanted)}", SUITE, draft],
                check=True,
            )
            (draft / "etc" / "machine-id").write_text("uninitialized\n")  # each machine gets one at its first boot
            draft.rename(made)
    return made


class Machine:
    """A machine with a disk; off until boot(). binds are options of systemd-nspawn such as --bind=/dev/loop0.

    init is the process id of its init, as a string, seen from outside.
    """

    def __init__(self, disk: Path, log: Path, binds: Sequence[str] = ()) -> None:
        self.disk, self._log, self._binds = disk, log, binds
        self._process: subprocess.Popen[bytes] | None = None
        self.init = ""
        name = f"machine-{hashlib.sha256(str(disk).encode()).hexdigest()[:16]}"
        self._groups = [folder / name for folder in HIERARCHIES if (folder / "cgroup.procs").exists()]

    def boot(self, until: str = "default.target") -> None:
        """Returns when that unit is active. Raises AssertionError with the console when it takes too long."""
        nspawn = ["systemd-nspawn", "--boot", f"--directory={self.disk}", *OPTIONS, *self._binds]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                ["sh", "-c", IN_GROUPS, "sh", *self._groups, "--", *nspawn],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children")
        deadline = time.monotonic() + BOOT_SECONDS
        while time.monotonic() < deadline and self._process.poll() is None:
            self.init = children.read_text().split()[0] if children.read_text() else ""
            reached = self.init and self.run("systemctl", "is-active", until, check=False).stdout
            if reached == "active\n":
                return
            time.sleep(0.2)
        raise AssertionError(f"the machine does not come up:\n{self._log.read_text(errors='replace')[-4000:]}")

    def run(self, *command: str, check: bool = True, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run a command in it, as root. With check it has to succeed."""
        settings = [f"{name}={value}" for name, value in {"PATH": PATH, "LANG": "C.UTF-8", **variables}.items()]
        result = subprocess.run(
            ["nsenter", f"--target={self.init}", "--all", "/usr/bin/env", "--ignore-environment", *settings, *command],
            capture_output=True,
            text=True,
            check=False,
        )
        assert not check or result.returncode == 0, f"{' '.join(command)}\n{result.stdout}{result.stderr}"
        return result

    def power_off(self) -> None:
        """An orderly end, as `systemctl poweroff` brings it. Does nothing when it is off."""
        if self._process is None:
            return
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(timeout=STOP_SECONDS)
        finally:
            self._process.kill()
            self._process.wait()
            self._process = None
            for group in self._groups:
                for folder, _, _ in os.walk(group, topdown=False):
                    Path(folder).rmdir()


@contextmanager
def machine(base: Path, directory: Path, binds: Sequence[str] = ()) -> Iterator[Machine]:
    """A machine whose disk starts as base and is kept below directory; it is switched off at the end."""
    for name in ("upper", "work", "disk"):
        (directory / name).mkdir(parents=True)
    layers = f"lowerdir={base},upperdir={directory / 'upper'},workdir={directory / 'work'}"
    disk = directory / "disk"
    subprocess.run(["mount", "-t", "overlay", "overlay", "-o", layers, disk], check=True)
    made = Machine(disk, directory / "console", binds)
    try:
        yield made
    finally:
        try:
            made.power_off()
        finally:
            subprocess.run(["umount", disk], check=True)
