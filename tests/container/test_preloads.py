"""What the image adds to the application, in front of a real Express server as the application is one."""

import http.client
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from tests.charts import one, release_values, render
from tests.conftest import ROOT, Platform, free_port
from tests.monitoring.test_series import missing, series

pytestmark = pytest.mark.slow

CONTAINER = ROOT / "realworld-example-app" / "container"
PRELOADS = re.findall(r"--require /container/(\w+\.cjs)", (CONTAINER.parent / "Dockerfile").read_text())
SECRETS = {"DATABASE_URL": "postgresql://user:password@localhost/realworld", "JWT_SECRET": "canary"}
APPLICATION = """
const express = require('express');
const routes = express.Router();
routes.get('/tags', (request, response) => response.json({ tags: [] }));
routes.get('/articles/:slug', (request, response) => response.json({}));
routes.get('/slow', (request, response) => setTimeout(() => response.json({ late: true }), 1500));
routes.get('/broken', (request, response) => response.status(500).json({}));
routes.get('/limits', ({ socket: { server } }, response) =>
  response.json([server.keepAliveTimeout, server.headersTimeout]));
const app = express();
app.use(express.Router().use('/api', routes));
app.get('/', (request, response) => response.json({}));
app.listen(process.env.PORT, () => console.info('server up'));
"""


def own_address() -> str:
    """An address, as a pod has one, on which nobody hears a server that listens on 127.0.0.1 alone."""
    with socket.socket(type=socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # sends nothing: it only chooses the way out
        except OSError:
            return "127.0.0.2"
        return str(probe.getsockname()[0])


ADDRESS = own_address()
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # no proxy of this machine knows the address


@pytest.fixture(scope="module")
def container(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder as `npm ci` in the image makes it, and an application beside it."""
    folder = tmp_path_factory.mktemp("container") / "container"
    shutil.copytree(CONTAINER, folder, ignore=shutil.ignore_patterns("node_modules"))
    subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=folder, check=True)
    (folder / "application.cjs").write_text(APPLICATION)
    return folder


class Server:
    def __init__(self, folder: Path, **variables: str) -> None:
        self.port, self.metrics_port = free_port(), free_port()
        options = [option for name in PRELOADS for option in ("--require", str(folder / name))]
        ports = {"PORT": str(self.port), "METRICS_PORT": str(self.metrics_port)}
        self.process = subprocess.Popen(
            ["node", *options, str(folder / "application.cjs")],
            env={"PATH": os.environ["PATH"], **ports, **variables},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def get(self, path: str) -> str:
        return self._read(self.port, path)

    def metrics(self) -> str:
        deadline = time.monotonic() + 5
        while True:  # the two servers of the process listen one after the other
            try:
                return self._read(self.metrics_port, "/metrics")
            except urllib.error.URLError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)

    @staticmethod
    def _read(port: int, path: str) -> str:
        try:
            with DIRECT.open(f"http://{ADDRESS}:{port}{path}", timeout=10) as response:
                return str(response.read().decode())
        except urllib.error.HTTPError as error:
            return str(error.code)


def status(connection: http.client.HTTPConnection) -> int:
    connection.request("GET", "/")
    answer = connection.getresponse()
    answer.read()
    return answer.status


@pytest.fixture
def server(container: Path) -> Iterator[Server]:
    server = Server(container, **SECRETS)
    assert server.process.stdout is not None
    assert server.process.stdout.readline() == "server up\n"
    with server.process:
        yield server
        server.process.kill()


def test_both_ports_are_heard_from_outside_of_the_pod(server: Server) -> None:
    assert not ADDRESS.startswith("127.0.0.1")
    assert server.get("/") == "{}"
    assert "target_info{" in server.metrics()


def test_requests_are_measured_by_route_and_status(server: Server) -> None:
    for path in ("/api/tags", "/api/articles/one", "/api/articles/two", "/api/broken"):
        server.get(path)

    counts = {
        (route, status): int(count)
        for route, status, count in re.findall(
            r'^http_server_request_duration_count\{.*http_route="([^"]*)",http_response_status_code="(\d+)".*\} (\d+)$',
            server.metrics(),
            re.MULTILINE,
        )
    }
    assert counts == {("/api/tags", "200"): 1, ("/api/articles/:slug", "200"): 2, ("/api/broken", "500"): 1}


def test_dashboards_find_what_it_measures(server: Server) -> None:
    server.get("/api/tags")
    # The event loop is measured every five seconds.
    assert missing("api", lambda: series(server.metrics())) == {}


def test_nodejs_itself_is_measured(server: Server) -> None:
    metrics = server.metrics()

    assert re.search(r"^nodejs_eventloop_time_total\{.*\} \S+$", metrics, re.MULTILINE)
    assert re.search(r"^v8js_memory_heap_used\{.*\} \d+$", metrics, re.MULTILINE)


def test_the_end_waits_for_requests_that_run(server: Server) -> None:
    with ThreadPoolExecutor() as pool:
        answer = pool.submit(server.get, "/api/slow")
        time.sleep(0.5)
        began = time.monotonic()
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(timeout=10) == 0
        assert 0.5 < time.monotonic() - began < 5
        assert answer.result() == '{"late":true}'


def test_the_end_is_at_once_when_there_is_nothing_to_do(server: Server) -> None:
    server.get("/api/tags")
    began = time.monotonic()
    server.process.send_signal(signal.SIGTERM)

    assert server.process.wait(timeout=10) == 0
    assert time.monotonic() - began < 1


def test_a_connection_is_kept_for_longer_than_node_does(server: Server) -> None:
    with closing(http.client.HTTPConnection(ADDRESS, server.port, timeout=10)) as connection:
        connection.connect()
        connection.auto_open = 0  # the same connection again, or an error
        assert status(connection) == 200
        time.sleep(7)  # the default of Node is five seconds, and newer releases add one
        assert status(connection) == 200


@pytest.mark.usefixtures("_helm")
def test_the_load_balancer_ends_an_idle_connection_before_the_api_does(server: Server, platform: Platform) -> None:
    """Otherwise a request may meet the closing, and is answered with 502: 'Connection idle timeout' in
    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-load-balancer-attributes.html."""
    ingress = one(render(CONTAINER.parent / "helm", "x", release_values(platform, "production")), "Ingress")
    attributes = ingress["metadata"]["annotations"]["alb.ingress.kubernetes.io/load-balancer-attributes"]
    idle = int(dict(each.split("=") for each in attributes.split(","))["idle_timeout.timeout_seconds"])

    keep_alive, headers = json.loads(server.get("/api/limits"))
    assert idle * 1000 < keep_alive < headers


def test_the_end_does_not_wait_for_connections_that_are_kept(server: Server) -> None:
    with closing(http.client.HTTPConnection(ADDRESS, server.port, timeout=10)) as connection:
        assert status(connection) == 200
        began = time.monotonic()
        server.process.send_signal(signal.SIGTERM)

        assert server.process.wait(timeout=10) == 0
        assert time.monotonic() - began < 1


@pytest.mark.parametrize("missing", ["DATABASE_URL", "JWT_SECRET"])
@pytest.mark.parametrize("how", ["unset", "empty"])
def test_without_its_secrets_it_does_not_start(container: Path, missing: str, how: str) -> None:
    variables = SECRETS | {missing: ""}
    if how == "unset":
        del variables[missing]
    output, error = Server(container, **variables).process.communicate(timeout=10)

    assert output == ""
    assert error == f"not started: {missing} must be set\n"
    assert "canary" not in error


def test_the_image_loads_all_that_there_is_and_requirements_first() -> None:
    assert PRELOADS[0] == "required.cjs"
    assert sorted(PRELOADS) == sorted(path.name for path in CONTAINER.glob("*.cjs"))
