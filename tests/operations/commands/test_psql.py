"""make psql, with the real psql and a real PostgreSQL. Session Manager is a stand-in that forwards a port."""

import json
import os
import re
import shutil
import signal
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import botocore.session
import pytest
from botocore.validate import ParamValidator

from modules.database.postgres import DATABASE, PORT, USER
from operations.context import Context
from tests.conftest import ROOT
from tests.operations.commands.postgres import MISSING, NAME, PASSWORD, Server, running
from tests.operations.commands.session_manager import Terminal, alive, ask, session_manager
from tests.operations.conftest import Staging
from tests.operations.test_main import refused

pytestmark = [pytest.mark.slow, pytest.mark.skipif(bool(MISSING), reason=MISSING)]


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with running() as found:
        yield found


@pytest.fixture
def authorities(server: Server) -> Iterator[str]:
    """Where the certificates of the authority of this region are."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = self.path == "/us-east-1/us-east-1-bundle.pem"
            self.send_response(200 if found else 404)
            self.end_headers()
            self.wfile.write(server.authority if found else b"")

        def log_message(self, *_: object) -> None:
            """Silent."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        Thread(target=http.serve_forever).start()
        yield f"http://127.0.0.1:{http.server_address[1]}"
        http.shutdown()


def database(staging: Staging, context: Context, address: str) -> None:
    """Write the states of the stacks that say where the database and its login are."""
    secrets, login = context.client("secretsmanager"), json.dumps({"username": USER, "password": PASSWORD})
    there = {each["Name"]: each["ARN"] for each in secrets.list_secrets()["SecretList"]}
    arn = there.get("database") or secrets.create_secret(Name="database", SecretString=login)["ARN"]
    staging.deploy("monitoring", monitoring_instance_id="i-0123")
    staging.deploy(
        "database",
        database_identifier="realworld-staging",
        database_address=address,
        database_port=str(PORT),
        database_name=DATABASE,
        database_secret_arn=arn,
    )


@pytest.fixture
def deployed(staging: Staging, context: Context, server: Server) -> Staging:
    session_manager(staging, server.port)
    for name in ("psql", "sh", "env"):
        found = shutil.which(name)
        assert found
        (staging.bin / name).symlink_to(found)
    database(staging, context, NAME)
    return staging


def test_a_query_is_answered_over_verified_tls_and_the_session_ends(deployed: Staging, authorities: str) -> None:
    query = (
        "\\pset tuples_only\n\\pset format unaligned\nselect current_user, current_database(), ssl from pg_stat_ssl "
    )
    result, said = ask(deployed, f"{query} where pid = pg_backend_pid();\n\\conninfo\n", authorities, PGSERVICE="x")

    assert result.code == 0, said
    assert f"{USER}|{DATABASE}|t" in result.output
    assert f'"{NAME}" (address "127.0.0.1")' in result.output, "what it compares the certificate with"
    assert said.endswith("psql on realworld-staging, through the monitoring host\n")
    assert (deployed.bin / "session-manager-plugin.ended").read_text() == "in order"
    assert not alive(deployed)


QUERY = r"(?<=`)select [^`]+(?=`)|(?<=')select [^`']+(?=')"


def test_the_queries_of_the_runbooks_are_answered(deployed: Staging, authorities: str) -> None:
    pages = (ROOT / "docs" / "runbooks").glob("*.md")
    queries = [query for page in pages for query in re.findall(QUERY, page.read_text())]
    assert len(queries) > 3

    result, said = ask(deployed, "\\set ON_ERROR_STOP 1\n" + "".join(f"{query};\n" for query in queries), authorities)

    assert result.code == 0, said


def test_session_manager_gets_what_its_document_takes(deployed: Staging, authorities: str) -> None:
    assert ask(deployed, "", authorities)[0].code == 0

    arguments = deployed.arguments("aws")
    options = dict(zip(arguments[2::2], arguments[3::2], strict=True))
    parameters = dict(pair.split("=") for pair in options["--parameters"].split(","))
    # Those of AWS-StartPortForwardingSessionToRemoteHost; without localPortNumber the plugin takes a free one.
    assert parameters == {"host": NAME, "portNumber": str(PORT)}
    request = {
        "Target": options["--target"],
        "DocumentName": options["--document-name"],
        "Parameters": {name: [value] for name, value in parameters.items()},
    }
    shape = botocore.session.get_session().get_service_model("ssm").operation_model("StartSession").input_shape
    assert not ParamValidator().validate(request, shape).has_errors()
    assert arguments[:2] == ["ssm", "start-session"]
    assert options["--region"] == "us-east-1"


def test_the_password_is_on_no_command_line_and_in_no_file(deployed: Staging, authorities: str, tmp_path: Path) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    look = "\\! cat /proc/*/cmdline | tr '\\\\0' ' '\n\\! cat $TMPDIR/*/*\n"
    result, said = ask(deployed, look, authorities, TMPDIR=str(temporary))

    assert result.code == 0
    assert "start-session" in result.output, "command lines"
    assert "BEGIN CERTIFICATE" in result.output, "files"
    assert PASSWORD not in result.output + said
    assert [path for path in deployed.bin.iterdir() if PASSWORD in path.read_text(errors="replace")] == []
    assert list(temporary.iterdir()) == []


def test_who_answers_on_the_way_is_refused(deployed: Staging, authorities: str, server: Server) -> None:
    with running() as other:
        plugin = deployed.bin / "session-manager-plugin"
        plugin.write_text(plugin.read_text().replace(str(server.port), str(other.port)))
        result, said = ask(deployed, "select 1;", authorities)

    assert result.code == 2
    assert "certificate verify failed" in said
    assert not alive(deployed)


def test_a_database_of_another_name_is_refused(deployed: Staging, context: Context, authorities: str) -> None:
    database(deployed, context, "realworld-production.cxyz.us-east-1.rds.amazonaws.com")

    result, said = ask(deployed, "select 1;", authorities)

    assert result.code == 2
    # Its certificate may have other names besides.
    assert re.search(rf'server certificate for "{NAME}"( \(.*\))? does not match host name', said)


def test_without_the_authorities_it_is_said_that_nothing_is_verified(deployed: Staging) -> None:
    result, said = ask(deployed, "select 41 + 1;", "http://127.0.0.1:1")

    assert result.code == 0
    assert "42" in result.output
    assert "is not verified: http://127.0.0.1:1/us-east-1/us-east-1-bundle.pem cannot be had (" in said


@pytest.fixture
def terminal(deployed: Staging, authorities: str) -> Iterator[Terminal]:
    """psql while a query runs."""
    found = Terminal(deployed, authorities)
    found.shows(f"{DATABASE}=")
    found.types("select 'the query ' || 'runs' from pg_sleep(0);\nselect pg_sleep(120);\n")
    try:
        assert found.shows("the query runs")
        yield found
    finally:
        os.close(found.hand)
        found.process.wait()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_an_end_from_outside_ends_the_session(deployed: Staging, terminal: Terminal, number: int) -> None:
    terminal.process.send_signal(number)

    assert terminal.process.wait() == 128 + number
    assert (deployed.bin / "session-manager-plugin.ended").read_text() == "in order"


def test_ctrl_c_ends_the_query_and_nothing_else(deployed: Staging, terminal: Terminal) -> None:
    time.sleep(1)  # the prompt comes before the query is sent
    terminal.types("\x03")
    assert terminal.shows("canceling statement due to user request")
    terminal.types("select 'it ' || 'goes on';\n")
    assert terminal.shows("it goes on")
    assert alive(deployed)

    terminal.types("\\q\n")
    assert terminal.process.wait() == 0
    assert not alive(deployed)


def test_a_session_that_is_refused_shows_why(staging: Staging, deployed: Staging, authorities: str) -> None:
    staging.stand_in("aws", exits=254, says="TargetNotConnected: i-0123 is not connected")

    result, said = ask(deployed, "", authorities)

    assert result.code == 1
    assert said.splitlines()[-1] == (
        "Session Manager opens no way to the database: TargetNotConnected: i-0123 is not connected"
    )


def test_all_that_is_missing_is_named_at_once(staging: Staging) -> None:
    (staging.bin / "session-manager-plugin").unlink()

    message = refused(staging.project, staging.make("psql"))

    assert "  Session Manager: session-manager-plugin is not on PATH. " in message
    assert "  PostgreSQL: psql is not on PATH. Install its client" in message


def test_a_simulated_database_answers_nobody(staging: Staging) -> None:
    assert refused(staging.project, staging.make("psql", ENVIRONMENT="local")).endswith(
        "make psql has nothing to offer for local, whose AWS is simulated: name an environment of AWS, such as "
        "make psql ENVIRONMENT=staging\n"
    )


def test_there_has_to_be_a_database(deployed: Staging) -> None:
    deployed.forget("database")

    message = refused(deployed.project, deployed.make("psql", PATH=f"{deployed.bin}:/usr/bin:/bin"))
    assert message.endswith("database of staging is not deployed: make deploy ENVIRONMENT=staging\n")
