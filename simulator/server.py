"""moto with our extensions, served on loopback."""

import logging
import os
from typing import Any

HOST = "127.0.0.1"  # and not localhost: the names of buckets in front of it would not resolve
# How process.py knows its own server from whatever else may listen on the port by now.
HEALTH_PATH = "/realworld-simulator"


def application(*, extended: bool = True) -> Any:
    """The WSGI application. Plain moto, without our extensions, is what the tests compare with."""
    # Both are read when moto is imported.
    os.environ["MOTO_IAM_LOAD_MANAGED_POLICIES"] = "true"
    os.environ["MOTO_ACM_VALIDATION_WAIT"] = "1"
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

    if extended:
        from simulator import extensions

        extensions.apply()
    moto = DomainDispatcherApplication(create_backend_app)

    def answer(environ: dict[str, Any], start_response: Any) -> Any:
        if environ["PATH_INFO"] == HEALTH_PATH:
            start_response("200 OK", [("Content-Type", "text/plain")])
            return [str(os.getpid()).encode()]
        return moto(environ, start_response)

    return answer


def serve(port: int, *, extended: bool = True) -> None:
    """Serve until a signal comes. Raises OSError when the port is taken."""
    from werkzeug.serving import make_server

    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    make_server(HOST, port, application(extended=extended), threaded=True).serve_forever()
