"""make psql: psql on the database of an environment, through a host inside the VPC, without any other way to it."""

import contextlib
import json
import signal
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from http.client import HTTPException
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from operations import OperationError
from operations.commands import doctor
from operations.commands.hosts import LOOPBACK, forwarded, open_host, outputs_of, session
from operations.context import Context

CLIENT = "Install its client: postgresql-client, or libpq of Homebrew."
HOST = "monitoring"  # it may reach the database, is there without a cluster, and runs no jobs of others as runner does
AUTHORITIES = "https://truststore.pki.rds.amazonaws.com"  # of RDS, by region; they are in no store of a system


def psql(environment: str) -> int:
    """The exit code of psql. The password of the database is in its environment, and nowhere else.

    Raises OperationError where a way to the database cannot be opened.
    """
    client = doctor.on_path("PostgreSQL", "psql", CLIENT)
    context, host = open_host(environment, HOST, command="make psql", programs=[client])
    database = outputs_of(context, "database")
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
    with tempfile.TemporaryDirectory() as folder, forwarded(command, context, "the database") as port:
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
