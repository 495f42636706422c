"""Terraform and the AWS provider accept every stack of AWS, in every environment, without an account."""

import json
import os
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from operations.cluster.kubernetes import in_cluster
from operations.engine.mirror import cli_environment
from operations.engine.synthesis import synthesize
from operations.engine.variables import inherited
from tests.conftest import ENVIRONMENTS

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_every_stack_of_aws_is_valid(tmp_path: Path, environment: str) -> None:
    variables = inherited(os.environ) | cli_environment(inherited(os.environ), tmp_path)
    graph = synthesize(environment, tmp_path / "out")
    inside = in_cluster(graph, list(graph.dependencies))  # those are for tests/kubernetes/test_plan.py
    stacks = [stack for stack in graph.dependencies if stack not in inside]

    def terraform(stack: str, *command: str) -> str:
        return subprocess.run(
            ["terraform", f"-chdir={graph.path(stack)}", *command],
            env=variables,
            capture_output=True,
            text=True,
            check=False,
        ).stdout

    def validate(stack: str) -> list[str]:
        terraform(stack, "init", "-backend=false", "-input=false")
        found = json.loads(terraform(stack, "validate", "-json"))
        return [f"{stack}: {each['summary']}: {each['detail']}" for each in found["diagnostics"]]

    with ThreadPoolExecutor(2) as pool:
        diagnostics = [line for lines in pool.map(validate, stacks) for line in lines]
    assert diagnostics == []
