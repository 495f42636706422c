"""A registry on this machine that knows one vulnerability, in the two forms in which scanners ask.

npm: docs.npmjs.com/cli/commands/npm-audit, "Bulk Advisory Endpoint". Python: google.github.io/osv.dev/post-v1-query.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

NPM, PYTHON = "GHSA-0000-0000-0npm", "PYSEC-0000-1"


@contextmanager
def registry(package: str) -> Iterator[str]:
    """Its URL. The vulnerability is one of every version of this package, and of no other."""

    class Registry(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = self.rfile.read(int(self.headers["Content-Length"]))
            of_npm = self.path.endswith("/advisories/bulk")
            if of_npm:
                said: object = {package: [_of_npm()]}
            else:
                said = {"vulns": [_of_python(package)]} if json.loads(asked)["package"]["name"] == package else {}
            body = json.dumps(said).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Registry)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def _of_npm() -> dict[str, object]:
    url = f"https://github.com/advisories/{NPM}"
    return {"id": 1, "url": url, "title": "planted", "severity": "high", "vulnerable_versions": ">=0"}


def _of_python(package: str) -> dict[str, object]:
    return {"id": PYTHON, "summary": "planted", "affected": [{"package": {"name": package, "ecosystem": "PyPI"}}]}
