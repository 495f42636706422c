"""Two servers for all tests of a session: the simulator, and moto without our extensions to compare with."""

import functools
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import boto3
import pytest
from botocore.config import Config

from simulator.process import clean_environment, start, stop
from simulator.server import HEALTH_PATH, HOST
from tests.conftest import ROOT, free_port

PLAIN = "import sys; from simulator.server import serve; serve(int(sys.argv[1]), extended=False)"


@dataclass(frozen=True)
class Aws:
    """A boto3 client for each service: aws("s3").list_buckets()."""

    endpoint: str
    extended: bool

    def __call__(self, service: str) -> Any:
        return _client(self.endpoint, service)


@functools.cache
def _client(endpoint: str, service: str) -> Any:
    return boto3.client(
        service,
        region_name="us-east-1",
        endpoint_url=endpoint,
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(retries={"total_max_attempts": 1}),
    )


@pytest.fixture(scope="session")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Aws]:
    directory = tmp_path_factory.mktemp("simulator")
    yield Aws(start(directory).endpoint, extended=True)
    stop(directory)


@pytest.fixture(scope="session")
def plain_moto() -> Iterator[Aws]:
    port = free_port()
    process = subprocess.Popen([sys.executable, "-c", PLAIN, str(port)], cwd=ROOT, env=clean_environment({}))
    endpoint = f"http://{HOST}:{port}"
    for _ in range(300):
        try:
            urllib.request.urlopen(endpoint + HEALTH_PATH, timeout=5).close()
            break
        except urllib.error.URLError:
            assert process.poll() is None, "moto does not start"
            time.sleep(0.1)
    yield Aws(endpoint, extended=False)
    process.terminate()
    process.wait()


@pytest.fixture
def aws(request: pytest.FixtureRequest) -> Aws:
    server: Aws = request.getfixturevalue(request.param)
    return server


def missing_in_moto(symptom: type[Exception], match: str) -> Callable[[Callable[[Aws], None]], Callable[[Aws], None]]:
    """Run the test on the simulator, and on plain moto, where it has to fail with this symptom.

    When it does not any more, moto has learnt it: the extension can go.
    """

    def decorate(probe: Callable[[Aws], None]) -> Callable[[Aws], None]:
        @pytest.mark.parametrize("aws", ["simulator", "plain_moto"], indirect=True)
        @functools.wraps(probe)
        def test(aws: Aws) -> None:
            if aws.extended:
                probe(aws)
            else:
                with pytest.raises(symptom, match=match):
                    probe(aws)

        return test

    return decorate
