"""Logs arrive: what the agents and Loki do with long lines, with lines that belong together, and while Loki is away.

Where `loki` and `promtail` of the pinned version are installed, a line goes through both. Alloy is not to be had here.
That it does the same stands in its source at v1.18.1, which is that of the pinned chart: stages/cri.go and multiline.go
in internal/component/loki/process, and types.go in internal/component/loki/write.
"""

import json
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
import yaml

from stacks.addons import PATIENCE
from tests.conftest import free_port, wait
from tests.monitoring.series import ALLOY, PROMTAIL
from tests.monitoring.test_series import read

KIB = 1024
CONTAINERD = 16 * KIB  # a line of the CRI has at most that much: DefaultMaxContainerLogLineSize in its config.go
AGENTS = ("alloy", "promtail")


def stages(agent: str) -> dict[str, Any]:
    """Name to settings, in the order in which a line meets them."""
    if agent == "promtail":
        listed = yaml.safe_load(PROMTAIL.read_text())["config"]["snippets"]["pipelineStages"]
        return {name.replace("_", ""): settings for stage in listed for name, settings in stage.items()}
    found = re.findall(r"stage\.(\w+) \{(.*?)\n  \}", ALLOY.read_text(), re.DOTALL)
    return {
        name.replace("_", ""): {key: json.loads(value) for key, value in re.findall(r"^ +(\w+) += (.+)$", body, re.M)}
        for name, body in found
    }


@pytest.fixture(scope="module")
def limits(bundle: Path) -> dict[str, Any]:
    read: dict[str, Any] = yaml.safe_load((bundle / "loki/loki.yaml").read_text())["limits_config"]
    return read


def test_both_agents_do_the_same_with_a_line() -> None:
    alloy, promtail = map(stages, AGENTS)
    assert list(alloy) == list(promtail) == ["cri", "multiline", "labeldrop"]
    assert alloy["cri"] == promtail["cri"]
    assert alloy["multiline"] == promtail["multiline"]
    assert alloy["labeldrop"]["values"] == promtail["labeldrop"]


def test_a_long_line_is_cut_and_not_refused(limits: dict[str, Any]) -> None:
    assert limits["max_line_size_truncate"] is True
    most = int(re.fullmatch(r"(\d+)KB", limits["max_line_size"])[1]) * KIB  # type: ignore[index]
    for agent in AGENTS:
        # Parts are joined up to that, and not until the memory of the agent is full.
        assert stages(agent)["cri"] == {"max_partial_line_size": most, "max_partial_line_size_truncate": True}


def test_no_agent_gives_up_while_loki_is_away() -> None:
    """0 is for ever, in both: dskit/backoff. 429 is tried again by default, in both. Reading stops meanwhile, because
    the queue of Alloy blocks when it is full (block_on_overflow), and that of Promtail always."""
    assert PATIENCE == {"max_retries": 0, "max_period": "30s"}
    [endpoint] = re.findall(r"endpoint \{(.*?)\n  \}", ALLOY.read_text(), re.DOTALL)
    assert re.findall(r"^ +(max_\w+) += (.+)$", endpoint, re.MULTILINE) == [
        ("max_backoff_retries", "0"),
        ("max_backoff_period", '"30s"'),
    ]
    # Experimental: Alloy refuses them without --stability.level=experimental.
    assert not {"wal", "queue_config"} & set(re.findall(r"^ +(\w+) \{", ALLOY.read_text(), re.MULTILINE))


def test_a_burst_is_taken(limits: dict[str, Any]) -> None:
    """After an absence each node sends as fast as it can. What is refused comes again, but counts as refused."""
    one = re.compile(r"(\d+)MB")
    stream, burst = (int(one.fullmatch(limits[f"per_stream_rate_limit{end}"])[1]) for end in ("", "_burst"))  # type: ignore[index]
    assert limits["ingestion_burst_size_mb"] >= burst >= 10, "what a container may have in the file that it writes"
    assert limits["ingestion_rate_mb"] >= stream


def entries(lines: list[str]) -> list[str]:
    """As the stage multiline makes them of lines that come at once."""
    first = re.compile(stages("alloy")["multiline"]["firstline"])
    made: list[str] = []
    for line in lines:
        if first.match(line) or not made:
            made.append(line)
        else:
            made[-1] += f"\n{line}"
    return made


THROWS = """
function inner() { throw Object.assign(new Error('no database'), { code: 'P1001', meta: { tries: [1, 2] } }); }
function outer() { inner(); }
console.error('before'); %s
"""


@pytest.mark.parametrize(
    "way", ["outer()", "Promise.resolve().then(outer)", "try { outer() } catch (e) { console.error(e) }"]
)
def test_the_stack_of_an_exception_is_one_entry(way: str) -> None:
    """As Node writes it of an error that nobody catches. The preload errors.cjs writes a line of JSON for each."""
    run = subprocess.run(["node", "--eval", THROWS % way], capture_output=True, text=True, check=False)
    made = entries(run.stderr.splitlines())
    assert made[0] == "before"
    [stack] = [entry for entry in made if " at inner " in entry]
    assert stack.startswith("Error: no database\n    at inner (")
    assert " at outer " in stack
    assert "code: 'P1001'" in stack
    assert stack.rstrip().endswith("}")


@contextmanager
def started(name: str, log: Path, *arguments: str) -> Iterator[None]:
    with log.open("a") as output:
        process = subprocess.Popen([name, *arguments], stdout=output, stderr=output)
    try:
        yield
    finally:
        process.terminate()
        process.wait(timeout=60)


def cri(text: str) -> str:
    """What containerd writes of one line."""
    now = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime())
    parts = [text[place : place + CONTAINERD] for place in range(0, len(text), CONTAINERD)]
    return "".join(
        f"{now}.{place:09d}Z stderr {'P' if place < len(parts) - 1 else 'F'} {part}\n"
        for place, part in enumerate(parts)
    )


@pytest.mark.slow
def test_from_a_container_through_the_real_agent_to_the_real_loki(bundle: Path, tmp_path: Path) -> None:
    for name in ("loki", "promtail"):
        if not shutil.which(name):
            pytest.skip(f"{name} is not installed: take that of the version in monitoring/pins.yaml")
    port, of_agent = free_port(), free_port()
    configuration = (bundle / "loki/loki.yaml").read_text().replace("/data", str(tmp_path / "data"))
    read_back = yaml.safe_load(configuration)
    read_back["server"] |= {
        "http_listen_address": "127.0.0.1",
        "http_listen_port": port,
        "grpc_listen_port": free_port(),
    }
    (tmp_path / "loki.yaml").write_text(yaml.safe_dump(read_back))
    file = tmp_path / "0.log"
    agent = {
        "server": {"http_listen_address": "127.0.0.1", "http_listen_port": of_agent, "grpc_listen_port": 0},
        "positions": {"filename": str(tmp_path / "positions")},
        "clients": [{"url": f"http://127.0.0.1:{port}/loki/api/v1/push", "backoff_config": PATIENCE}],
        "scrape_configs": [
            {
                "job_name": "pods",
                "pipeline_stages": yaml.safe_load(PROMTAIL.read_text())["config"]["snippets"]["pipelineStages"],
                "static_configs": [{"labels": {"app": "api", "__path__": str(file)}}],
            }
        ],
    }
    (tmp_path / "promtail.yaml").write_text(yaml.safe_dump(agent))
    base = f"http://127.0.0.1:{port}"

    def stored(search: str) -> list[str]:
        query = urlencode({"query": f'{{app="api"}} |= `{search}`', "since": "1h"})
        streams = json.loads(read(f"{base}/loki/api/v1/query_range?{query}", 60))["data"]["result"]
        assert all("filename" not in each["stream"] for each in streams)
        return [line for each in streams for _, line in each["values"]]

    loki = ("loki", tmp_path / "loki.log", f"-config.file={tmp_path}/loki.yaml")
    with started("promtail", tmp_path / "promtail.log", f"-config.file={tmp_path}/promtail.yaml"):
        with started(*loki), file.open("a") as container:
            assert "ready" in read(f"{base}/ready", 120)
            for line in (
                "first",
                "Error: é",
                "    at one",
                "    at two",
                "",
                "next",
                "long " + "é" * 300 * KIB,
                "last",
            ):
                container.write(cri(line) or cri(" ").replace("F  ", "F "))
                container.flush()
            assert wait(lambda: stored("last") == ["last"])
            assert stored("Error: é") == ["Error: é\n    at one\n    at two"] or stored("Error: é") == [
                "Error: é\n    at one\n    at two\n"
            ]
            [long] = stored("long é")
            assert 250 * KIB < len(long.encode()) <= 256 * KIB + 3
        # Loki is away, and the container goes on.
        with file.open("a") as container:
            for number in range(2000):
                container.write(cri(f"while it was away {number} " + "x" * 4 * KIB))
        time.sleep(5)
        with started(*loki):
            assert "ready" in read(f"{base}/ready", 120)
            assert wait(lambda: stored("while it was away 1999 ") != [], 90)
            for number in (0, 1, 1000, 1999):
                assert len(stored(f"while it was away {number} ")) == 1
            assert not re.search(r"^loki_discarded_samples_total.* [1-9]", read(f"{base}/metrics"), re.MULTILINE)
