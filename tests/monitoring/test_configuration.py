"""What the tools themselves say about the files of the host."""

import hashlib
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from modules.hosts.monitoring_host import user_data
from monitoring.bundle import HERE, PINS, files
from settings import load_settings
from tests.conftest import changed

ROOT = HERE.parent
Tool = Callable[..., subprocess.CompletedProcess[str]]


def test_prometheus_takes_its_configuration_and_its_rules(bundle: Path, tmp_path: Path, tool: Tool) -> None:
    configuration = yaml.safe_load((bundle / "prometheus/prometheus.yml").read_text())
    # Prometheus 3 has it in this file, and promtool of Debian is of Prometheus 2.
    kept = configuration.pop("storage")["tsdb"]["retention"]
    assert kept == {"time": "45d", "size": "50GB"}
    configuration["rule_files"] = [f"{bundle}/prometheus/rules/*.yml"]
    (tmp_path / "prometheus.yml").write_text(yaml.safe_dump(configuration))
    checked = tool("promtool", "check", "config", tmp_path / "prometheus.yml")
    assert checked.returncode == 0, checked.stderr
    files = list((bundle / "prometheus/rules").iterdir())
    assert len(files) > 2
    assert f"{len(files)} rule files found" in checked.stdout


def test_alertmanager_sends_pages_and_tickets_to_the_topic(bundle: Path, tool: Tool) -> None:
    configuration = f"--config.file={bundle / 'alertmanager/alertmanager.yml'}"
    for labels, receiver in {
        ("alertname=SloFastBurn", "severity=page"): "topic",
        ("alertname=TargetDown", "severity=ticket"): "topic",
        ("alertname=Watchdog", "severity=none"): "nobody",
    }.items():
        routed = tool("amtool", "config", "routes", "test", configuration, *labels)
        assert (routed.returncode, routed.stdout.strip()) == (0, receiver)


def test_the_scripts_are_clean(bundle: Path, tool: Tool) -> None:
    scripts = [*HERE.glob("host/*.sh"), *bundle.glob("scripts/*.sh")]
    checked = tool("shellcheck", "--exclude=SC1091", *scripts)
    assert (len(scripts), checked.stdout) == (4, "")


def test_cloud_init_takes_the_user_data(tmp_path: Path, tool: Tool) -> None:
    file = tmp_path / "user-data"
    file.write_text(user_data({"VOLUME_ID": "vol-1"}).replace("$${", "${"))
    checked = tool("cloud-init", "schema", "--config-file", file)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_user_data_fits_and_carries_the_files() -> None:
    text = user_data({"VOLUME_ID": "vol-1", "REGION": "us-east-1"})
    assert len(text.encode()) < 16 * 1024
    written = {each["path"]: each["content"] for each in yaml.safe_load(text)["write_files"]}
    assert written["/etc/monitoring/host.env"] == "DATA=/var/lib/monitoring\nREGION=us-east-1\nVOLUME_ID=vol-1\n"
    assert "${VOLUME_ID/-/}" in written["/usr/local/sbin/mount-data"].replace("$${", "${")


def test_the_sums_are_those_of_every_file(bundle: Path) -> None:
    lines = (bundle / "SHA256SUMS").read_text().splitlines()
    sums = {path: digest for digest, path in (line.split("  ") for line in lines)}
    found = {str(path.relative_to(bundle)): path for path in bundle.rglob("*") if path.is_file()}
    assert sums == {
        path: hashlib.sha256(file.read_bytes()).hexdigest() for path, file in found.items() if path != "SHA256SUMS"
    }
    assert list(files(load_settings("local")))[-1] == "SHA256SUMS"


def test_the_target_wants_every_service_and_timer(bundle: Path) -> None:
    units = {path.name for path in (bundle / "units").iterdir()}
    wanted = {
        unit
        for line in (bundle / "units/monitoring.target").read_text().splitlines()
        if line.startswith("Wants=")
        for unit in line.removeprefix("Wants=").split()
    }
    started_by_timers = {unit.replace(".timer", ".service") for unit in wanted if unit.endswith(".timer")}
    assert units == wanted | started_by_timers | {"monitoring.target"}


@pytest.mark.parametrize("service", sorted(PINS["images"]))
def test_each_container_is_pinned_and_needs_the_volume(bundle: Path, service: str) -> None:
    assert "@sha256:" in PINS["images"][service]
    unit = (bundle / f"units/{service}.service").read_text()
    assert PINS["images"][service] in unit.split()
    assert "AssertPathIsMountPoint=/var/lib/monitoring" in unit
    assert "Requires=docker.service monitoring-data.service" in unit


def test_each_alert_has_a_severity_a_summary_and_a_runbook(bundle: Path) -> None:
    alerts = [
        rule
        for file in (bundle / "prometheus/rules").iterdir()
        for group in yaml.safe_load(file.read_text())["groups"]
        for rule in group["rules"]
        if "alert" in rule
    ]
    assert len(alerts) > 10
    for alert in alerts:
        assert alert["labels"]["severity"] in {"page", "ticket", "none"}, alert["alert"]
        assert alert["annotations"]["summary"]
        runbook = ROOT / alert["annotations"]["runbook_url"]
        assert alert["alert"] in runbook.read_text()


def test_a_cluster_and_a_database_that_were_adopted_are_watched_under_their_names() -> None:
    adopted = {"eks": {"name": "old-cluster"}, "database": {"identifier": "old-database"}}
    written = files(changed(load_settings("local"), **adopted))

    tags = re.findall(r"tag:kubernetes.io/cluster/([\w-]+)", "".join(written.values()))
    assert tags == ["old-cluster"]
    unit = written["units/aws-metrics.service"]
    assert '"CLUSTER=old-cluster" "DATABASE=old-database"' in unit
    assert set(re.findall(r'environ\["(\w+)"\]', written["scripts/aws_metrics.py"])) <= {
        *re.findall(r'[ "](\w+)=', unit),
        "REGION",  # of /etc/monitoring/host.env, as the volume
        "VOLUME_ID",
    }
