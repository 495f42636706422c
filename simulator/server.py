"""moto with our extensions, served on loopback."""

import logging
import os
import threading
from collections.abc import Callable, Iterable
from typing import Any

HOST = "127.0.0.1"  # and not localhost: the names of buckets in front of it would not resolve
REMEMBERED = 100  # answers
# How process.py knows its own server from whatever else may listen on the port by now.
HEALTH_PATH = "/realworld-simulator"
GO = b"go"  # what process.py writes to it once it has recorded it


def application(*, extended: bool = True) -> Any:
    """The WSGI application. Plain moto, without our extensions, is what the tests compare with."""
    # All are read when moto is imported.
    os.environ["MOTO_IAM_LOAD_MANAGED_POLICIES"] = "true"
    os.environ["MOTO_ACM_VALIDATION_WAIT"] = "1"
    if extended:
        os.environ["MOTO_ENABLE_AMI_VALIDATION"] = "true"  # an unknown one is InvalidAMIID.NotFound
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

    if extended:
        from simulator import extensions

        extensions.apply()
    moto = DomainDispatcherApplication(create_backend_app)
    aws = one_at_a_time(_as_aws(moto) if extended else moto)

    def answer(environ: dict[str, Any], start_response: Any) -> Any:
        if environ["PATH_INFO"] == HEALTH_PATH:
            start_response("200 OK", [("Content-Type", "text/plain")])
            return [str(os.getpid()).encode()]
        return aws(environ, start_response)

    return answer


def _as_aws(moto: Any) -> Callable[..., Iterable[bytes]]:
    from simulator import lifecycle_manager
    from simulator.validation import validated

    dlm = lifecycle_manager.application()

    def answer(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        of_dlm = f"/{lifecycle_manager.SERVICE}/aws4_request" in environ.get("HTTP_AUTHORIZATION", "")
        return (dlm if of_dlm else moto)(environ, start_response)

    return validated(answer)


def one_at_a_time(moto: Callable[..., Iterable[bytes]]) -> Callable[..., Iterable[bytes]]:
    """moto, protected from what it does not expect: two requests at once, and a request that is sent once more.

    Its backends are plain dictionaries without locks. And where an answer is lost, the SDK sends the same request with
    the same id again: to create a role twice would fail, so the second answer is the first one.
    """
    lock = threading.Lock()
    answers: dict[str, tuple[str, Any, list[bytes]]] = {}

    def answer(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        invocation = environ.get("HTTP_AMZ_SDK_INVOCATION_ID", "")
        again = not environ.get("HTTP_AMZ_SDK_REQUEST", "attempt=1;").startswith("attempt=1;")
        with lock:
            if not (again and invocation in answers):
                started: list[Any] = []
                body = list(moto(environ, lambda *arguments: started.append(arguments[:2])))
                [(status, headers)] = started
                if status.startswith("5"):  # what failed in here is to be tried again
                    start_response(status, headers)
                    return body
                answers[invocation] = status, headers, body
                if len(answers) > REMEMBERED:
                    del answers[next(iter(answers))]
            status, headers, body = answers[invocation]
        start_response(status, headers)
        return body

    return answer


def serve(port: int, *, extended: bool = True) -> None:
    """Serve until a signal comes. Raises OSError when the port is taken."""
    from werkzeug.serving import make_server

    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    make_server(HOST, port, application(extended=extended), threaded=True).serve_forever()
