"""The heartbeat on real file systems: what cannot be written to sends none, whatever else answers."""

import subprocess
from pathlib import Path

import pytest

from monitoring.bundle import HERE

pytestmark = pytest.mark.slow
SCRIPT = HERE / "scripts" / "heartbeat.sh"

# In namespaces of its own: the ports are free there, and what is mounted goes with the last process.
RUN = """
set -eu
cd "$1"
ip link set lo up
mount --make-rprivate /
truncate --size 64M image
mkfs.ext4 -q -m 0 image
mkdir data
mount -o loop image data
for port in 3000 3100 9093; do
  python3 -m http.server --bind 127.0.0.1 --directory answers "$port" >/dev/null 2>&1 &
done
for port in 3000 3100 9093; do
  curl --silent --retry 50 --retry-delay 1 --retry-connrefused --output /dev/null "http://127.0.0.1:$port/ready"
done
beat() {
  rm -f beats
  PATH="$PWD/bin:$PATH" bash heartbeat.sh 2>errors || true
  echo "$1: $([ -e beats ] && cat beats || echo none)"
}
beat well
dd if=/dev/zero of=data/logs bs=1M 2>/dev/null || true
dd if=/dev/zero of=data/metrics bs=4k 2>/dev/null || true
beat full
rm data/logs
beat freed
mount -o remount,ro data
beat read-only
mount -o remount,rw data
beat writable
ls -A data | grep -v lost+found
umount data
beat unmounted
mount -o loop image data
rm answers/ready
beat "without Loki"
"""


def test_it_beats_only_while_the_volume_takes_writes(tmp_path: Path) -> None:
    for name, text in (
        ("bin/aws", '#!/bin/bash\necho "${*: -4}" >>beats\n'),
        ("answers/api/v2/alerts", '[{"labels":{"alertname":"Watchdog"}}]'),
        ("answers/api/health", "{}"),
        ("answers/ready", "ready"),
        ("host.env", f"REGION=us-east-1\nNAMESPACE=acme/monitoring\nDATA={tmp_path}/data\n"),
        ("heartbeat.sh", SCRIPT.read_text().replace("/etc/monitoring/", f"{tmp_path}/")),
    ):
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    (tmp_path / "bin" / "aws").chmod(0o755)

    alone = ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]
    done = subprocess.run(
        [*alone, "bash", "-c", RUN, "bash", tmp_path], capture_output=True, text=True, check=False, timeout=100
    )
    beat = "--metric-name Heartbeat --value 1"
    assert (done.returncode, done.stdout.splitlines()) == (
        0,
        [
            f"well: {beat}",
            "full: none",
            f"freed: {beat}",
            "read-only: none",
            f"writable: {beat}",
            "metrics",  # and nothing of ours is left
            "unmounted: none",
            "without Loki: none",
        ],
    ), done.stderr
