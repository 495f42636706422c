"""A migration that fails, and the recovery from it, for real: Prisma, a PostgreSQL, and the command of the runbook.

The engine is the one that is WebAssembly, which sends one statement after the other. That of the image sends a file at
once, so that PostgreSQL takes back all of it.
"""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.container.conftest import migrated, prisma
from tests.operations.commands import postgres

pytestmark = [pytest.mark.slow, pytest.mark.skipif(bool(postgres.MISSING), reason=postgres.MISSING)]
RUNBOOK = (ROOT / "docs" / "runbooks" / "migrations.md").read_text()


def sql(url: str, statement: str) -> str:
    command = ["psql", url.replace("no-verify", "require"), "--no-align", "--tuples-only", "--quiet", "-c", statement]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


@pytest.mark.parametrize("how", ["prisma", "runbook"])
def test_a_migration_that_failed_blocks_all_others_until_it_is_said_to_be_taken_back(
    service: Path, database: str, tmp_path: Path, how: str
) -> None:
    folder, name = tmp_path / "service", f"20260102000000_fails_{how}"
    shutil.copytree(service, folder, ignore=shutil.ignore_patterns("node_modules"))
    (folder / "node_modules").symlink_to(service / "node_modules")
    migration = folder / "prisma" / "migrations" / name / "migration.sql"
    migrated(folder, database)
    migrated(folder, database)  # a second time there is nothing to do
    migration.parent.mkdir()
    migration.write_text('CREATE TABLE "Half" (id int); ALTER TABLE "Nowhere" ADD COLUMN x int;')

    assert "Nowhere" in prisma(folder, database, "migrate", "deploy").stderr
    migration.write_text('CREATE TABLE "Half" (id int); DROP TABLE "Half";')
    blocked = prisma(folder, database, "migrate", "deploy")
    assert (blocked.returncode, "P3009" in blocked.stderr) == (1, True)

    find, resolve = (
        " ".join(each.split()).replace("<name>", name) for each in re.findall(r"`((?:SELECT|UPDATE) [^`]+;)`", RUNBOOK)
    )
    assert sql(database, find).startswith(f"{name}|")
    sql(database, 'DROP TABLE "Half"')  # what it left behind
    if how == "prisma":
        assert prisma(folder, database, "migrate", "resolve", "--rolled-back", name).returncode == 0
    else:
        sql(database, resolve)
    assert sql(database, find) == ""
    migrated(folder, database)
    rows = f"SELECT finished_at IS NULL, rolled_back_at IS NULL FROM _prisma_migrations WHERE migration_name = '{name}'"
    assert sorted(sql(database, rows).splitlines()) == ["f|t", "t|f"]  # by both ways the same
    sql(database, f"DELETE FROM _prisma_migrations WHERE migration_name = '{name}'")
