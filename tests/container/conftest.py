"""The preloads of the image in front of a real Express server as the application is one."""

import http.client
import os
import re
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import pytest

from modules.database.postgres import DATABASE, USER
from tests.conftest import ROOT, free_port
from tests.monitoring.series import SCRAPED_TYPES
from tests.operations.commands import postgres

CONTAINER = ROOT / "realworld-example-app" / "container"
SERVICE = Path(__file__).parent / "service"
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


def installed(source: Path, folder: Path) -> Path:
    """A copy with the packages of its lock file."""
    shutil.copytree(source, folder, ignore=shutil.ignore_patterns("node_modules"))
    subprocess.run(
        ["npm", "ci", "--prefer-offline", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"],
        cwd=folder,
        check=True,
    )
    return folder


@pytest.fixture(scope="session")
def container(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder as `npm ci` in the image makes it, and an application beside it."""
    folder = installed(CONTAINER, tmp_path_factory.mktemp("container") / "container")
    (folder / "application.cjs").write_text(APPLICATION)
    return folder


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small service with its packages and its client of the database."""
    folder = installed(SERVICE, tmp_path_factory.mktemp("service") / "service")
    prisma(folder, SECRETS["DATABASE_URL"], "generate")
    return folder


@pytest.fixture(scope="module")
def database() -> Iterator[str]:
    with postgres.running() as server:
        password = quote(postgres.PASSWORD, safe="")
        yield f"postgresql://{USER}:{password}@127.0.0.1:{server.port}/{DATABASE}?sslmode=no-verify"


def prisma(folder: Path, url: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    # One of its commands asks an engine of its own first whether the database answers, which no package has.
    quiet = {"CHECKPOINT_DISABLE": "1", "PRISMA_SCHEMA_ENGINE_BINARY": "/bin/true", "NO_COLOR": "1"}
    return subprocess.run(
        ["node", "node_modules/prisma/build/index.js", *arguments],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "HOME": str(folder), "DATABASE_URL": url, **quiet},
        capture_output=True,
        text=True,
        check=False,
    )


def migrated(folder: Path, url: str) -> None:
    result = prisma(folder, url, "migrate", "deploy")
    assert result.returncode == 0, result.stderr


@dataclass(frozen=True)
class Answer:
    status: int
    body: str
    headers: Mapping[str, str] = field(default_factory=dict, compare=False)


class Server:
    def __init__(self, folder: Path, application: Path | None = None, /, **variables: str) -> None:
        self.port, self.metrics_port = free_port(), free_port()
        options = [option for name in PRELOADS for option in ("--require", str(folder / name))]
        ports = {"PORT": str(self.port), "METRICS_PORT": str(self.metrics_port), "NODE_ENV": "production"}
        self.process = subprocess.Popen(
            ["node", *options, str(application or folder / "application.cjs")],
            env={"PATH": os.environ["PATH"], **ports, **variables},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    @contextmanager
    def up(self) -> Iterator["Server"]:
        with self.process:
            try:
                assert self.process.stdout is not None
                assert self.process.stdout.readline().startswith("server up")
                yield self
            finally:
                self.process.kill()

    def ask(self, method: str, path: str, body: str = "", **headers: str) -> Answer:
        if body:
            headers["Content-Type"] = "application/json"
        with closing(http.client.HTTPConnection(ADDRESS, self.port, timeout=60)) as connection:
            connection.request(method, path, body or None, headers)
            answer = connection.getresponse()
            return Answer(answer.status, answer.read().decode(), {k.lower(): v for k, v in answer.getheaders()})

    def get(self, path: str, **headers: str) -> str:
        return self._read(self.port, path, headers)

    def metrics(self) -> str:
        deadline = time.monotonic() + 5
        while True:  # the two servers of the process listen one after the other
            try:
                return self._read(self.metrics_port, "/metrics", {})
            except urllib.error.URLError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)

    @staticmethod
    def _read(port: int, path: str, headers: dict[str, str]) -> str:
        request = urllib.request.Request(f"http://{ADDRESS}:{port}{path}", headers=headers)
        try:
            with DIRECT.open(request, timeout=10) as response:
                assert path != "/metrics" or response.headers.get_content_type() in SCRAPED_TYPES
                return str(response.read().decode())
        except urllib.error.HTTPError as error:
            return str(error.code)


@pytest.fixture
def server(container: Path) -> Iterator[Server]:
    with Server(container, **SECRETS).up() as server:
        yield server
