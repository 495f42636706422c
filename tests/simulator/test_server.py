"""What stands between moto and the SDKs."""

import threading
import time
from collections.abc import Iterable
from typing import Any

from simulator.server import one_at_a_time


class Moto:
    """A backend that counts: the first request creates, the next finds what is there already."""

    def __init__(self, *statuses: str) -> None:
        self.statuses = list(statuses)
        self.calls = 0

    def __call__(self, _environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        start_response(self.statuses[self.calls], [("Content-Type", "text/plain")])
        self.calls += 1
        return [f"call {self.calls}".encode()]


def ask(application: Any, invocation: str | None, attempt: int = 1) -> tuple[str, bytes]:
    """The status and the body of the answer to a request as an SDK sends it."""
    environ = {}
    if invocation:
        environ = {
            "HTTP_AMZ_SDK_INVOCATION_ID": invocation,
            "HTTP_AMZ_SDK_REQUEST": f"attempt={attempt}; max=25",
        }
    seen: list[str] = []
    body = b"".join(application(environ, lambda status, _headers: seen.append(status)))
    return seen[0], body


def test_a_request_that_is_sent_once_more_gets_the_first_answer() -> None:
    moto = Moto("200 OK", "409 CONFLICT")
    application = one_at_a_time(moto)

    first = ask(application, "a")
    assert ask(application, "a", attempt=2) == first == ("200 OK", b"call 1")
    assert moto.calls == 1


def test_what_failed_inside_is_tried_again() -> None:
    application = one_at_a_time(Moto("500 INTERNAL SERVER ERROR", "200 OK"))

    assert ask(application, "a")[0] == "500 INTERNAL SERVER ERROR"
    assert ask(application, "a", attempt=2) == ("200 OK", b"call 2")


def test_other_requests_have_answers_of_their_own() -> None:
    application = one_at_a_time(Moto("200 OK", "201 CREATED", "202 ACCEPTED", "200 OK"))

    assert [ask(application, name)[0] for name in ("a", "b", None, None)] == [
        "200 OK",
        "201 CREATED",
        "202 ACCEPTED",
        "200 OK",
    ]


def test_two_requests_never_meet() -> None:
    inside, most = 0, 0

    def moto(_environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        nonlocal inside, most
        inside += 1
        most = max(most, inside)
        time.sleep(0.02)
        inside -= 1
        start_response("200 OK", [])
        return [b""]

    application = one_at_a_time(moto)
    threads = [threading.Thread(target=ask, args=(application, None)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == 1
