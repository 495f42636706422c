"""The helm command, on charts and their values."""

import contextlib
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from operations import OperationError
from operations.cluster.programs import run

PULL_SECONDS = 20
OF_EKS = "networking.k8s.aws/v1alpha1/ClusterNetworkPolicy"  # which a cluster there has, and our charts ask for


class ChartError(OperationError):
    """Helm refuses a chart or its values; str() is what it says."""


def lint(chart: Path, values: Sequence[str]) -> str:
    """What helm lint says about a chart with these values. Raises ChartError."""
    return _run("lint", chart, "--strict", "--quiet", values=values)


def template(
    chart: Path, *, name: str, namespace: str, values: Sequence[str], kubernetes_version: str
) -> list[dict[str, Any]]:
    """The objects of a chart, hooks and tests among them. values are documents in YAML or JSON. Raises ChartError."""
    cluster = ["--kube-version", f"{kubernetes_version}.0", "--api-versions", OF_EKS]
    options = ["--namespace", namespace, *cluster, "--include-crds"]
    rendered = _run("template", name, chart, *options, values=values)
    documents = [document for document in yaml.load_all(rendered, _Loader) if document]
    return [item for each in documents for item in (each["items"] if each["kind"] == "List" else [each])]


def pull(repository: str, chart: str, version: str, folder: Path) -> None:
    """Download a chart as <folder>/<chart>-<version>.tgz; there is none after this where the repository is silent."""
    folder.mkdir(parents=True, exist_ok=True)
    options = ["--repo", repository, "--version", version, "--destination", str(folder)]
    with contextlib.suppress(OperationError):
        run("helm", "pull", chart, *options, seconds=PULL_SECONDS)


def _run(*arguments: str | Path, values: Sequence[str]) -> str:
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder) / f"{index}.yaml" for index in range(len(values))]
        for path, text in zip(files, values, strict=True):
            path.write_text(text, encoding="utf-8")
        result = run("helm", *arguments, *(f"--values={path}" for path in files))
    if result.returncode != 0:
        raise ChartError("\n".join(filter(None, (result.stderr.strip(), result.stdout.strip()))))
    return result.stdout


class _Loader(yaml.SafeLoader):
    """YAML 1.1 gives a bare = a meaning that nobody uses, and some charts have one."""


_Loader.add_constructor("tag:yaml.org,2002:value", lambda _loader, node: node.value)
