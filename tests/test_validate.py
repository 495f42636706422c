"""Terraform and the AWS provider accept every stack of AWS, in every environment, without an account."""

import json
import os
import subprocess
from copy import deepcopy
from pathlib import Path

import pytest

from operations.cluster.kubernetes import in_cluster
from operations.engine.mirror import cli_environment
from operations.engine.synthesis import synthesize
from operations.engine.variables import inherited
from tests.conftest import ENVIRONMENTS, Platform, Template

pytestmark = pytest.mark.slow


def validated(stacks: dict[str, Template], folder: Path) -> list[str]:
    """What Terraform says of them, as modules of one configuration: so the provider's schema is loaded once."""
    variables = inherited(os.environ) | cli_environment(inherited(os.environ), folder)
    modules = {name: {"source": f"./{name}"} for name in stacks}
    (folder / "main.tf.json").write_text(json.dumps({"module": modules}))
    for name, template in stacks.items():
        (folder / name).mkdir()
        # A module has neither. Each deploy in the simulated AWS has both.
        allowed = {block: body for block, body in template.items() if block != "import"}
        allowed["terraform"] = {block: body for block, body in template["terraform"].items() if block != "backend"}
        (folder / name / "cdk.tf.json").write_text(json.dumps(allowed))

    def terraform(*command: str) -> str:
        whole = ["terraform", f"-chdir={folder}", *command]
        return subprocess.run(whole, env=variables, capture_output=True, text=True, check=False).stdout

    terraform("init", "-input=false")
    found = json.loads(terraform("validate", "-json"))["diagnostics"]
    return [f"{each.get('range', {}).get('filename')}: {each['summary']}: {each['detail']}" for each in found]


def test_every_stack_of_aws_is_valid_in_every_environment(tmp_path: Path) -> None:
    stacks: dict[str, Template] = {}
    for environment in ENVIRONMENTS:
        graph = synthesize(environment, tmp_path / environment)
        inside = in_cluster(graph, list(graph.dependencies))  # those are for tests/kubernetes/test_plan.py
        stacks |= {f"{environment}_{name}": graph.template(name) for name in graph.dependencies if name not in inside}

    assert len(stacks) > len(ENVIRONMENTS)
    assert validated(stacks, tmp_path) == []


def test_what_the_provider_does_not_know_is_told(tmp_path: Path, platform: Platform) -> None:
    stacks = {name: deepcopy(platform("local")[name]) for name in ("registry", "secrets")}  # other tests read it too
    [repository, *_] = stacks["registry"]["resource"]["aws_ecr_repository"].values()
    repository["image_tag_mutabilty"] = "MUTABLE"

    [told] = validated(stacks, tmp_path)
    assert told.startswith("registry/cdk.tf.json: Extraneous JSON object property: No argument or block type is named")
