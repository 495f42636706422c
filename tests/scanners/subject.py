"""What is scanned, in a folder of its own: what is tracked, each stack of each environment, and our charts, rendered.

Charts of others are not: they come from the network, and what they hold is reviewed when their pin moves.
"""

import json
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import yaml

from operations.engine.synthesis import synthesize
from tests.charts import release_values, render, values_of
from tests.conftest import ENVIRONMENTS, ROOT, Template

SOURCE, TERRAFORM, CHARTS = "source", "terraform", "charts"
PLANS = "plans"  # <environment>/<stack>/tfplan.json, which tests/e2e/test_lifecycle.py writes
BLOCKS = ("provider", "data", "resource")  # import blocks are more than checkov can parse, and set up nothing


def tracked(root: Path = ROOT) -> list[str]:
    """The files that git knows; CI runs as root in the clone of somebody else."""
    command = ["git", "-c", f"safe.directory={root}", "ls-files", "-z"]
    listed = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True).stdout
    return [name for name in listed.split("\0") if (root / name).is_file()]


def write(folder: Path, environments: list[str] = ENVIRONMENTS) -> None:
    """Fill it: source/<path>, terraform/<environment>/<stack>/cdk.tf.json, charts/<environment>/<chart>.yaml."""
    for name in tracked():
        (folder / SOURCE / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, folder / SOURCE / name)
    for environment in environments:
        graph = synthesize(environment, folder / "synthesized" / environment)
        templates = {stack: graph.template(stack) for stack in graph.dependencies}
        write_terraform(folder, environment, templates)
        _charts(folder / CHARTS / environment, environment, templates)
    shutil.rmtree(folder / "synthesized")


def write_terraform(folder: Path, environment: str, templates: Mapping[str, Template]) -> None:
    for stack, template in templates.items():
        path = folder / TERRAFORM / environment / stack / "cdk.tf.json"
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps({block: template[block] for block in BLOCKS if block in template}, indent=1))


def _charts(folder: Path, environment: str, templates: dict[str, Template]) -> None:
    def platform(_: str) -> dict[str, Template]:
        return templates

    namespace = values_of(platform, environment, "application-namespace")
    backend = release_values(platform, environment)
    backend["migration"] = {"image": backend["image"]}  # the pipeline releases both by digest
    folder.mkdir(parents=True)
    for chart, name, values in (
        ("charts/application-namespace", "application-namespace", namespace),
        ("realworld-example-app/helm", "realworld-backend", backend),
    ):
        (folder / f"{name}.yaml").write_text(yaml.safe_dump_all(render(Path(chart), name, values)))
