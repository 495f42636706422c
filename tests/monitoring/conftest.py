import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from monitoring.bundle import files
from settings import load_settings


@pytest.fixture(scope="session")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The configuration of the host in the environment local, as it lies in the bucket."""
    root = tmp_path_factory.mktemp("bundle")
    for path, content in files(load_settings("local")).items():
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)
    return root


@pytest.fixture
def tool() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run a tool of Debian on some arguments. Without the tool the test is skipped."""

    def run(name: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        if not shutil.which(name):
            pytest.skip(f"{name} is not installed: apt-get install what .ci/run lists")
        return subprocess.run([name, *map(str, arguments)], capture_output=True, text=True, check=False)

    return run
