"""What the image adds to the application, in front of a real Express server as the application is one."""

import http.client
import json
import re
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from tests.charts import one, release_values, render
from tests.conftest import ROOT, Platform, free_port
from tests.container.conftest import ADDRESS, CONTAINER, PRELOADS, SECRETS, Server
from tests.monitoring.test_series import missing, read, running, series

pytestmark = pytest.mark.slow


def counted(server: Server) -> dict[tuple[str, str], int]:
    """Requests by route and status."""
    return {
        (route, status): int(count)
        for route, status, count in re.findall(
            r'^http_server_request_duration_count\{.*http_route="([^"]*)",http_response_status_code="(\d+)".*\} (\d+)$',
            server.metrics(),
            re.MULTILINE,
        )
    }


def status(connection: http.client.HTTPConnection) -> int:
    connection.request("GET", "/")
    answer = connection.getresponse()
    answer.read()
    return answer.status


def test_both_ports_are_heard_from_outside_of_the_pod(server: Server) -> None:
    assert not ADDRESS.startswith("127.0.0.1")
    assert server.get("/") == "{}"
    assert "target_info{" in server.metrics()


def test_requests_are_measured_by_route_and_status(server: Server) -> None:
    for path in ("/api/tags", "/api/articles/one", "/api/articles/two", "/api/broken"):
        server.get(path)

    assert counted(server) == {("/api/tags", "200"): 1, ("/api/articles/:slug", "200"): 2, ("/api/broken", "500"): 1}


def test_what_watches_is_no_user(server: Server) -> None:
    """kube-probe: pkg/probe/http in kubernetes/kubernetes. The load balancer: 'Health checks for Application Load
    Balancer target groups' in its guide. The probe: prober/http.go in prometheus/blackbox_exporter."""
    for agent in ("kube-probe/1.35", "ELB-HealthChecker/2.0", "Blackbox Exporter/0.27.0"):
        for path in ("/", "/api/tags", "/api/broken"):
            server.get(path, **{"User-Agent": agent})
    server.metrics()  # a scrape, which the next one would show

    assert "http_server_request_duration" not in server.metrics()
    server.get("/api/tags", **{"User-Agent": "curl/8 (not kube-probe/1.35)"})
    assert counted(server) == {("/api/tags", "200"): 1}


def test_the_prober_of_the_monitoring_host_is_no_user(server: Server) -> None:
    """The program that Debian has, with the module that is shipped."""
    port = free_port()
    address = f"127.0.0.1:{port}"
    config = ROOT / "monitoring" / "blackbox" / "blackbox.yml"
    with running("prometheus-blackbox-exporter", f"--config.file={config}", f"--web.listen-address={address}"):
        probed = read(f"http://{address}/probe?module=tags&target=http://{ADDRESS}:{server.port}/api/tags")

    assert "\nprobe_success 1\n" in probed
    assert counted(server) == {}


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
