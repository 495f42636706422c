"""The workflow's step Test on what the application is: its mock of the database is loaded later than what uses it.

gothinkster/node-express-realworld-example-app at 30b68e1, read and run on 25 November 2026: src/tests/prisma-mock.ts
calls jest.mock, and src/tests/services/auth.service.test.ts imports the service first, which so has the real client.
With nx test, 7 of 27 tests fail for want of a database. With a migrated one 4 do: they rely on the answers of the mock.
"""

import os
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.delivery.workflows import all_jobs, step

pytestmark = pytest.mark.slow

JEST = "29.7.0"  # as in the application's lock file; the date stands for the lock of what it needs
STEP = step("build-and-deploy.yml", "Test")["run"]
DATE = "2026-11-01"
FILES = {
    "package.json": '{"private": true}',
    "jest.config.js": "module.exports = { testMatch: ['<rootDir>/src/**/*(*.)@(spec|test).[jt]s?(x)'] };",
    "src/prisma/prisma-client.ts": """
exports.findUser = async () => { throw new Error('there is no database'); };
""",
    "src/app/routes/auth/auth.service.ts": """
const prisma = require('../../../prisma/prisma-client');
exports.login = async (email) => {
  const user = await prisma.findUser(email);
  if (!user) throw new Error('is invalid');
  return { token: user.id };
};
""",
    "src/tests/prisma-mock.ts": """
const prisma = require('../prisma/prisma-client');
jest.mock('../prisma/prisma-client', () => ({ findUser: jest.fn() }));
beforeEach(() => prisma.findUser.mockReset());
module.exports = prisma;
""",
    "src/tests/services/auth.service.test.ts": """
const { login } = require('../../app/routes/auth/auth.service');
const prismaMock = require('../prisma-mock');
test('a token', async () => {
  prismaMock.findUser.mockResolvedValue({ id: 123 });
  await expect(login('a@b')).resolves.toHaveProperty('token');
});
test('nobody', async () => {
  await expect(login('a@b')).rejects.toThrow('is invalid');
});
""",
}


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("packages")
    options = [f"--before={DATE}", "--ignore-scripts", "--no-audit", "--no-fund"]
    subprocess.run(["npm", "install", "--prefix", folder, *options, f"jest@{JEST}"], check=True)
    return folder / "node_modules"


@pytest.fixture
def application(packages: Path, tmp_path: Path) -> Path:
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (tmp_path / "node_modules").symlink_to(packages)
    return tmp_path


def run(application: Path, command: str) -> subprocess.CompletedProcess[str]:
    variables = {"PATH": os.environ["PATH"], "HOME": os.environ["HOME"], "CI": "true"}
    return subprocess.run(
        shlex.split(command), cwd=application, env=variables, capture_output=True, text=True, check=False
    )


def test_without_help_the_tests_ask_a_database(application: Path) -> None:
    result = run(application, "npx jest --ci")

    assert result.returncode == 1
    assert "Tests:       2 failed, 2 total" in result.stderr
    assert "there is no database" in result.stderr


def test_the_step_is_green_on_the_application_as_it_is(application: Path) -> None:
    result = run(application, STEP)

    assert result.returncode == 0, result.stderr
    assert "Tests:       2 passed, 2 total" in result.stderr


def test_the_step_fails_for_what_is_wrong(application: Path) -> None:
    service = application / "src/app/routes/auth/auth.service.ts"
    service.write_text(service.read_text().replace("if (!user)", "if (user)"))

    assert run(application, STEP).returncode == 1


def test_the_step_fails_where_there_are_no_tests(application: Path) -> None:
    shutil.rmtree(application / "src/tests/services")

    assert run(application, STEP).returncode == 1


@pytest.mark.skipif("REALWORLD_APP" not in os.environ, reason="REALWORLD_APP names no checkout of the application")
def test_every_step_before_the_images_runs_on_a_checkout(tmp_path: Path) -> None:
    """As the job build does, on a copy without what was installed or built there."""
    checkout = tmp_path / "application"
    left_out = shutil.ignore_patterns("node_modules", "dist", ".git")
    shutil.copytree(os.environ["REALWORLD_APP"], checkout, ignore=left_out)
    [build] = [job for job in all_jobs() if str(job) == "build-and-deploy.yml, job build"]
    steps = [each["run"] for each in build.steps if "run" in each and "docker" not in each["run"]]
    assert len(steps) == 4

    environment = {**os.environ, "CI": "true", "NX_DAEMON": "false"}
    for command in steps:
        result = subprocess.run(
            ["bash", "-e", "-c", command], cwd=checkout, env=environment, capture_output=True, text=True, check=False
        )
        if "binaries.prisma.sh" in result.stderr:
            pytest.skip("Prisma's engines of that line are in no registry, and cannot be downloaded here")
        assert result.returncode == 0, result.stdout + result.stderr
