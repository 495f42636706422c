"""What the migrations of a pull request take away or lock is named by the real linter, and waits for a label."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.delivery.conftest import APPLICATION, Machine
from tests.delivery.workflows import FOLDERS, step

pytestmark = pytest.mark.slow
FOLDER = "src/prisma/migrations"
# As Prisma writes them: migrate diff, of 6.19.0.
HARMLESS = """
-- AlterEnum
ALTER TYPE "Role" ADD VALUE 'ADMIN';

-- AlterTable
ALTER TABLE "User" ADD COLUMN     "admin" BOOLEAN NOT NULL DEFAULT false,
ADD COLUMN     "nick" TEXT,
ADD COLUMN     "seen" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP;

-- CreateTable
CREATE TABLE "Post" (
    "id" SERIAL NOT NULL,
    "key" VARCHAR(40) NOT NULL,
    "authorId" INTEGER NOT NULL,

    CONSTRAINT "Post_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "_GroupToUser" (
    "A" INTEGER NOT NULL,
    "B" INTEGER NOT NULL,

    CONSTRAINT "_GroupToUser_AB_pkey" PRIMARY KEY ("A","B")
);

-- CreateIndex
CREATE UNIQUE INDEX "Post_key_key" ON "Post"("key");

-- CreateIndex
CREATE INDEX "_GroupToUser_B_index" ON "_GroupToUser"("B");

-- AddForeignKey
ALTER TABLE "Post" ADD CONSTRAINT "Post_authorId_fkey" FOREIGN KEY ("authorId") REFERENCES "User"("id")
ON DELETE CASCADE ON UPDATE CASCADE;

-- RenameIndex
ALTER INDEX "before" RENAME TO "after";

-- RenameForeignKey
ALTER TABLE "User" RENAME CONSTRAINT "before" TO "after";
"""


@pytest.fixture(scope="module")
def linter(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The linter as the workflow installs it."""
    folder = tmp_path_factory.mktemp("linter")
    command = step("migrations.yml", "Install the linter")["run"]
    environment = {**os.environ, "RUNNER_TEMP": str(folder)}
    subprocess.run(["bash", "-e", "-c", command], cwd=ROOT / "realworld-example-app", env=environment, check=True)
    return folder / "squawk"


@pytest.fixture
def checkout(machine: Machine, linter: Path) -> Path:
    """What GitHub checks out has a release's migration, and below, as a merge, what a pull request brings."""
    folder = machine.folder / "checkout"
    shutil.copytree(FOLDERS["application"], folder / ".github")
    (machine.folder / "squawk").symlink_to(linter)
    git(folder, "init", "--quiet", "--initial-branch", "main")
    commit(folder, **{"2025": 'DROP TABLE "Old";'})
    git(folder, "checkout", "--quiet", "-b", "pull")
    return folder


def git(folder: Path, *arguments: str) -> None:
    who = ["-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *who, *arguments], cwd=folder, check=True)


def commit(folder: Path, **migrations: str) -> None:
    for name, sql in migrations.items():
        path = folder / FOLDER / name / "migration.sql"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(sql)
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "--allow-empty", "--message", "x")


def gate(machine: Machine, *, reviewed: bool = False, **migrations: str) -> subprocess.CompletedProcess[str]:
    folder = machine.folder / "checkout"
    commit(folder, **migrations)
    git(folder, "checkout", "--quiet", "main")
    commit(folder, later='DROP TABLE "OfSomebodyElse";')
    git(folder, "merge", "--quiet", "--no-ff", "--message", "x", "pull")
    return machine.run(APPLICATION / "migrations.sh", REVIEWED=str(reviewed).lower())


@pytest.mark.usefixtures("checkout")
@pytest.mark.parametrize(
    ("sql", "line", "rule"),
    [
        ('-- AlterTable\nALTER TABLE "User" DROP COLUMN "bio";', 2, "ban-drop-column"),
        ('/*\n  Warnings:\n*/\n-- DropTable\nDROP TABLE "User";', 5, "ban-drop-table"),
        ('ALTER TABLE "User" ADD COLUMN "n" TEXT NOT NULL;', 1, "adding-required-field"),
        ('ALTER TABLE "User" ALTER COLUMN "n" SET NOT NULL;', 1, "adding-not-nullable-field"),
        ('ALTER TABLE "User" ALTER COLUMN "n" SET DATA TYPE VARCHAR(20);', 1, "changing-column-type"),
        ('ALTER TABLE "User" RENAME COLUMN "n" TO "m";', 1, "renaming-column"),
        ('ALTER TYPE "Role" RENAME TO "Role_old";', 1, "renaming-object"),
        ('CREATE INDEX "i" ON "User"("n");', 1, "require-concurrent-index-creation"),
        ('ALTER TABLE "User" ADD CONSTRAINT "f" FOREIGN KEY ("n") REFERENCES "Role"("n");', 1, "adding-foreign-key"),
        ('SELECT 1;\nDELETE FROM "User";', 2, "by hand"),
        ("DO\n$$ BEGIN DROP TABLE x; END $$;", 1, "by hand"),
        ('-- squawk-ignore ban-drop-table\nDROP TABLE "User";', 1, "by hand"),
        ("ALTER TABEL x;", 1, "syntax-error"),
    ],
)
def test_what_is_taken_away_or_locked_is_named_and_refused(machine: Machine, sql: str, line: int, rule: str) -> None:
    result = gate(machine, new=sql)

    assert result.returncode == 1, result.stdout
    assert f"::error file={FOLDER}/new/migration.sql,line={line},title={rule}" in result.stdout
    assert f"| `{FOLDER}/new/migration.sql:{line}` | {rule}" in machine.text("summary")
    assert "set the label migration-reviewed" in result.stdout
    assert "/2025/" not in result.stdout + machine.text("summary"), "it was released long ago"
    assert "/later/" not in result.stdout, "it is of another pull request"


@pytest.mark.usefixtures("checkout")
def test_with_the_label_it_goes_on_and_says_what_it_found(machine: Machine) -> None:
    result = gate(machine, reviewed=True, new='ALTER TABLE "User" DROP COLUMN "bio";')

    assert result.returncode == 0
    assert f"::warning file={FOLDER}/new/migration.sql,line=1,title=ban-drop-column" in result.stdout
    assert "ban-drop-column" in machine.text("summary")
    assert "::error" not in result.stdout


@pytest.mark.usefixtures("checkout")
def test_what_expands_passes(machine: Machine) -> None:
    result = gate(machine, new=HARMLESS, index='CREATE INDEX CONCURRENTLY "i" ON "User"("nick");')

    assert result.returncode == 0, result.stdout
    assert f"{FOLDER}/new/migration.sql" in result.stdout, "it has been read"
    assert machine.text("summary") == ""


@pytest.mark.usefixtures("checkout")
def test_without_a_migration_there_is_nothing_to_look_at(machine: Machine) -> None:
    assert gate(machine).stdout == "No new migrations\n"


def test_a_linter_that_fails_lets_nothing_through(machine: Machine, checkout: Path) -> None:
    (checkout / ".github" / "squawk.toml").write_text("excluded_rules = [")
    result = gate(machine, reviewed=True, new='ALTER TABLE "User" ADD COLUMN "nick" TEXT;')

    assert result.returncode != 0
    assert "Configuration error" in result.stderr


def test_a_push_asks_again_and_a_label_is_looked_at_once() -> None:
    review = step("migrations.yml", "Name what is taken away or locked")

    assert review["env"]["REVIEWED"].startswith("${{ github.event.action != 'synchronize' && contains(")
