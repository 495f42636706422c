"""The preloads of the image in front of a real Express server as the application is one."""

import os
import re
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT, free_port

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
                return str(response.read().decode())
        except urllib.error.HTTPError as error:
            return str(error.code)


@pytest.fixture
def server(container: Path) -> Iterator[Server]:
    server = Server(container, **SECRETS)
    assert server.process.stdout is not None
    assert server.process.stdout.readline() == "server up\n"
    with server.process:
        yield server
        server.process.kill()
