"""Virtual environments for programs whose dependencies do not go together with ours: scanners, the site, successors.

tests/environments/<name>.txt pins everything with hashes. It is written from <name>.in:
.venv/bin/python -m tests.environments lock <name>
"""

import fcntl
import hashlib
import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).parent
MADE = Path(__file__).parents[2] / ".local" / "environments"
NAMES = sorted(path.stem for path in FOLDER.glob("*.in"))


def environment(name: str, *options: str) -> Path:
    """The bin folder of that environment. It is made where it is missing, once, whoever else asks at the same time.

    The options are those of pip install: --no-compile where most of the modules are never used.
    """
    locked = FOLDER / f"{name}.txt"
    path = MADE / f"{name}-{hashlib.sha256(locked.read_bytes()).hexdigest()[:12]}"
    MADE.mkdir(parents=True, exist_ok=True)
    with path.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (path / "complete").exists():
            print(f"Installing {locked.name} into {path}", file=sys.stderr)
            _pip(path, "--require-hashes", "--no-deps", *options, "--requirement", str(locked))
            (path / "complete").touch()
    return path / "bin"


def _pip(path: Path, *arguments: str) -> None:
    subprocess.run([sys.executable, "-m", "venv", "--clear", path], check=True)
    quiet = ["--quiet", "--disable-pip-version-check"]
    subprocess.run([path / "bin" / "pip", "install", *quiet, *arguments], check=True)
