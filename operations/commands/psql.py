"""make psql: psql on the database of an environment, through a host inside the VPC, without any other way to it."""

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from http.client import HTTPException
from pathlib import Path
from typing import Any, NoReturn

from botocore.exceptions import ClientError

from operations import OperationError
from operations.commands import doctor
from operations.commands.hosts import open_host, outputs_of, session
from operations.context import Context

CLIENT = "Install its client: postgresql-client, or libpq of Homebrew."
HOST = "monitoring"  # it may reach the database, is there without a cluster, and runs no jobs of others as runner does
LOOPBACK = "127.0.0.1"
# What the plugin prints once it listens. Source: session-manager-plugin, portsession/muxportforwarding.go.
OPENED = re.compile(r"Port (\d+) opened for sessionId")
OPENING_SECONDS, CLOSING_SECONDS = 60, 10
AUTHORITIES = "https://truststore.pki.rds.amazonaws.com"  # of RDS, by region; they are in no store of a system


def psql(environment: str) -> int:
    """The exit code of psql. The password of the database is in its environment, and nowhere else.

    Raises OperationError where a way to the database cannot be opened.
    """
    client = doctor.on_path("PostgreSQL", "psql", CLIENT)
    context, host = open_host(environment, HOST, command="make psql", programs=[client])
    database = outputs_of(context, "database")
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, leave)
    print(f"psql on {database['database_identifier']}, through the {HOST} host", file=sys.stderr)
    with reachable(context, host["monitoring_instance_id"], database) as variables:
        signal.signal(signal.SIGINT, lambda *_: None)  # Ctrl-C is for psql, where it ends a query
        return subprocess.run(["psql"], env=variables, check=False).returncode


@contextlib.contextmanager
def reachable(context: Context, instance: str, database: dict[str, Any]) -> Iterator[dict[str, str]]:
    """The variables with which psql is on the database that these outputs describe, while entered."""
    variables = {name: value for name, value in context.environment.items() if not name.startswith("PG")}
    variables |= {
        "PGHOST": database["database_address"],  # that of the certificate
        "PGHOSTADDR": LOOPBACK,
        "PGDATABASE": database["database_name"],
        **_login(context, database["database_secret_arn"]),
    }
    command = session(
        context,
        instance,
        "AWS-StartPortForwardingSessionToRemoteHost",
        host=database["database_address"],
        portNumber=database["database_port"],
    )
    with tempfile.TemporaryDirectory() as folder, _forwarded(command, context) as port:
        yield variables | {"PGPORT": port, **_verification(context.settings.region, Path(folder))}


def _login(context: Context, secret_arn: str) -> dict[str, str]:
    try:
        secret = context.client("secretsmanager").get_secret_value(SecretId=secret_arn)["SecretString"]
    except ClientError as error:
        raise OperationError(f"the password of the database cannot be read: {error}") from None
    login = json.loads(secret)
    return {"PGUSER": login["username"], "PGPASSWORD": login["password"]}


def _verification(region: str, folder: Path) -> dict[str, str]:
    """The certificate is verified where the authorities of RDS can be had, and TLS is used in any case."""
    url, path = f"{AUTHORITIES}/{region}/{region}-bundle.pem", folder / "authorities.pem"
    try:
        with urllib.request.urlopen(url, timeout=10) as response:
            path.write_bytes(response.read())
    except (OSError, HTTPException) as error:
        print(f"The certificate of the database is not verified: {url} cannot be had ({error})", file=sys.stderr)
        return {"PGSSLMODE": "require"}
    return {"PGSSLMODE": "verify-full", "PGSSLROOTCERT": str(path)}


@contextlib.contextmanager
def _forwarded(command: list[str], context: Context) -> Iterator[str]:
    """The port of this machine that leads to the database while entered: the plugin takes one that is free."""
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(
            command,
            env=context.environment,
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C in psql does not reach it
        )
        try:
            yield _opened(process, said.fileno())
        finally:
            _end(process)


def _opened(process: subprocess.Popen[bytes], said: int) -> str:
    until = time.monotonic() + OPENING_SECONDS
    while True:
        ended = process.poll() is not None or time.monotonic() > until
        text = os.pread(said, 1 << 16, 0).decode(errors="replace").strip()
        if found := OPENED.search(text):
            return found[1]
        if ended:
            raise OperationError(f"Session Manager opens no way to the database: {text or 'it says nothing'}")
        time.sleep(0.1)


def _end(process: subprocess.Popen[bytes]) -> None:
    """aws starts the plugin, which ends the session when it gets Ctrl-C's signal; aws itself ignores that meanwhile."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(CLOSING_SECONDS)
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def leave(number: int, _frame: object) -> NoReturn:
    sys.exit(128 + number)
