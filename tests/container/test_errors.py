"""A failure before a real Express, Prisma and PostgreSQL: what the client gets, and what the log gets."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.container.conftest import SECRETS, Answer, Server, migrated
from tests.operations.commands import postgres

pytestmark = [pytest.mark.slow, pytest.mark.skipif(bool(postgres.MISSING), reason=postgres.MISSING)]

LOGIN = "/api/users/login"
BAD = {
    "malformed JSON": ("POST", LOGIN, '{"user": '),
    "no body": ("POST", LOGIN, ""),
    "another object": ("POST", LOGIN, '{"article": {"title": "x"}}'),
    "no object": ("POST", LOGIN, '{"user": "x"}'),
    "a number for a text": ("POST", LOGIN, '{"user": {"email": 5, "password": "x"}}'),
    "an object for a text": ("POST", LOGIN, '{"user": {"email": {"contains": "a"}, "password": "x"}}'),
    "a NUL in a text": ("POST", LOGIN, '{"user": {"email": "a\\u0000", "password": "x"}}'),
    "a NUL in the path": ("GET", "/api/articles/%00", ""),
    "a path that is no UTF-8": ("GET", "/api/articles/%ff", ""),
    "less than nothing": ("GET", "/api/articles?offset=-1", ""),
    "more than a number holds": ("GET", "/api/articles?limit=99999999999999999999", ""),
    "a list for a text": ("GET", "/api/articles?tag=a&tag=b", ""),
    "what is there already": ("POST", "/api/users", '{"user": {"email": "a@b", "password": "x"}}'),
    "what is not there": ("POST", "/api/articles/nothing/favorite", ""),
}
STATUS = {"malformed JSON": 400, "a path that is no UTF-8": 400, "what is not there": 404}


@pytest.fixture(scope="module")
def api(service: Path, container: Path, database: str) -> Iterator[Server]:
    migrated(service, database)
    with Server(container, service / "server.cjs", **SECRETS | {"DATABASE_URL": database}).up() as server:
        yield server


@pytest.fixture
def away(service: Path, container: Path) -> Iterator[Server]:
    """Its database does not answer."""
    with Server(container, service / "server.cjs", **SECRETS).up() as server:
        yield server


def lines(server: Server) -> list[dict[str, object]]:
    """What it has logged until it was stopped."""
    server.process.terminate()
    return [json.loads(line) for line in server.process.communicate(timeout=10)[1].splitlines()]


def test_what_a_client_got_wrong_is_no_failure_of_the_server(api: Server) -> None:
    good = '{"user": {"email": "a@b", "password": "x"}}'
    assert api.ask("POST", "/api/users", good).status == 200
    answers = {name: api.ask(*asked) for name, asked in BAD.items()}
    assert {answer.headers["content-type"] for answer in answers.values()} == {"application/json; charset=utf-8"}

    assert {name: answer.status for name, answer in answers.items()} == {name: STATUS.get(name, 422) for name in BAD}
    for name, answer in answers.items():
        assert [*json.loads(answer.body)] == ["errors"], name
        assert "risma" not in answer.body, name
    assert "JSON" in answers["malformed JSON"].body
    assert 'http_response_status_code="5' not in api.metrics()
    # What is right goes through as before, and what the application itself refuses too.
    assert api.ask("POST", LOGIN, good) == Answer(200, '{"user":{"email":"a@b"}}')
    assert api.ask("POST", LOGIN, good.replace("x", "y")).status == 403
    assert api.ask("GET", "/nowhere").status == 404


def test_a_bug_stays_one_and_shows_no_secret(service: Path, container: Path, database: str) -> None:
    """It throws an error that has both secrets in its message, and the password once more."""
    secrets = {"JWT_SECRET": 'can"ary', "DATABASE_URL": database}
    with Server(container, service / "server.cjs", **secrets).up() as server:
        answer = server.ask("GET", "/api/bug?token=canary")
        [line] = lines(server)

    assert answer.status == 500
    assert "anary" not in answer.body
    assert "anary" not in json.dumps(line)
    assert "***" in str(line["error"])
    assert "server.cjs:" in str(line["error"]), "there is no stack"


def test_a_failure_is_logged_with_the_id_that_the_client_gets(away: Server) -> None:
    trace = "Self=1-67891234-12456789abcdef012345678;Root=1-67891233-abcdef012345678912345678"
    answers = [
        away.ask("GET", "/api/tags?tag=x", **{"X-Amzn-Trace-Id": trace}),
        away.ask("GET", "/api/tags", **{"X-Request-Id": "mine"}),
        away.ask("GET", "/api/tags", **{"X-Request-Id": 'two"words'}),
        away.ask("GET", "/"),
    ]
    logged = lines(away)

    assert [answer.status for answer in answers] == [500, 500, 500, 200]
    ids = [answer.headers["x-request-id"] for answer in answers]
    assert ids[:2] == ["1-67891233-abcdef012345678912345678", "mine"]
    assert len(ids[2]) == len(ids[3]) == 36
    assert json.loads(answers[0].body) == {"errors": {"body": [f"failed: request {ids[0]}"]}}
    assert "127.0.0.1" not in answers[0].body
    first = logged[0]
    assert [each["requestId"] for each in logged] == ids[:3]
    assert {
        "level": "error",
        "status": 500,
        "method": "GET",
        "path": "/api/tags",
        "route": "/api/tags",
    }.items() <= first.items()
    assert "127.0.0.1" in str(first["error"])
    assert isinstance(first["durationMs"], int)
