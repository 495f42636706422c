"""The catalogue of series against the exporters themselves, where they can be had."""

import re
import shutil
import ssl
import subprocess
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import yaml

from tests.conftest import free_port

pytestmark = pytest.mark.slow

CATALOGUE = yaml.safe_load(Path(__file__).with_name("series.yaml").read_text())
Scrape = Callable[..., str]


def missing(job: str, text: str) -> dict[str, list[str]]:
    """What the catalogue says of a job and an exporter does not send: metric, and the labels that it lacks."""
    sent: dict[str, set[str]] = {}
    for name, labels in re.findall(r"^(\w+)(?:\{(.*)\})? \S+$", text, re.MULTILINE):
        sent.setdefault(name, set()).update(re.findall(r'(\w+)="', labels))
    return {
        metric: sorted(set(labels) - sent.get(metric, set()))
        for metric, labels in CATALOGUE[job].items()
        if metric not in sent or set(labels) - sent[metric]
    }


@contextmanager
def running(command: list[str | Path], port: int, path: str = "/metrics") -> Iterator[str]:
    """The URL of an exporter that answers. Without the program the test is skipped."""
    if not shutil.which(command[0]):
        pytest.skip(f"{command[0]} is not installed: apt-get install what .ci/run lists")
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            for _ in range(100):
                try:
                    read(f"http://127.0.0.1:{port}{path}")
                    break
                except OSError:
                    time.sleep(0.1)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


def read(url: str) -> str:
    with urllib.request.urlopen(url, timeout=10) as answer:
        return str(answer.read().decode())


@pytest.mark.parametrize("job", ["monitoring-host", "node-exporter"])
def test_node_exporter(job: str, tmp_path: Path) -> None:
    (tmp_path / "aws.prom").write_text("")
    port = free_port()
    command: list[str | Path] = ["prometheus-node-exporter", f"--web.listen-address=127.0.0.1:{port}"]
    with running([*command, f"--collector.textfile.directory={tmp_path}"], port) as url:
        absent = missing(job, read(f"{url}/metrics"))
    assert {metric: labels for metric, labels in absent.items() if not metric.startswith("aws_")} == {}


def test_prometheus(bundle: Path, tmp_path: Path) -> None:
    port = free_port()
    configuration = tmp_path / "prometheus.yml"
    itself = {"job_name": "prometheus", "scrape_interval": "1s", "static_configs": [{"targets": [f"127.0.0.1:{port}"]}]}
    rules = [str(bundle / "prometheus/rules/platform.yml")]
    configuration.write_text(yaml.safe_dump({"rule_files": rules, "scrape_configs": [itself]}))
    command: list[str | Path] = ["prometheus", f"--config.file={configuration}", f"--storage.tsdb.path={tmp_path}/data"]
    with running([*command, f"--web.listen-address=127.0.0.1:{port}"], port, "/-/ready") as url:
        # The rules are loaded, and the first scrape comes, a moment after the first answer.
        for _ in range(200):
            if not (absent := missing("prometheus", read(f"{url}/metrics"))):
                break
            time.sleep(0.1)
    assert absent == {}


def test_alertmanager(bundle: Path, tmp_path: Path) -> None:
    port = free_port()
    command: list[str | Path] = [
        "prometheus-alertmanager",
        f"--config.file={bundle / 'alertmanager/alertmanager.yml'}",
        f"--storage.path={tmp_path}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--cluster.listen-address=",
    ]
    with running(command, port) as url:
        assert missing("alertmanager", read(f"{url}/metrics")) == {}


@pytest.fixture
def website(tmp_path: Path) -> Iterator[tuple[int, Path]]:
    """/api/tags over TLS: its port, and the certificate that it shows."""
    certificate, key = tmp_path / "certificate", tmp_path / "key"
    command = (
        "openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1"
    )
    subprocess.run([*command.split(), "-keyout", key, "-out", certificate], check=True, capture_output=True)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b'{"tags":[]}')

        def log_message(self, *_: object) -> None:
            """Nobody reads it."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_port, certificate
        server.shutdown()
        thread.join()


def test_the_probe_of_the_api(bundle: Path, tmp_path: Path, website: tuple[int, Path]) -> None:
    port, (target, certificate) = free_port(), website
    modules = yaml.safe_load((bundle / "blackbox/blackbox.yml").read_text())
    modules["modules"]["tags"]["http"]["tls_config"] = {"ca_file": str(certificate)}
    configuration = tmp_path / "blackbox.yml"
    configuration.write_text(yaml.safe_dump(modules))
    command: list[str | Path] = ["prometheus-blackbox-exporter", f"--config.file={configuration}"]
    with running([*command, f"--web.listen-address=127.0.0.1:{port}"], port) as url:
        answer = read(f"{url}/probe?module=tags&target=https://127.0.0.1:{target}/api/tags")
    assert missing("probe", answer) == {}
    assert "\nprobe_success 1\n" in answer
