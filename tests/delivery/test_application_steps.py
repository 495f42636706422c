"""The steps of the application's workflow, and what goes into its images, on a repository laid out as its own is.

tests/delivery/application has the tools of gothinkster/node-express-realworld-example-app at 30b68e1 in its versions,
and its mock of the database, which is loaded later than what uses the database: upstream 7 of 27 tests fail with nx
test. No package has the engines of that line of Prisma. The client is generated without them, because that only asks
where they are; what needs one is run in tests/container, with the next line, whose engines are WebAssembly.
"""

import json
import os
import shutil
import subprocess
from fnmatch import fnmatch
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.container.conftest import SECRETS, Server
from tests.container.test_dockerfile import STAGES
from tests.delivery.workflows import all_jobs

pytestmark = pytest.mark.slow

LAYOUT = Path(__file__).parent / "application"
OURS = ROOT / "realworld-example-app"
[BUILD] = [job for job in all_jobs() if str(job) == "build-and-deploy.yml, job build"]
STEPS = {each["name"]: each["run"] for each in BUILD.steps if "run" in each}
INSTALL = "Install dependencies"
ELSEWHERE = {  # what runs the others
    "Build the images": "an engine for containers; the stages are run below",
    "Build and push what is not there yet": "test_images_script.py",
    "Release, try it, and roll back if it does not answer": "test_release_recovery.py",
    "Install the linter": "test_migrations_script.py",
    "Name what is taken away or locked": "test_migrations_script.py",
}


def run(folder: Path, command: str) -> subprocess.CompletedProcess[str]:
    engines = ("QUERY_ENGINE_LIBRARY", "QUERY_ENGINE_BINARY", "MIGRATION_ENGINE_BINARY", "SCHEMA_ENGINE_BINARY")
    variables = {"PATH": os.environ["PATH"], "HOME": os.environ["HOME"], "CI": "true", "NX_DAEMON": "false"}
    quiet = {"CHECKPOINT_DISABLE": "1", "npm_config_ignore_scripts": "true", "npm_config_prefer_offline": "true"}
    return subprocess.run(
        ["bash", "-e", "-c", command],
        cwd=folder,
        env=variables | quiet | {f"PRISMA_{name}": "/bin/true" for name in engines},
        capture_output=True,
        text=True,
        check=False,
    )


def link(source: Path, target: Path) -> None:
    target.mkdir(parents=True, exist_ok=True)
    subprocess.run(["cp", "--archive", "--link", "--force", f"{source}/.", target], check=True)


@pytest.fixture(scope="module", params=["layout", "checkout"])
def application(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """With its packages, and after the steps of the job, of which each was green."""
    if request.param == "checkout" and "REALWORLD_APP" not in os.environ:
        pytest.skip("REALWORLD_APP names no checkout of the application")
    source = LAYOUT if request.param == "layout" else Path(os.environ["REALWORLD_APP"])
    folder = tmp_path_factory.mktemp(request.param) / "application"
    left_out = shutil.ignore_patterns("node_modules", "dist", ".git", ".nx")
    shutil.copytree(source, folder, ignore=left_out)
    for name, command in STEPS.items():
        if name not in ELSEWHERE:
            result = run(folder, command)
            assert result.returncode == 0, f"{name}: {result.stdout}{result.stderr}"
    return folder


@pytest.fixture
def copy(application: Path, tmp_path: Path) -> Path:
    """One to make errors in."""
    left_out = shutil.ignore_patterns("node_modules", "dist", ".nx")
    shutil.copytree(application, tmp_path / "copy", ignore=left_out)
    (tmp_path / "copy" / "node_modules").symlink_to(application / "node_modules")
    return tmp_path / "copy"


def test_every_step_is_run_by_a_test() -> None:
    ours = [job for job in all_jobs() if job.repository == "application"]
    named = {each["name"] for job in ours for each in job.steps if "run" in each}

    assert named == STEPS.keys() | ELSEWHERE.keys()
    for where in ELSEWHERE.values():
        assert not where.endswith(".py") or Path(__file__).with_name(where).is_file()


def test_the_job_leaves_an_application(application: Path) -> None:
    assert (application / "dist" / "api" / "main.js").is_file()
    assert json.loads((application / "dist" / "api" / "package.json").read_text())["main"] == "./main.js"
    generated = (application / "node_modules" / ".prisma" / "client" / "index.d.ts").read_text()
    assert "findUnique" in generated


def test_without_help_the_tests_ask_a_database(copy: Path) -> None:
    assert run(copy, "npx jest --ci").returncode == 1


def test_the_step_fails_for_what_is_wrong(copy: Path) -> None:
    service = copy / "src/app/routes/user/user.service.ts"
    if not service.is_file():
        pytest.skip("the error is one for the layout")
    service.write_text(service.read_text().replace("if (!user)", "if (user)"))

    assert run(copy, STEPS["Test"]).returncode == 1


def test_the_step_fails_where_there_are_no_tests(copy: Path) -> None:
    for each in copy.glob("src/tests/*/*.test.ts"):
        each.unlink()

    assert run(copy, STEPS["Test"]).returncode == 1


def ignored(path: Path) -> bool:
    patterns = [line for line in (OURS / ".dockerignore").read_text().splitlines() if not line.startswith("#")]
    return any(
        fnmatch(path.name, pattern[3:]) if pattern.startswith("**/") else fnmatch(path.parts[0], pattern)
        for pattern in patterns
    )


@pytest.fixture(scope="module")
def images(application: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The stages of the Dockerfile, each a folder that its COPY and RUN have filled; but for the base and the check of
    the engines, and with the packages that the job has installed by the same command."""
    root = tmp_path_factory.mktemp("images")
    context, repository = root / "context", root / "repository"
    link(application, repository)
    shutil.copytree(OURS, repository, dirs_exist_ok=True, ignore=shutil.ignore_patterns("node_modules"))
    (repository / ".env").write_text("JWT_SECRET=canary")
    context.mkdir()
    for each in repository.iterdir():
        if not ignored(each.relative_to(repository)):
            link(each, context / each.name) if each.is_dir() else shutil.copy(each, context)
    for stage in STAGES:
        folder, here = root / stage, Path()
        folder.mkdir()
        for line in STAGES[stage].strip().splitlines() if stage != "base" else []:
            instruction, _, rest = line.partition(" ")
            if instruction == "WORKDIR":
                here = folder / rest[1:]
                here.mkdir(parents=True, exist_ok=True)
            elif instruction == "COPY":
                given = rest.split()
                source = root / given.pop(0)[len("--from=") :] if rest.startswith("--from=") else context
                target = folder / given[-1][1:] if given[-1].startswith("/") else here / given[-1]
                for name in given[:-1]:
                    found = source / name.lstrip("/")
                    link(found, target) if found.is_dir() else shutil.copy(found, target)
            elif instruction == "RUN" and rest == STEPS[INSTALL]:
                link(application / "node_modules", here / "node_modules")
            elif instruction == "RUN" and stage != "migrator":
                result = run(here, rest)
                assert result.returncode == 0, f"{stage}: {rest}: {result.stdout}{result.stderr}"
    return root


def test_the_backend_starts_with_what_is_in_its_image(images: Path) -> None:
    """In its own folders: the preloads find the application's express from there, and its client of the database."""
    image = images / "backend"
    # Without its engine, Prisma rejects a promise that on a cold disk nobody waits for yet, which ends Node.
    variables = SECRETS | {"NODE_OPTIONS": "--unhandled-rejections=none"}
    with Server(image / "container", image / "app" / "main.js", **variables).up() as server:
        home, tags = server.ask("GET", "/"), server.ask("GET", "/api/tags")
        server.process.terminate()
        said = server.process.communicate(timeout=60)[1].splitlines()
    [line] = [each for each in said if each.startswith("{")]  # Node warns of that promise

    assert home.status == 200
    assert (tags.status, "risma" in tags.body) == (500, False)  # there is no engine
    assert json.loads(line)["route"] == "/api/tags"
    assert "Prisma" in json.loads(line)["error"]


def test_nothing_reaches_an_image_that_it_does_not_run(images: Path) -> None:
    backend, packages = images / "backend", images / "backend" / "app" / "node_modules"

    assert [each for each in images.glob("*/**/.env") if each.parent.parent != images] == []
    assert not (backend / "app" / "src" / "tests").exists()
    assert {name for name in ("prisma", "nx", "jest", "typescript") if (packages / name).exists()} == set()


def test_the_migrator_has_the_command_and_the_migrations(images: Path) -> None:
    here = images / "migrator" / "app"
    command = (
        "DATABASE_URL=postgresql://a/b node node_modules/prisma/build/index.js validate --schema prisma/schema.prisma"
    )

    result = run(here, command)
    assert result.returncode == 0, result.stderr
    assert [*here.glob("prisma/migrations/*/migration.sql")]
    if not [*here.glob("node_modules/@prisma/engines/*-engine-*")]:
        pytest.skip(
            "migrate deploy asks an engine that is in no package: tests/container/test_migrations.py runs the next"
        )
    [check] = [line[4:] for line in STAGES["migrator"].strip().splitlines() if line.startswith("RUN ")]
    assert run(here, check).returncode == 0
