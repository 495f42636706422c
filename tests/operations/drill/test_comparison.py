"""What is compared, in a real PostgreSQL that goes back in time as RDS does: from a base backup and the log."""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from modules.database.postgres import DATABASE, USER
from operations import OperationError
from operations.drill.comparison import Measure, Table, bounds, errors, measure
from tests.conftest import free_port
from tests.operations.commands.postgres import MISSING, NAME, PASSWORD, Server, run, running, sql

needs_postgres = pytest.mark.skipif(bool(MISSING), reason=MISSING)
MIGRATIONS = """
create table _prisma_migrations (migration_name text, finished_at timestamptz, rolled_back_at timestamptz);
insert into _prisma_migrations values
  ('1_initial', '2026-01-01Z', null), ('2_tags', '2026-02-02Z', null), ('3_taken_back', '2026-03-03Z', '2026-03-04Z');
create table "Article" (id int, "createdAt" timestamp default (now() at time zone 'UTC'));
create table "Later" ("from" timestamptz);
insert into "Later" values ('2999-01-01Z');
insert into "Article" select generate_series(1, 10);
"""


def ask(port: int, password: str = PASSWORD) -> Measure:
    login = {"PGUSER": USER, "PGPASSWORD": password, "PGDATABASE": DATABASE, "PGSSLMODE": "require"}
    return measure(
        {"PATH": os.environ["PATH"], "PGHOST": NAME, "PGHOSTADDR": "127.0.0.1", "PGPORT": str(port), **login}
    )


@contextmanager
def restored(server: Server, archive: Path, point: datetime) -> Iterator[int]:
    """The port of a server that went back to that point."""
    folder, port = archive / f"restored-{point.timestamp()}", free_port()
    shutil.copytree(archive / "base", folder)
    options = f"port = {port}\nrestore_command = 'cp {archive}/%f %p'\n"
    options += f"recovery_target_time = '{point.isoformat()}'\nrecovery_target_action = 'promote'\narchive_mode = off\n"
    with (folder / "postgresql.conf").open("a") as file:
        file.write(options)
    (folder / "recovery.signal").touch()
    if os.getuid() == 0:
        for path in (folder, *folder.rglob("*")):
            shutil.chown(path, "postgres", "postgres")
    folder.chmod(0o700)
    run("pg_ctl", "-D", folder, "-l", folder / "log", "-w", "start")
    try:
        while True:  # it answers before it has reached the point, and writes after it
            found = replace(server, port=port)
            try:
                sql(found, "create temporary table promoted ()")
            except subprocess.CalledProcessError:
                time.sleep(0.2)
            else:
                break
        yield port
    finally:
        run("pg_ctl", "-D", folder, "-m", "immediate", "stop")


@pytest.mark.slow
@needs_postgres
def test_a_database_of_before_a_table_was_dropped_is_right_and_one_of_after_it_is_not(tmp_path: Path) -> None:
    archive = Path("/tmp") / f"archive-{tmp_path.parent.name}-{os.getpid()}"  # which the other user may enter
    archive.mkdir()
    if os.getuid() == 0:
        shutil.chown(archive, "postgres", "postgres")
    try:
        with running(archive_mode="on", archive_command=f"cp %p {archive}/%f") as server:
            sql(server, MIGRATIONS)
            run("pg_basebackup", *server.where, "-D", archive / "base", "-c", "fast")
            before = ask(server.port)
            sql(server, 'insert into "Article" select generate_series(11, 13)')
            sql(server, 'delete from "Article" where id = 1')
            time.sleep(0.1)
            point = datetime.now(UTC)
            time.sleep(0.1)
            sql(server, 'insert into "Article" select generate_series(14, 20)')
            after = ask(server.port)
            sql(server, 'drop table "Article"')
            sql(server, "create table dropped ()")
            time.sleep(0.1)
            too_late = datetime.now(UTC)
            time.sleep(0.1)
            sql(server, "create table afterwards ()")
            sql(server, "select pg_switch_wal()")
            assert "public.Article" not in ask(server.port).tables
            while not [
                each for each in archive.iterdir() if each.is_file() and each.stat().st_mtime > too_late.timestamp()
            ]:
                time.sleep(0.1)

            with restored(server, archive, point) as port:
                found = ask(port)
            with restored(server, archive, too_late) as port:
                late = ask(port)
    finally:
        shutil.rmtree(archive)

    assert before.at < point.timestamp() < after.at
    assert [each.schema for each in (before, found, late)] == ["2_tags"] * 3
    assert [each.tables["public.Article"].rows for each in (before, found, after)] == [10, 12, 19]
    assert bounds(before.tables["public.Article"], after.tables["public.Article"]) == (9, 20)
    assert found.newest
    assert 0 < point.timestamp() - found.newest < 60, "what is to come counts as little as another zone does"
    assert errors(before, after, found) == []
    assert errors(before, after, late) == ["the table public.Article is missing"]


@pytest.mark.slow
@needs_postgres
def test_what_is_asked_changes_nothing_and_says_what_is_wrong() -> None:
    with running() as server:
        empty = ask(server.port)
        assert (empty.schema, empty.newest, empty.tables) == (None, None, {})
        with pytest.raises(OperationError, match="password authentication failed"):
            ask(server.port, "another")
    with pytest.raises(OperationError, match=f"{NAME} cannot be asked: psql: error: .* refused"):
        ask(server.port)


THEN = Measure(at=100, schema="a", newest=90, tables={"t": Table(10, 10, 0)})


def at(rows: int, inserted: int, deleted: int, **more: object) -> Measure:
    return replace(THEN, tables={"t": Table(rows, inserted, deleted)}, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("after", "restored", "expected"),
    [
        (THEN, THEN, []),
        (THEN, at(9, 0, 0), ["t has 9 rows, and should have 10"]),
        (THEN, at(11, 0, 0), ["t has 11 rows, and should have 10"]),
        (at(12, 14, 2), at(8, 0, 0), []),
        (at(12, 14, 2), at(14, 0, 0), []),
        (at(12, 14, 2), at(15, 0, 0), ["t has 15 rows, and should have 8 to 14"]),
        (at(12, 14, 2), at(7, 0, 0), ["t has 7 rows, and should have 8 to 14"]),
        (at(3, 3, 0), at(0, 0, 0), []),  # made anew: the counters are
        (replace(THEN, tables={}), replace(THEN, tables={}), []),  # dropped meanwhile
        (THEN, replace(THEN, tables={}), ["the table t is missing"]),
        (THEN, replace(THEN, newest=80), ["the newest row is older than in the original, by 10 seconds"]),
        (THEN, replace(THEN, newest=None), ["the newest row is older than in the original, by 90 seconds"]),
        (at(9, 10, 1), at(9, 0, 0, newest=80), []),  # which may be the one that is gone
        (THEN, replace(THEN, schema="b"), ["the newest migration is b, and that of the original a"]),
        (replace(THEN, schema="b"), replace(THEN, schema="b"), []),
    ],
)
def test_what_changed_meanwhile_is_no_error_and_anything_else_is(
    after: Measure, restored: Measure, expected: list[str]
) -> None:
    assert errors(THEN, after, restored) == expected
