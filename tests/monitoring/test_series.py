"""series.yaml against the real exporters: every metric and label in it comes out of what is run here; that of the API
out of tests/container/test_preloads.py."""

import json
import re
import shutil
import ssl
import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import urlencode

import pytest
import yaml

from monitoring.bundle import HERE
from tests.conftest import ROOT, free_port
from tests.monitoring.series import CATALOGUE, SCRAPED_TYPES, log_labels
from tests.monitoring.test_aws_metrics import script

__all__ = ["script"]  # a fixture
pytestmark = pytest.mark.slow
PROVEN = {"alertmanager", "api", "blackbox", "node-exporter", "prometheus", "targets", "textfile"}


def read(url: str, seconds: float = 20) -> str:
    until = time.monotonic() + seconds
    while True:
        try:
            with urllib.request.urlopen(url, timeout=10) as answer:
                assert "/api/" in url or answer.headers.get_content_type() in SCRAPED_TYPES
                return str(answer.read().decode())
        except (urllib.error.URLError, ConnectionError):
            if time.monotonic() > until:
                raise
            time.sleep(0.1)


def series(text: str) -> dict[str, set[str]]:
    """Metric to labels of a text that Prometheus scrapes."""
    found: dict[str, set[str]] = {}
    for name, labels in re.findall(r"^([a-z]\w*)(?:\{(.*)\})? \S+$", text, re.MULTILINE | re.IGNORECASE):
        found.setdefault(name, set()).update(re.findall(r'(\w+)="', labels))
    return found


def missing(exporter: str, look: Callable[[], Mapping[str, set[str]]]) -> dict[str, set[str]]:
    """Of what the catalogue promises, what cannot be found; some of it is there only after a moment."""
    promised: dict[str, list[str]] = CATALOGUE[exporter]["metrics"]
    until = time.monotonic() + 20
    while True:
        found = look()
        lacking = {
            metric: set(labels) - found.get(metric, set())
            for metric, labels in promised.items()
            if metric not in found or set(labels) - found[metric]
        }
        if not lacking or time.monotonic() > until:
            return lacking
        time.sleep(0.2)


@contextmanager
def running(*command: str | Path) -> Iterator[None]:
    if not shutil.which(str(command[0])):
        pytest.skip(f"{command[0]} is not installed: apt-get install what .ci/run lists")
    process = subprocess.Popen([*map(str, command)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.terminate()
        process.wait(timeout=30)


def test_what_is_not_run_here_has_a_document() -> None:
    assert {name for name, exporter in CATALOGUE.items() if "document" not in exporter} == PROVEN
    jobs = yaml.safe_load((HERE / "prometheus/prometheus.yml").read_text())["scrape_configs"]
    catalogued = {job for exporter in CATALOGUE.values() for job in exporter["jobs"] or []}
    assert catalogued | {"grafana"} == {job["job_name"] for job in jobs}


def test_prometheus_and_what_it_says_about_each_target(bundle: Path, tmp_path: Path) -> None:
    address = f"127.0.0.1:{free_port()}"
    job = {"job_name": "prometheus", "static_configs": [{"targets": [address]}]}
    every = {"scrape_interval": "500ms", "scrape_timeout": "500ms"}
    configuration = {"global": every, "scrape_configs": [job], "rule_files": [f"{bundle}/prometheus/rules/*.yml"]}
    (tmp_path / "prometheus.yml").write_text(yaml.safe_dump(configuration))
    arguments = (f"--config.file={tmp_path}/prometheus.yml", f"--storage.tsdb.path={tmp_path}/data")
    with running("prometheus", *arguments, f"--web.listen-address={address}"):
        assert missing("prometheus", lambda: series(read(f"http://{address}/metrics"))) == {}

        def stored() -> dict[str, set[str]]:
            selector = urlencode({"match[]": '{job="prometheus"}'})
            answer = json.loads(read(f"http://{address}/api/v1/series?{selector}"))
            return {labels["__name__"]: set(labels) for labels in answer["data"]}

        assert missing("targets", stored) == {}


def test_alertmanager(bundle: Path, tmp_path: Path) -> None:
    address = f"127.0.0.1:{free_port()}"
    arguments = (f"--config.file={bundle}/alertmanager/alertmanager.yml", f"--storage.path={tmp_path}")
    with running("prometheus-alertmanager", *arguments, f"--web.listen-address={address}", "--cluster.listen-address="):
        assert missing("alertmanager", lambda: series(read(f"http://{address}/metrics"))) == {}


def test_blackbox_exporter_with_its_module(bundle: Path, tmp_path: Path) -> None:
    certificate, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    command = (
        "openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=localhost -addext subjectAltName=DNS:localhost"
    )
    subprocess.run([*command.split(), "-keyout", key, "-out", certificate], check=True, capture_output=True)
    configuration = yaml.safe_load((bundle / "blackbox/blackbox.yml").read_text())
    configuration["modules"]["tags"]["http"]["tls_config"] = {"ca_file": str(certificate)}
    (tmp_path / "blackbox.yml").write_text(yaml.safe_dump(configuration))

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b'{"tags":[]}')

        def log_message(self, format: str, *args: Any) -> None:
            """Nobody reads it."""

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    address = f"127.0.0.1:{free_port()}"
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            with running(
                "prometheus-blackbox-exporter",
                f"--config.file={tmp_path}/blackbox.yml",
                f"--web.listen-address={address}",
            ):
                query = urlencode({"target": f"https://localhost:{server.server_port}/api/tags", "module": "tags"})
                answer = read(f"http://{address}/probe?{query}")
        finally:
            server.shutdown()
            thread.join()
    assert missing("blackbox", lambda: series(answer)) == {}
    assert "probe_success 1\n" in answer


def aws_answers(_: str, operation: str, **parameters: Any) -> Any:
    """As AWS does when everything is there."""
    now = datetime.now(UTC).isoformat()
    arn = "arn:aws:elasticloadbalancing:us-east-1:111122223333:"
    return {
        "describe-db-instances": {"DBInstances": [{"AllocatedStorage": 20, "LatestRestorableTime": now}]},
        "get-resources": {
            "ResourceTagMappingList": [
                {"ResourceARN": f"{arn}loadbalancer/app/api/1"},
                {"ResourceARN": f"{arn}targetgroup/pods/2"},
            ]
        },
        "list-recovery-points-by-backup-vault": {"RecoveryPoints": [{"Status": "COMPLETED", "CreationDate": now}]},
        "describe-snapshots": {"Snapshots": [{"StartTime": now}]},
        "describe-instances": {"Reservations": [{"Instances": [{"ImageId": "ami-1"}]}]},
        "describe-images": {"Images": [{"ImageId": "ami-1", "CreationDate": now}]},
        "describe-parameters": {
            "Parameters": [{"Name": "/acme/runner/registration-token", "Version": 2, "LastModifiedDate": now}]
        },
        "get-role": {"Role": {"RoleLastUsed": {"LastUsedDate": now}}},
        "list-subscriptions-by-topic": {"Subscriptions": [{"SubscriptionArn": "arn:aws:sns:us-east-1:1:acme:1"}]},
        "get-metric-data": {
            "MetricDataResults": [
                {"Id": query["Id"], "Timestamps": [now], "Values": [1.0]}
                for query in parameters.get("MetricDataQueries", [])
            ]
        },
    }[operation]


def test_node_exporter_and_the_file_of_aws_metrics(
    script: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("PREFIX", "CLUSTER", "DATABASE", "VOLUME_ID", "BACKUP_VAULT"):
        monkeypatch.setenv(name, "acme")
    for name in ("TOPICS", "DATABASE_TOPIC"):
        monkeypatch.setenv(name, "arn:aws:sns:us-east-1:1:acme=1")
    monkeypatch.setenv("REGION", "us-east-1")
    monkeypatch.setenv("LIMITS", "passwords")
    monkeypatch.setattr(script, "aws", aws_answers)
    script.main(tmp_path / "aws.prom")
    address = f"127.0.0.1:{free_port()}"
    with running(
        "prometheus-node-exporter", f"--collector.textfile.directory={tmp_path}", f"--web.listen-address={address}"
    ):
        found = series(read(f"http://{address}/metrics"))
    assert missing("node-exporter", lambda: found) == {}
    of_aws = {name: labels for name, labels in found.items() if name.startswith("aws_")}
    catalogue = {name: set(labels) for name, labels in CATALOGUE["textfile"]["metrics"].items()}
    assert of_aws | {"node_textfile_mtime_seconds": found["node_textfile_mtime_seconds"]} == catalogue


def test_kube_state_metrics_looks_at_what_its_metrics_are_about() -> None:
    collectors = yaml.safe_load((ROOT / "charts/values/kube-state-metrics.yaml").read_text())["collectors"]
    about = {f"{metric.split('_')[1]}s" for metric in CATALOGUE["kube-state-metrics"]["metrics"]}
    assert about <= set(collectors)


def test_both_log_agents_give_the_same_labels() -> None:
    labels = log_labels()
    assert labels["alloy"] == labels["promtail"] == {"app", "container", "namespace", "pod", "stream"}
