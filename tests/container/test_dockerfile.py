"""What the images are made of, as far as that shows without a container engine."""

import json
import re
import shlex
import subprocess
import sys
from fnmatch import fnmatch
from pathlib import Path

import pytest

from tests.conftest import ROOT

FOLDER = ROOT / "realworld-example-app"
DOCKERFILE = (FOLDER / "Dockerfile").read_text().replace("\\\n", " ")
STAGES = dict(re.findall(r"^FROM \S+ AS (\w+)$(.*?)(?=^FROM |\Z)", DOCKERFILE, re.MULTILINE | re.S))


def test_hadolint_finds_nothing() -> None:
    hadolint = Path(sys.executable).with_name("hadolint")

    result = subprocess.run([hadolint, FOLDER / "Dockerfile"], capture_output=True, text=True, check=False)
    assert (result.returncode, result.stdout) == (0, "")


def test_everything_is_built_on_one_image_that_never_changes() -> None:
    [image] = re.findall(r"^ARG NODE=(\S+)$", DOCKERFILE, re.MULTILINE)
    sources = re.findall(r"^FROM (\S+) AS", DOCKERFILE, re.MULTILINE)

    assert re.fullmatch(r"docker\.io/library/node:(2[2-9])\.\d+\.\d+-\w+-slim@sha256:[0-9a-f]{64}", image)
    assert sources[0] == "${NODE}"
    assert set(sources[1:]) == {"base"}


@pytest.mark.parametrize("stage", ["backend", "migrator"])
def test_who_is_the_database_is_known_to_whatever_connects(stage: str) -> None:
    """OpenSSL, and with it the engines of Prisma, read SSL_CERT_FILE: to_config and PostgreSql::new in
    quaint/src/connector/postgres of prisma/prisma-engines take only the first certificate of the file that a URL names,
    and those of the system as native-tls finds them. Node.js reads NODE_EXTRA_CA_CERTS."""
    source = r"https://truststore\.pki\.rds\.amazonaws\.com/global/global-bundle\.pem"
    [bundle] = re.findall(
        rf"^ADD --chmod=444 --checksum=sha256:[0-9a-f]{{64}} +{source} (\S+)$", STAGES["base"], re.MULTILINE
    )
    told = dict(re.findall(r"(\w+)=(\S+)", " ".join(re.findall(r"^ENV (.*)$", STAGES[stage], re.MULTILINE))))

    names = ["SSL_CERT_FILE", *(["NODE_EXTRA_CA_CERTS"] if stage == "backend" else [])]
    assert {name: told.get(name) for name in names} == dict.fromkeys(names, bundle)


@pytest.mark.parametrize("stage", ["backend", "migrator"])
def test_what_runs_is_not_root_and_was_not_built_there(stage: str) -> None:
    lines = STAGES[stage].strip().splitlines()

    users = [line for line in lines if line.startswith("USER ")]
    assert users == ["USER 65532:65532"]
    assert lines.index(users[0]) > max(index for index, line in enumerate(lines) if line.startswith(("COPY", "RUN")))
    assert all("--from=" in line for line in lines if line.startswith("COPY"))
    assert not re.search(r"npm (ci|install)", STAGES[stage])


def test_no_file_with_secrets_reaches_a_layer() -> None:
    ignored = [line for line in (FOLDER / ".dockerignore").read_text().splitlines() if not line.startswith("#")]

    for path in (".env", ".env.production", "src/.env", "e2e/.env.local", ".git"):
        candidates = [path, Path(path).name if path.startswith(".") else path, path.split("/")[0]]
        assert any(fnmatch(each, pattern.replace("**/", "*/")) for each in candidates for pattern in ignored), path
    assert not re.search(r"^(ARG|ENV)\b.*(SECRET|PASSWORD|TOKEN|DATABASE_URL)", DOCKERFILE, re.MULTILINE)


def test_the_migrator_has_all_that_a_migration_needs() -> None:
    migrator = STAGES["migrator"]

    for path in ("node_modules/prisma", "node_modules/@prisma/engines", "src/prisma"):
        assert f"--from=build /src/{path} " in migrator
    assert '"migrate", "deploy", "--schema", "prisma/schema.prisma"' in migrator


@pytest.mark.slow
def test_the_backend_carries_its_client_of_the_database_and_not_the_command(tmp_path: Path) -> None:
    """npm calls devOptional what the application wants for its development and its client may have beside it."""
    [command] = re.findall(r"^RUN (npm ci .+)$", STAGES["modules"], re.MULTILINE)
    packages = {"dependencies": {"@prisma/client": "4.16.2"}, "devDependencies": {"prisma": "4.16.2"}}
    (tmp_path / "package.json").write_text(json.dumps(packages))
    lock = ["npm", "install", "--package-lock-only", "--ignore-scripts", "--no-audit", "--no-fund"]
    subprocess.run(lock, cwd=tmp_path, check=True)
    subprocess.run(shlex.split(command), cwd=tmp_path, check=True)

    installed = {str(each.parent.relative_to(tmp_path)) for each in tmp_path.glob("node_modules/**/package.json")}
    assert "node_modules/@prisma/client" in installed
    assert {"node_modules/prisma", "node_modules/@prisma/engines"} & installed == set()
