"""What the runner asks of GitHub: archives of releases, registrations, jobs. On 127.0.0.1, which a machine shares."""

import io
import json
import tarfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

RUNNER = Path(__file__).parent / "stand-ins" / "runner"


@dataclass
class Runner:
    """One registration, and what became of its job."""

    id: int
    asked: dict[str, Any]
    listed: bool = True
    job: str | None = None
    result: str | None = None
    output: str = ""


@dataclass
class GitHub:
    tokens: set[str] = field(default_factory=set)
    refused_versions: set[str] = field(default_factory=set)
    runners: list[Runner] = field(default_factory=list)
    jobs: list[str] = field(default_factory=list)
    archives: dict[str, bytes] = field(default_factory=dict)
    on_registration: Callable[[], None] = lambda: None
    url: str = ""

    def release(self, version: str) -> str:
        """Publish a release; the sum of its archive."""
        with io.BytesIO() as content:
            with tarfile.open(fileobj=content, mode="w:gz") as archive:
                archive.add(RUNNER, arcname=".")
                for name, text in {"github": self.url, "version": version}.items():
                    entry = tarfile.TarInfo(name)
                    entry.size, entry.mode = len(text), 0o644
                    archive.addfile(entry, io.BytesIO(text.encode()))
            packed = content.getvalue()
        for architecture in ("x64", "arm64"):
            self.archives[f"/v{version}/actions-runner-linux-{architecture}-{version}.tar.gz"] = packed
        return sha256(packed).hexdigest()

    def answer(self, path: str, asked: dict[str, Any]) -> dict[str, Any] | None:
        """Nothing where it refuses."""
        if path in ("/register", "/remove") and asked["token"] not in self.tokens:
            return None
        if path == "/register":
            self.on_registration()
            for other in self.runners:
                other.listed = other.listed and other.asked["name"] != asked["name"]
            self.runners.append(Runner(len(self.runners), asked))
            return {"id": len(self.runners) - 1}
        runner = self.runners[asked["id"]]
        if path == "/job":
            if asked["version"] in self.refused_versions:
                return {"deprecated": True}
            if not self.jobs:
                return {}
            runner.job = self.jobs.pop(0)
            return {"script": runner.job}
        runner.listed = False
        if path == "/finished":
            runner.result, runner.output = asked["result"], asked["output"]
        return {}


@contextmanager
def github() -> Iterator[GitHub]:
    state = GitHub()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._send(state.archives.get(urlsplit(self.path).path))

        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            answer = state.answer(self.path, asked)
            self._send(None if answer is None else json.dumps(answer).encode())

        def _send(self, content: bytes | None) -> None:
            self.send_response(404 if content is None else 200)
            self.send_header("Content-Length", str(len(content or b"")))
            self.end_headers()
            self.wfile.write(content or b"")

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    state.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
