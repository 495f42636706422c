"""Synthesized stacks in a folder where Terraform takes the stand-ins for the providers of Kubernetes and helm."""

import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from operations import LOCAL
from operations.engine.synthesis import synthesize
from tests.charts import VERSION, example
from tests.conftest import ROOT

IN_CLUSTER = ("addons", "app")
LOGIN = {"cluster_endpoint": "https://0.example", "cluster_certificate_authority_data": "LS0tLS1CRUdJTg=="}


@dataclass(frozen=True)
class Standin:
    """Stacks below a folder, and what Terraform needs to take the stand-ins for the providers."""

    stacks: Path
    variables: dict[str, str]

    def terraform(self, stack: str, *command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["terraform", f"-chdir={self.stacks / stack}", *command],
            env=self.variables,
            capture_output=True,
            text=True,
            check=False,
        )

    def plan(self, stack: str) -> subprocess.CompletedProcess[str]:
        init = self.terraform(stack, "init", "-input=false", "-no-color")
        assert init.returncode == 0, init.stderr
        validated = self.terraform(stack, "validate", "-no-color")
        if validated.returncode != 0:
            return validated
        return self.terraform(stack, "plan", "-input=false", "-no-color", "-lock=false")

    def edit(self, stack: str, change: Callable[[dict[str, Any]], None]) -> None:
        path = self.stacks / stack / "cdk.tf.json"
        template = json.loads(path.read_text())
        change(template)
        path.write_text(json.dumps(template))


def standin(environment: str, folder: Path) -> Standin:
    graph = synthesize(environment, folder / "out")
    for provider, version in (("kubernetes", "2.38.0"), ("helm", "3.1.1")):
        _install(provider, version, folder / "mirror")
    config = folder / "terraformrc"
    config.write_text(f'provider_installation {{\n  filesystem_mirror {{\n    path = "{folder / "mirror"}"\n  }}\n}}\n')
    for stack in IN_CLUSTER:
        _with_local_states(graph.path(stack), folder)
        _charts(graph.path(stack), folder / "charts")
    return Standin(
        graph.path("app").parent,
        {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "PYTHONPATH": str(ROOT),
            "PYTHONDONTWRITEBYTECODE": "1",
            "CHECKPOINT_DISABLE": "1",
            "TF_CLI_CONFIG_FILE": str(config),
            "STANDIN_CHARTS": str(folder / "charts"),
            "STANDIN_KUBERNETES_VERSION": VERSION,
        },
    )


def _install(provider: str, version: str, mirror: Path) -> None:
    machine = {"x86_64": "amd64", "aarch64": "arm64"}[subprocess.check_output(["uname", "-m"], text=True).strip()]
    folder = mirror / "registry.terraform.io" / "hashicorp" / provider / version / f"linux_{machine}"
    folder.mkdir(parents=True)
    program = folder / f"terraform-provider-{provider}_v{version}"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m tests.standin.provider {provider}\n')
    program.chmod(0o755)


def _with_local_states(directory: Path, folder: Path) -> None:
    """An override file takes the place of the bucket: states on disk, with every output that the stack reads."""
    text = (directory / "cdk.tf.json").read_text()
    read: dict[str, dict[str, Any]] = {}
    # Also in the middle of an expression, as the login has them.
    for producer, output in re.findall(r"remote_state\.(\w+)_state\.outputs\.(\w+)", text):
        value = LOGIN.get(output) or example(output)
        read.setdefault(producer, {})[output] = {"value": value, "type": "string"}
    states = {}
    for producer, outputs in read.items():
        path = folder / f"{directory.name}-reads-{producer}.tfstate"
        state = {"version": 4, "terraform_version": "1.11.0", "serial": 1, "lineage": "x", "outputs": outputs}
        path.write_text(json.dumps(state | {"resources": []}))
        states[f"{producer}_state"] = {"backend": "local", "config": {"path": str(path)}}
    own = {"backend": {"local": {"path": str(folder / f"{directory.name}.tfstate")}}}
    override = {"terraform": own, "data": {"terraform_remote_state": states}}
    (directory / "standin_override.tf.json").write_text(json.dumps(override))


def _charts(directory: Path, folder: Path) -> None:
    """The charts that the stack downloads: as they are, where a deploy has already had them; else empty ones that only
    write their values down, with the right name and version."""
    folder.mkdir(exist_ok=True)
    template = json.loads((directory / "cdk.tf.json").read_text())
    for release in template["resource"]["helm_release"].values():
        if "repository" in release:
            archive = folder / f"{release['chart']}-{release['version']}.tgz"
            real = LOCAL / "charts" / archive.name
            if real.is_file():
                shutil.copy(real, archive)
            else:
                _empty_chart(release["chart"], release["version"], archive)


def _empty_chart(name: str, version: str, archive: Path) -> None:
    folder = archive.parent / "source" / name
    (folder / "templates").mkdir(parents=True, exist_ok=True)
    (folder / "Chart.yaml").write_text(f"apiVersion: v2\nname: {name}\nversion: {version}\n")
    (folder / "templates" / "values.yaml").write_text(
        f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\n"
        "data: {values: {{ .Values | toJson | quote }}}\n"
    )
    with tarfile.open(archive, "w:gz") as packed:
        packed.add(folder, name)
