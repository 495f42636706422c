"""The monitoring host for a test: its image with stand-ins for Docker and AWS, its volume, and looks at it."""

import hashlib
import os
import shutil
import subprocess
import threading
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path

import yaml

from modules.hosts.monitoring_host import user_data
from tests.machine import Machine

STAND_INS = Path(__file__).parent / "stand-ins"
VOLUME = "vol-0123456789abcdef0"
DEVICE = f"/dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_{VOLUME.replace('-', '')}"
DATA = "/var/lib/monitoring"
SERVICES = ("alertmanager", "blackbox", "grafana", "loki", "node-exporter", "prometheus")


@dataclass
class Volume:
    """A disk of one GiB that outlives machines, as a block device of this one."""

    image: Path
    device: str

    def attach(self, to: Machine) -> None:
        """EC2 shows the device some time after the start."""
        numbers = Path(f"/sys/block/{Path(self.device).name}/dev").read_text().strip().split(":")
        to.run("mkdir", "-p", str(Path(DEVICE).parent))
        to.run("mknod", DEVICE, "b", *numbers)

    def grow(self, gib: int) -> None:
        """EC2 shows the new size to a host that runs."""
        os.truncate(self.image, gib * 2**30)
        subprocess.run(["losetup", "--set-capacity", self.device], check=True)

    def signature(self) -> str:
        found = subprocess.run(
            ["wipefs", "-n", "-i", "-O", "TYPE", self.device], capture_output=True, text=True, check=True
        )
        return found.stdout.strip()


def install(disk: Path, instance_id: str) -> None:
    """What the image of the instance brings, and what EC2 tells it."""
    for name in ("aws", "docker", "loki"):
        shutil.copy(STAND_INS / name, disk / "usr" / "local" / "bin" / name)
    (disk / "usr" / "bin" / "docker").symlink_to("../local/bin/docker")
    shutil.copy(STAND_INS / "docker.service", disk / "etc" / "systemd" / "system")
    configuration = yaml.safe_load(
        user_data(
            {
                "CONFIG_BUCKET": "acme-monitoring",
                "GRAFANA_SECRET": "acme-monitoring/grafana",
                "NAMESPACE": "acme/monitoring",
                "REGION": "us-east-1",
                "VOLUME_ID": VOLUME,
            }
        ).replace("$${", "${")
    )
    assert configuration.pop("packages") == ["docker"]
    seed = disk / "var" / "lib" / "cloud" / "seed" / "nocloud"
    seed.mkdir(parents=True)
    (seed / "meta-data").write_text(f"instance-id: {instance_id}\n")
    (seed / "user-data").write_text(f"#cloud-config\n{yaml.safe_dump(configuration)}")
    # The network is that of this machine.
    (disk / "etc" / "cloud" / "cloud.cfg.d" / "99-test.cfg").write_text(
        "datasource_list: [NoCloud]\nnetwork: {config: disabled}\n"
    )


def active(host: Machine) -> set[str]:
    """The services of ours that run."""
    states = host.run("systemctl", "is-active", *SERVICES, check=False).stdout.split()
    return {service for service, state in zip(SERVICES, states, strict=True) if state == "active"}


def runs(host: Machine) -> bool:
    return active(host) == set(SERVICES)


def pids(host: Machine) -> dict[str, str]:
    return {
        service: host.run("systemctl", "show", "--property=MainPID", "--value", service).stdout.strip()
        for service in SERVICES
    }


class Agent(threading.Thread):
    """Twenty lines a second, with their numbers, sent as the agents of the nodes do while Loki is away: in their order,
    each until it is taken, with pauses that double up to half a minute.
    """

    def __init__(self, port: int) -> None:
        super().__init__(daemon=True)
        self._url, self._began, self._over = (
            f"http://127.0.0.1:{port}/loki/api/v1/push",
            time.monotonic(),
            threading.Event(),
        )
        self.sent, self.taken_at = 0, time.monotonic()

    def run(self) -> None:
        pause = 0.5
        while not self._over.is_set() or self.sent < self.made:
            if self.sent == self.made:
                time.sleep(0.05)
                continue
            try:
                urllib.request.urlopen(self._url, str(self.sent).encode(), timeout=10).close()
            except OSError:
                time.sleep(pause)
                pause = min(30, 2 * pause)
            else:
                self.sent, self.taken_at, pause = self.sent + 1, time.monotonic(), 0.5

    @property
    def made(self) -> int:
        return int((time.monotonic() - self._began) * 20)

    def finish(self) -> int:
        """How many lines there were, once all have been taken that were there by now."""
        made = self.made
        while self.sent < made and self.is_alive():
            time.sleep(0.2)
        self._over.set()
        self._began = time.monotonic()  # no more of them
        self.join()
        return self.sent


def announce(bucket: Path) -> None:
    """Write the sums of what is in the bucket, as a deploy does at its end."""
    files = sorted(path for path in bucket.rglob("*") if path.is_file() and path.name != "SHA256SUMS")
    sums = (f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(bucket)}\n" for path in files)
    (bucket / "SHA256SUMS").write_text("".join(sums))


# docs/runbooks/nodes.md has it too.
LOOK = "systemctl start monitoring-config.service"


def look(host: Machine) -> int:
    """Let the host look into the bucket now, and not within the next minute; the exit code."""
    # One that began before has not seen what the test did meanwhile, and systemd would only wait for its end.
    while host.run("systemctl", "is-active", LOOK.split()[-1], check=False).stdout == "activating\n":
        time.sleep(0.2)
    return host.run(*LOOK.split(), check=False).returncode
