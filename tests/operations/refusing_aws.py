"""As much of STS and S3 as it takes to be refused by them."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Aws(BaseHTTPRequestHandler):
    """STS and S3 for somebody whose token has expired; for the key `denied`, one who may read nothing."""

    def _answer(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        denied = "denied" in self.headers.get("Authorization", "")
        sts = "/sts/" in self.headers.get("Authorization", "")
        if denied and sts:
            code, body = (
                200,
                (
                    "<GetCallerIdentityResponse><GetCallerIdentityResult><Account>123456789012</Account>"
                    "<Arn>arn:aws:sts::123456789012:assumed-role/realworld-staging-deploy/ana</Arn><UserId>a</UserId>"
                    "</GetCallerIdentityResult></GetCallerIdentityResponse>"
                ),
            )
        elif denied and self.command == "HEAD":
            code, body = 404, ""
        elif denied:
            message = "User ana is not authorized to perform s3:CreateBucket"
            code, body = 403, f"<Error><Code>AccessDenied</Code><Message>{message}</Message></Error>"
        else:
            error = "<Error><Code>ExpiredToken</Code><Message>The provided token has expired.</Message></Error>"
            code, body = 400, f"<ErrorResponse>{error}</ErrorResponse>" if sts else error
        self.send_response(code)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body.encode())

    do_GET = do_POST = do_PUT = do_HEAD = _answer

    def log_message(self, *_: object) -> None:
        """Silent."""


@contextmanager
def running() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Aws)
    threading.Thread(target=server.serve_forever).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
