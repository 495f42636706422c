"""A new password of the database while pods hold connections, and who is believed to be the database.

Real are PostgreSQL, Express, Prisma with its adapter for PostgreSQL, the Secret of the chart, and the program that runs
before the application. Not here: the engine of Prisma that the application has, which no package holds.
"""

import os
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from modules.database.postgres import DATABASE, USER
from tests.charts import Objects, render, secret_of, values_of
from tests.conftest import Platform
from tests.container.conftest import SECRETS, Server, migrated
from tests.operations.commands import postgres

pytestmark = [pytest.mark.slow, pytest.mark.skipif(bool(postgres.MISSING), reason=postgres.MISSING)]
NOT_LET_IN = "password authentication failed"


@dataclass(frozen=True)
class Rds:
    """As RDS is for us: the owner of the database is no superuser, but may make users."""

    port: int
    authority: Path

    def sql(self, statement: str) -> str:
        """By who administers the server."""
        command = ["psql", "-h", "127.0.0.1", "-p", self.port, "-U", USER, "-d", DATABASE]
        command += ["--no-align", "--tuples-only", "--quiet", "-c", statement]
        environment = {"PATH": os.environ["PATH"], "PGPASSWORD": postgres.PASSWORD}
        result = subprocess.run([*map(str, command)], env=environment, capture_output=True, text=True, check=True)
        return result.stdout.strip()

    def rotate(self, password: str) -> None:
        self.sql(f"ALTER ROLE owner PASSWORD '{password}'")

    def url(self, url: str, host: str = "localhost") -> str:
        return url.replace("realworld.abcdef.us-east-1.rds.amazonaws.com:5432", f"{host}:{self.port}")


@pytest.fixture
def rds(tmp_path: Path) -> Iterator[Rds]:
    with postgres.running() as server:
        (tmp_path / "authority.pem").write_bytes(server.authority)
        rds = Rds(server.port, tmp_path / "authority.pem")
        rds.sql("CREATE ROLE owner LOGIN CREATEROLE PASSWORD 'first'")
        rds.sql("ALTER DATABASE realworld OWNER TO owner")
        yield rds


@pytest.fixture(scope="module")
def namespace(platform: Platform) -> Objects:
    return render(
        Path("charts") / "application-namespace", "x", values_of(platform, "production", "application-namespace")
    )


class Pods:
    """What the chart starts, with the Secret that the pods find."""

    def __init__(self, namespace: Objects, folder: Path, container: Path, service: Path, rds: Rds) -> None:
        self.namespace, self.folder, self.container, self.service, self.rds = namespace, folder, container, service, rds

    def secret(self, password: str) -> dict[str, str]:
        urls = secret_of(self.namespace, self.folder / password, password)
        # Idle connections are closed soon, so that each burst needs new ones.
        return {
            name: self.rds.url(url).replace("//realworld:", "//owner:") + "&max_idle_connection_lifetime=1"
            for name, url in urls.items()
            if name.endswith("_URL")
        }

    def trusting(self, authority: Path | None = None) -> dict[str, str]:
        return {"NODE_EXTRA_CA_CERTS": str(authority or self.rds.authority)}

    def login(self, secret: dict[str, str], authority: Path | None = None) -> str:
        """What the program says that runs before the application."""
        urls = {"OWNER_URL": secret["OWNER_URL"], "DATABASE_URL": secret["APPLICATION_URL"]}
        result = subprocess.run(
            ["node", str(self.container / "login.mjs")],
            env={"PATH": os.environ["PATH"], **self.trusting(authority), **urls},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert (result.returncode == 0) == (result.stderr == "")
        return result.stderr

    def application(self, url: str) -> Server:
        variables = SECRETS | {"DATABASE_URL": url} | self.trusting()
        return Server(self.container, self.service / "server.cjs", **variables)


@pytest.fixture
def pods(namespace: Objects, tmp_path: Path, container: Path, service: Path, rds: Rds) -> Pods:
    return Pods(namespace, tmp_path, container, service, rds)


def failures(*servers: Server) -> int:
    """Of two bursts on each, with connections that are new every time. Some requests write."""
    asked = [("GET", "/api/slow", "")] * 5 + [("GET", "/api/tags", "")] * 4 + [("POST", "/api/users", "new")]
    failed, emails = 0, iter(range(10**6))
    for _ in range(2):
        with ThreadPoolExecutor(len(asked) * len(servers)) as pool:
            answers = [
                pool.submit(
                    server.ask,
                    method,
                    path,
                    body
                    and f'{{"user": {{"email": "{server.port}-{time.time_ns()}-{next(emails)}", "password": "x"}}}}',
                )
                for server in servers
                for method, path, body in asked
            ]
        failed += sum(each.result().status != 200 for each in answers)
        time.sleep(1.5)
    return failed


def test_no_request_fails_because_the_password_is_a_new_one(pods: Pods, rds: Rds) -> None:
    first, second = pods.secret("first"), pods.secret("second")
    migrated(pods.service, first["DATABASE_URL"].replace("sslmode=require", "sslmode=no-verify"))
    assert pods.login(first) == ""

    owner, running = pods.application(first["DATABASE_URL"]), pods.application(first["APPLICATION_URL"])
    with owner.up(), running.up():
        assert failures(owner, running) == 0
        rds.rotate("second")
        # The pods know nothing of it. As the owner itself, as they were before, they would fail.
        assert failures(owner) > 10
        assert failures(running) == 0
        # Nor does a pod that starts now.
        assert pods.login(first) == ""
        with pods.application(first["APPLICATION_URL"]).up() as early:
            assert failures(early) == 0

        # The Secret has it, and pods start beside those that run.
        with ThreadPoolExecutor() as pool:
            assert {*pool.map(pods.login, [second] * 4)} == {""}
        with pods.application(second["APPLICATION_URL"]).up() as replaced:
            assert failures(running, replaced) == 0


def test_passwords_end_with_the_one_after_the_next(pods: Pods, rds: Rds) -> None:
    secrets = {name: pods.secret(name) for name in ("first", "second", "third")}
    for name, secret in secrets.items():
        rds.rotate(name)
        assert pods.login(secret) == ""

    assert pods.login(secrets["second"]) == ""
    assert NOT_LET_IN in pods.login(secrets["first"])
    assert rds.sql("SELECT count(*) FROM pg_roles WHERE rolname LIKE 'application\\_%'") == "2"


def test_the_pods_read_and_write_rows_and_nothing_else(pods: Pods, rds: Rds) -> None:
    """Of tables from before and of those that a migration makes later; and no log has a password."""
    rds.sql("ALTER SYSTEM SET log_statement = 'all'")
    rds.sql("SELECT pg_reload_conf()")
    secret = pods.secret("first")
    assert pods.login(secret) == ""
    migrated(pods.service, secret["DATABASE_URL"].replace("sslmode=require", "sslmode=no-verify"))
    user, password = secret["APPLICATION_URL"].split("//")[1].split("@")[0].split(":")
    rights = "has_table_privilege('{}', '\"Article\"', '{}')"
    asked = ["SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER"]

    held = rds.sql("SELECT " + " || ' ' || ".join(rights.format(user, right) for right in asked)).split()
    assert held == ["true"] * 4 + ["false"] * 3
    assert rds.sql(f"SELECT has_schema_privilege('{user}', 'public', 'CREATE')") == "f"
    assert rds.sql(f"SELECT pg_has_role('{user}', 'owner', 'MEMBER')") == "f"
    log = (Path(rds.sql("SHOW data_directory")).parent / "log").read_text()
    assert f'CREATE ROLE "{user}" LOGIN PASSWORD \'SCRAM-SHA-256$' in log
    assert password not in log


def test_only_the_database_itself_is_believed(pods: Pods) -> None:
    """Another authority, and another name than the one in the certificate. Both programs of the pod look."""
    secret = pods.secret("first")
    with postgres.running() as other:
        (stranger := pods.folder / "stranger.pem").write_bytes(other.authority)
    assert pods.login(secret) == ""
    migrated(pods.service, secret["DATABASE_URL"].replace("sslmode=require", "sslmode=no-verify"))

    assert "certificate" in pods.login(secret, stranger)
    assert "altnames" in pods.login({name: url.replace("localhost", "127.0.0.1") for name, url in secret.items()})
    url = secret["APPLICATION_URL"]
    for asked, status in ((url, 200), (url.replace("localhost", "127.0.0.1"), 500)):
        with pods.application(asked).up() as server:
            assert server.ask("GET", "/api/tags").status == status
