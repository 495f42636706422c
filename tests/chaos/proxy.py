"""A proxy in front of the simulated AWS, which refuses what it is told to refuse."""

import http.client
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from operations.engine.state_bucket import STATE_SUFFIX
from simulator.server import HEALTH_PATH, HOST

STATE_WRITES, EVERYTHING = "state writes", "everything"
EXPIRED = (
    "<ErrorResponse><Error><Type>Sender</Type><Code>ExpiredToken</Code>"
    "<Message>The security token included in the request is expired</Message></Error></ErrorResponse>"
)


class Proxy(ThreadingHTTPServer):
    """Serves on a free loopback port from when it is entered. refuses: STATE_WRITES, EVERYTHING, or nothing."""

    daemon_threads = True

    def __init__(self, port: int) -> None:
        super().__init__((HOST, 0), _Handler)
        self.behind, self.refuses = port, ""
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def handle_error(self, *_: object) -> None:
        """Say nothing: clients are killed here, and so is what is behind."""


class _Handler(BaseHTTPRequestHandler):
    server: Proxy
    protocol_version = "HTTP/1.1"

    def _forward(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        refused = self.server.refuses
        state = self.command == "PUT" and self.path.split("?")[0].endswith(STATE_SUFFIX)
        if self.path != HEALTH_PATH and (refused == EVERYTHING or (refused == STATE_WRITES and state)):
            self._answer(
                403, [("Content-Type", "text/xml"), ("x-amzn-errortype", "ExpiredTokenException")], EXPIRED.encode()
            )
            return
        behind = http.client.HTTPConnection(HOST, self.server.behind, timeout=60)
        behind.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
        for name, value in self.headers.items():
            behind.putheader(name, value)
        behind.endheaders(body)
        answer = behind.getresponse()
        self._answer(answer.status, answer.getheaders(), answer.read())
        behind.close()

    do_DELETE = do_GET = do_HEAD = do_PATCH = do_POST = do_PUT = _forward

    def _answer(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        self.send_response_only(status)
        length = str(len(body))
        for name, value in headers:
            if name.lower() == "content-length" and self.command == "HEAD":
                length = value
            elif name.lower() not in ("content-length", "transfer-encoding", "connection"):
                self.send_header(name, value)
        self.send_header("Content-Length", length)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""
