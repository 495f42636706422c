"""Real Prometheus and Alertmanager with our configuration: errors of a service become a message, and end as one.

What differs from the host: time runs sixty times as fast, the API is found at an address instead of a name, and the
topic is that of the simulated AWS, with a queue behind it.
"""

import json
import os
import re
import shutil
import subprocess
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import boto3
import pytest
import yaml

from simulator.process import Simulator, clean_environment, start, stop
from tests.conftest import free_port, wait

pytestmark = pytest.mark.slow
REGION = "us-east-1"


@dataclass
class Api:
    """Answers 100 requests a second, of which some fail, and counts them as the exporter for Node does."""

    failing: float = 0
    answers: dict[str, float] = field(default_factory=lambda: {"200": 0, "500": 0})
    asked: float = field(default_factory=time.monotonic)

    def metrics(self) -> str:
        now = time.monotonic()
        requests, self.asked = 100 * (now - self.asked), now
        self.answers["200"] += requests * (1 - self.failing)
        self.answers["500"] += requests * self.failing
        return "# TYPE http_server_request_duration histogram\n" + "".join(
            f"http_server_request_duration_{series} {count}\n"
            for code, count in self.answers.items()
            for labels in [f'http_request_method="GET",http_response_status_code="{code}",http_route="/api/tags"']
            for series in (f'bucket{{{labels},le="0.5"}}', f'bucket{{{labels},le="+Inf"}}', f"count{{{labels}}}")
        )


@pytest.fixture
def api() -> Iterator[tuple[Api, int]]:
    service = Api()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = service.metrics().encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            """Every second twice, nobody reads it."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield service, server.server_port
        server.shutdown()
        thread.join()


@pytest.fixture
def aws(tmp_path: Path) -> Iterator[Simulator]:
    yield start(tmp_path / "aws")
    stop(tmp_path / "aws")


@pytest.fixture
def messages(aws: Simulator) -> Callable[[], list[dict[str, Any]]]:
    """What has come out of the topic of the alerts since the last look."""
    credentials = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
    sns, sqs = (
        boto3.client(each, region_name=REGION, endpoint_url=aws.endpoint, **credentials) for each in ("sns", "sqs")
    )
    topic = sns.create_topic(Name="realworld-local-monitoring")["TopicArn"]
    queue = sqs.create_queue(QueueName="alerts")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)

    def receive() -> list[dict[str, Any]]:
        received = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", [])
        for message in received:
            sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
        return [json.loads(message["Body"]) for message in received]

    return receive


def hurried(text: str) -> str:
    """Durations of a rule file or a route in a sixtieth of their time."""
    seconds = {"s": 1 / 60, "m": 1, "h": 60, "d": 24 * 60}

    def shorter(match: re.Match[str]) -> str:
        return f"{match[1]}{max(1, round(int(match[2]) * seconds[match[3]]))}s{match[4]}"

    return re.sub(
        r"(\[|(?:for|interval|group_wait|group_interval|repeat_interval): )(\d+)([smhd])(\]|,|\}|$)",
        shorter,
        text,
        flags=re.M,
    )


@pytest.fixture
def prometheus(bundle: Path, tmp_path: Path, api: tuple[Api, int], aws: Simulator) -> Iterator[str]:
    """The URL of Prometheus, behind which an Alertmanager runs."""
    for name in ("prometheus", "prometheus-alertmanager"):
        if not shutil.which(name):
            pytest.skip(f"{name} is not installed: apt-get install what .ci/run lists")
    own, alertmanager = free_port(), free_port()

    rules = tmp_path / "rules"
    rules.mkdir()
    for file in (bundle / "prometheus/rules").iterdir():
        (rules / file.name).write_text(hurried(file.read_text()))
    configuration = yaml.safe_load((bundle / "prometheus/prometheus.yml").read_text())
    del configuration["storage"]  # since Prometheus 3
    configuration["global"] |= {"scrape_interval": "500ms", "scrape_timeout": "500ms", "evaluation_interval": "500ms"}
    configuration["alerting"]["alertmanagers"][0]["static_configs"] = [{"targets": [f"127.0.0.1:{alertmanager}"]}]
    jobs = {job["job_name"]: job for job in configuration["scrape_configs"]}
    del jobs["api"]["dns_sd_configs"], jobs["api"]["scrape_interval"]
    ports = {"api": api[1], "prometheus": own, "alertmanager": alertmanager}
    for name, port in ports.items():
        jobs[name]["static_configs"] = [{"targets": [f"127.0.0.1:{port}"]}]
    configuration["scrape_configs"] = [jobs[name] for name in ports]
    (tmp_path / "prometheus.yml").write_text(yaml.safe_dump(configuration))

    routes = yaml.safe_load(hurried((bundle / "alertmanager/alertmanager.yml").read_text()))
    [topic] = [receiver for receiver in routes["receivers"] if receiver["name"] == "topic"]
    topic["sns_configs"][0]["api_url"] = aws.endpoint
    (tmp_path / "alertmanager.yml").write_text(yaml.safe_dump(routes))

    commands = (
        [
            "prometheus-alertmanager",
            f"--config.file={tmp_path}/alertmanager.yml",
            f"--storage.path={tmp_path}/alerts",
            f"--web.listen-address=127.0.0.1:{alertmanager}",
            "--cluster.listen-address=",
        ],
        [
            "prometheus",
            f"--config.file={tmp_path}/prometheus.yml",
            f"--storage.tsdb.path={tmp_path}/metrics",
            f"--web.listen-address=127.0.0.1:{own}",
        ],
    )
    environment = clean_environment(os.environ) | aws.environment(REGION)
    processes = []
    with (tmp_path / "log").open("w") as log:
        for command in commands:
            processes.append(subprocess.Popen(command, env=environment, stdout=log, stderr=log))
        yield f"http://127.0.0.1:{own}"
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait(timeout=30)


def ask(url: str) -> Any:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return json.load(answer)["data"]
    except OSError:
        return None


def state(prometheus: str, alert: str) -> str:
    answer = ask(f"{prometheus}/api/v1/alerts")
    states = [each["state"] for each in answer["alerts"] if each["labels"]["alertname"] == alert] if answer else []
    return ", ".join(states) or "inactive"


def test_errors_become_a_message_and_their_end_another(
    prometheus: str, api: tuple[Api, int], messages: Callable[[], list[dict[str, Any]]], tmp_path: Path
) -> None:
    service, _ = api
    said: list[dict[str, Any]] = []

    def subjects() -> list[str]:
        return [message["Subject"] for message in said]

    def told(*expected: str) -> bool:
        said.extend(messages())
        return set(expected) <= set(subjects())

    # Once the window of five minutes has a value, the objective is measured, and nothing is wrong.
    good = f"{prometheus}/api/v1/query?query=slo:sli_error:ratio_rate5m%7Bslo=%22api-availability%22%7D==0"
    assert wait(lambda: bool((ask(good) or {}).get("result")), 60), (tmp_path / "log").read_text()
    assert state(prometheus, "SloFastBurn") == "inactive"

    service.failing = 0.5
    assert wait(lambda: state(prometheus, "SloFastBurn") == "firing", 60)
    assert wait(lambda: told("[FIRING page] SloFastBurn (local)"), 60), (subjects(), (tmp_path / "log").read_text())

    service.failing = 0
    assert wait(lambda: state(prometheus, "SloFastBurn") == "inactive", 60)
    assert wait(lambda: told("[RESOLVED page] SloFastBurn (local)"), 60), (subjects(), (tmp_path / "log").read_text())
    # The one that always fires is for the heartbeat, not for people.
    assert state(prometheus, "Watchdog") == "firing"
    assert not [subject for subject in subjects() if "Watchdog" in subject]
    # What a subscription can be filtered by, and what a program reads.
    [first, *_] = [message for message in said if message["Subject"] == "[FIRING page] SloFastBurn (local)"]
    attributes = {name: each["Value"] for name, each in first["MessageAttributes"].items()}
    summary = attributes.pop("summary")
    assert attributes == {
        "alertname": "SloFastBurn",
        "environment": "local",
        "runbook": "docs/runbooks/slo.md",
        "severity": "page",
        "status": "firing",
    }
    assert "api-availability" in summary


def test_time_runs_sixty_times_as_fast() -> None:
    assert hurried("rate(x[1h]) for: 2m\nfor: 15m\n[3d] repeat_interval: 30s}") == (
        "rate(x[60s]) for: 2s\nfor: 15s\n[4320s] repeat_interval: 1s}"
    )
