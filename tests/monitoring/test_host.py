"""The user data and the units of the monitoring host, run by real cloud-init and systemd on a machine of Debian.

What stands in for the rest, because it is not to be had here: `docker run` keeps running as a container would, `aws`
copies from a folder instead of the bucket and knows a password, and a loop device is the EBS volume.
"""

import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests import machine
from tests.conftest import ROOT, free_port, wait
from tests.machine import Machine
from tests.monitoring.host import (
    DATA,
    DEVICE,
    LOOK,
    SERVICES,
    Agent,
    Volume,
    active,
    announce,
    install,
    look,
    pids,
    runs,
)

pytestmark = pytest.mark.slow

REFUSED = "journalctl --unit loki --pager-end --no-pager"
RUNBOOK = ROOT / "docs/runbooks/monitoring-host.md"
PASSWORD = "canary-in-the-coal-mine"
Start = Callable[[str], Machine]


@pytest.fixture
def volume(tmp_path: Path) -> Iterator[Volume]:
    image = tmp_path / "volume"
    with image.open("wb") as file:
        file.truncate(2**30)
    device = subprocess.run(
        ["losetup", "--find", "--show", image], capture_output=True, text=True, check=True
    ).stdout.strip()
    yield Volume(image, device)
    subprocess.run(["losetup", "--detach", device], check=True)


@pytest.fixture
def bucket(bundle: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(bundle, tmp_path / "bucket"))


@pytest.fixture
def secrets(tmp_path: Path) -> Path:
    """What stands in for AWS and for the registry reads here what it is to do."""
    folder = tmp_path / "secrets"
    folder.mkdir()
    (folder / "password").write_text(PASSWORD)
    (folder / "port").write_text(str(free_port()))
    return folder


@pytest.fixture
def instance(bucket: Path, secrets: Path, tmp_path: Path) -> Iterator[Start]:
    """A new instance with that id, which has not been booted yet."""
    base = machine.root("cloud-init", "curl", "python3", "xfsprogs")

    def make(instance_id: str) -> Machine:
        binds = [f"--bind-ro={bucket}:/bucket", f"--bind-ro={secrets}:/secrets"]
        made = machines.enter_context(machine.machine(base, tmp_path / instance_id, binds))
        install(made.disk, instance_id)
        return made

    with ExitStack() as machines:
        yield make


def test_one_life_of_a_volume(instance: Start, volume: Volume, bucket: Path, secrets: Path) -> None:
    first = instance("i-1")
    first.boot()

    # The volume is late: until it is there, nothing runs and nothing is written in its place.
    assert wait(lambda: first.run("systemctl", "is-active", "monitoring-data", check=False).stdout == "activating\n")
    time.sleep(3)
    assert active(first) == set()
    assert first.run("ls", "-A", DATA, check=False).stdout == ""
    volume.attach(first)
    assert wait(lambda: runs(first)), first.run("journalctl", "--no-pager").stdout[-6000:]
    assert first.run("findmnt", "--noheadings", "--output=FSTYPE,SOURCE", DATA).stdout.split() == ["xfs", DEVICE]
    identity = first.run("blkid", "--output=value", "--match-tag=UUID", DEVICE).stdout
    first.run("touch", f"{DATA}/loki/marker")

    # The password is in memory, for Grafana alone.
    assert first.run("cat", "/run/monitoring/grafana/password").stdout == PASSWORD
    assert first.run("stat", "--format=%a %u", "/run/monitoring/grafana/password").stdout == "600 472\n"
    assert first.run("findmnt", "--noheadings", "--output=FSTYPE", "--target=/run/monitoring").stdout == "tmpfs\n"
    on_disk = subprocess.run(["grep", "-rl", PASSWORD, first.disk], capture_output=True, text=True, check=False)
    assert on_disk.stdout == ""
    # AWS answers nothing here, and the user of node-exporter can read that.
    told = ("setpriv", "--reuid=65534", "--clear-groups", "cat", "/run/monitoring/textfile/aws.prom")
    assert wait(lambda: 'aws_metrics_up{source="rds"} 0.0' in first.run(*told, check=False).stdout)

    # The same instance again, as after a reboot, while AWS cannot be reached: it does with what it has.
    first.run("touch", f"{DATA}/grafana/grafana.db")
    first.power_off()
    (secrets / "away").touch()
    first.boot(until="basic.target")  # the next one waits for the volume
    volume.attach(first)
    assert wait(lambda: runs(first)), first.run("journalctl", "--no-pager").stdout[-6000:]
    assert first.run("ls", f"{DATA}/loki").stdout == "marker\n"
    assert first.run("stat", "--format=%a %u", "/run/monitoring/grafana/password").stdout == "600 472\n"
    before = pids(first)
    assert look(first) != 0
    (secrets / "away").unlink()
    assert look(first) == 0
    assert pids(first) == before
    first.run("systemctl", "restart", "grafana")
    assert first.run("cat", "/run/monitoring/grafana/password").stdout == PASSWORD

    _clock(first, secrets)

    # Another instance with the same volume, while a node sends logs.
    agent = Agent(int((secrets / "port").read_text()))
    agent.start()
    assert wait(lambda: agent.sent > 20)
    first.power_off()
    stopped = agent.sent
    second = instance("i-2")
    (secrets / "refused").write_text("grafana/loki")
    began = time.monotonic()
    second.boot()
    volume.attach(second)
    # A registry that refuses one image keeps the others from nothing.
    assert wait(lambda: active(second) == {*SERVICES} - {"loki"}), second.run("journalctl", "--no-pager").stdout[-6000:]
    watches = time.monotonic() - began
    assert wait(lambda: "toomanyrequests" in second.run(*REFUSED.split()).stdout)
    (secrets / "refused").unlink()
    assert wait(lambda: runs(second)), "systemd has given up"
    print(f"a new instance watches {watches:.0f} s after its system has started")
    assert watches < 180, "the runbook says how long it takes"
    assert f"`sudo {REFUSED}`" in RUNBOOK.read_text()
    assert wait(lambda: agent.sent > stopped), "it waits for half a minute at most"
    print(f"and takes logs again after {agent.taken_at - began:.0f} s, {agent.made - stopped} lines late")
    kept = map(str, range(agent.finish()))
    pushed = second.run("cat", f"{DATA}/loki/pushed").stdout.split()
    assert list(dict.fromkeys(pushed)) == list(kept), "a line is lost, or out of order"
    assert second.run("ls", f"{DATA}/loki").stdout == "marker\npushed\n"
    assert second.run("blkid", "--output=value", "--match-tag=UUID", DEVICE).stdout == identity

    _growth(second, volume)
    _changes(second, bucket)

    # Whoever takes the volume away finds nothing written in its place.
    second.run("umount", "--lazy", DATA)
    second.run("systemctl", "restart", "loki", check=False)
    assert second.run("systemctl", "show", "--property=AssertResult", "--value", "loki").stdout == "no\n"
    assert active(second) == {*SERVICES} - {"loki"}
    assert second.run("ls", "-A", DATA).stdout == ""


def _clock(host: Machine, secrets: Path) -> None:
    """AWS refuses a host whose clock is wrong: it goes on, looks every minute, and needs nothing when it is right.

    A machine here has the clock of the one that runs the test, which no test may set. What a jump could disturb are
    timers of the calendar, and there are none.
    """
    timers = ("monitoring-config.timer", "heartbeat.timer", "aws-metrics.timer")
    for timer in timers:
        shown = host.run("systemctl", "show", "--property=TimersMonotonic,TimersCalendar", timer).stdout
        assert {line.split("=")[0] for line in shown.splitlines()} == {"TimersMonotonic"}
        assert host.run("systemctl", "is-active", timer).stdout == "active\n"
    before = pids(host)
    (secrets / "late").touch()
    assert look(host) != 0
    assert "RequestTimeTooSkewed" in host.run("journalctl", "--unit=monitoring-config", "--no-pager").stdout
    assert pids(host) == before
    (secrets / "late").unlink()
    assert look(host) == 0
    assert pids(host) == before


def free(host: Machine) -> str:
    """KiB that are left on the volume."""
    return host.run("df", "--output=avail", DATA).stdout.split()[1]


def _growth(host: Machine, volume: Volume) -> None:
    """A larger volume is used at once, also when it was full, and whoever writes into it meanwhile notices nothing."""

    def gib() -> int:
        return round(int(host.run("df", "--output=size", "--block-size=M", DATA).stdout.split()[1][:-1]) / 1024)

    assert f"`sudo {LOOK}`" in (ROOT / "docs/runbooks/nodes.md").read_text()
    before = pids(host)
    assert gib() == 1
    host.run("sh", "-c", f"head --bytes=2G /dev/zero >{DATA}/loki/filler", check=False)
    assert int(free(host)) < 1024
    volume.grow(2)
    assert look(host) == 0
    assert gib() == 2
    assert int(free(host)) > 900 * 1024

    # Not on the full volume: there a write fails, and this writer ends with its first failure.
    host.run("systemd-run", "--unit=writer", "sh", "-c", f"while date >>{DATA}/loki/lines; do sleep 0.01; done")
    volume.grow(3)
    assert look(host) == 0
    assert gib() == 3
    assert host.run("systemctl", "is-active", "writer").stdout == "active\n"
    host.run("systemctl", "stop", "writer")
    assert pids(host) == before


def _changes(host: Machine, bucket: Path) -> None:
    """What a deploy uploads reaches what it is about, and nothing else."""
    before, release = pids(host), host.run("readlink", "/etc/monitoring/config").stdout
    assert look(host) == 0
    assert pids(host) == before

    rules = bucket / "prometheus" / "rules" / "platform.yml"
    rules.write_text(rules.read_text() + "# one more line\n")
    # In the middle of the uploads the sums are still those of before.
    assert look(host) == 0
    announce(bucket)
    sums = (bucket / "SHA256SUMS").read_text()
    (bucket / "SHA256SUMS").write_text(sums.replace(sums[:8], "01234567", 1))
    assert look(host) != 0
    assert host.run("readlink", "/etc/monitoring/config").stdout == release
    assert pids(host) == before

    announce(bucket)
    assert look(host) == 0
    assert host.run("cat", "/run/reloaded").stdout == "prometheus\n"
    assert pids(host) == before
    assert "# one more line" in host.run("cat", "/etc/monitoring/config/prometheus/rules/platform.yml").stdout

    unit = bucket / "units" / "loki.service"
    unit.write_text(unit.read_text().replace("Description=Loki", "Description=Another Loki"))
    announce(bucket)
    assert look(host) == 0
    assert wait(lambda: runs(host))
    assert {service for service, pid in pids(host).items() if pid != before[service]} == {"loki"}

    dashboard = bucket / "dashboards" / "more.json"
    dashboard.parent.mkdir(exist_ok=True)
    dashboard.write_text("{}")
    announce(bucket)
    before = pids(host)
    assert look(host) == 0
    # Grafana looks for changed dashboards by itself.
    assert pids(host) == before


def test_what_another_file_system_is_on_is_never_formatted(instance: Start, volume: Volume) -> None:
    subprocess.run(["mkfs.ext4", "-q", volume.device], check=True)
    host = instance("i-3")
    host.boot()
    volume.attach(host)

    assert wait(lambda: host.run("systemctl", "is-failed", "monitoring-data", check=False).stdout == "failed\n")
    assert "carries ext4 and no xfs: refusing to format it" in host.run("journalctl", "--unit=monitoring-data").stdout
    assert volume.signature() == "ext4"
    assert active(host) == set()
    assert host.run("ls", "-A", DATA, check=False).stdout == ""


def test_systemd_knows_every_line_of_the_units(instance: Start, bucket: Path) -> None:
    host = instance("i-4")
    for unit in (bucket / "units").iterdir():
        shutil.copy(unit, host.disk / "etc" / "systemd" / "system")
    host.boot()
    # The programs that they start come with the configuration.
    host.run("cp", "-r", "/bucket", "/etc/monitoring/config")
    host.run("chmod", "-R", "0755", "/etc/monitoring/config/scripts")
    units = [path.name for path in (bucket / "units").iterdir()]
    units += ["monitoring-data.service", "monitoring-config.service", "monitoring-config.timer"]
    verified = host.run("systemd-analyze", "verify", *(f"/etc/systemd/system/{unit}" for unit in units), check=False)
    assert (verified.returncode, verified.stderr) == (0, "")
