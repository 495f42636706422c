"""Terraform validates and plans the stacks inside the cluster, with stand-ins for the two providers."""

import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from operations.cluster import kubernetes
from operations.context import Context
from operations.engine.synthesis import Graph
from settings import load_settings
from simulator.process import Simulator
from tests.conftest import ENVIRONMENTS
from tests.standin.workspace import IN_CLUSTER, Standin, standin

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module", params=ENVIRONMENTS)
def planned(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Standin:
    return standin(request.param, tmp_path_factory.mktemp(request.param))


@pytest.fixture(scope="module")
def synthesized(tmp_path_factory: pytest.TempPathFactory) -> Standin:
    return standin("local", tmp_path_factory.mktemp("broken"))


@pytest.fixture
def broken(synthesized: Standin, tmp_path: Path) -> Standin:
    """A copy to make errors in."""
    shutil.copytree(synthesized.stacks, tmp_path / "stacks")
    return Standin(tmp_path / "stacks", synthesized.variables)


def words(result: subprocess.CompletedProcess[str]) -> str:
    """What Terraform says, without the lines and the frame that it puts it in."""
    return " ".join((result.stdout + result.stderr).replace("│", "").split())


def test_both_stacks_can_be_planned(planned: Standin) -> None:
    for stack in IN_CLUSTER:
        result = planned.plan(stack)
        assert result.returncode == 0, result.stdout + result.stderr
        assert re.search(r"Plan: \d+ to add, 0 to change, 0 to destroy\.", result.stdout)


def _misspell(template: dict[str, Any]) -> None:
    release = template["resource"]["helm_release"]["namespace"]
    release["cleanup_on_fial"] = True


def _use_blocks_of_helm_2(template: dict[str, Any]) -> None:
    provider = template["provider"]["helm"][0]
    provider["kubernetes"] = [provider["kubernetes"]]


def _forget_the_login(template: dict[str, Any]) -> None:
    del template["provider"]["helm"][0]["kubernetes"]["exec"]


def _forget_the_host(template: dict[str, Any]) -> None:
    del template["provider"]["kubernetes"][0]["host"]


def _give_a_number_for_words(template: dict[str, Any]) -> None:
    template["resource"]["helm_release"]["namespace"]["timeout"] = "ten minutes"


def _misspell_a_value(template: dict[str, Any]) -> None:
    release = template["resource"]["helm_release"]["namespace"]
    release["values"] = [release["values"][0].replace('"quota"', '"quotas"')]


def _leave_the_namespace_without_metadata(template: dict[str, Any]) -> None:
    del template["resource"]["kubernetes_namespace_v1"]["realworld"]["metadata"]


def _name_a_namespace_wrongly(template: dict[str, Any]) -> None:
    template["resource"]["kubernetes_namespace_v1"]["realworld"]["metadata"]["name"] = "Real_World"


@pytest.mark.parametrize(
    ("stack", "change", "said"),
    [
        ("app", _misspell, 'Did you mean "cleanup_on_fail"?'),
        ("app", _use_blocks_of_helm_2, 'Inappropriate value for attribute "kubernetes": object required'),
        ("app", _forget_the_login, "the provider helm has a host and nobody to log in as"),
        ("addons", _forget_the_host, "the provider kubernetes has neither host nor config_path"),
        ("app", _give_a_number_for_words, 'Inappropriate value for attribute "timeout": a number is required'),
        ("app", _misspell_a_value, "Additional property quotas is not allowed"),
        ("addons", _leave_the_namespace_without_metadata, 'At least 1 "metadata" blocks are required'),
        ("addons", _name_a_namespace_wrongly, "'Real_World' is not a name"),
    ],
)
def test_an_error_stops_the_plan(
    broken: Standin, stack: str, change: Callable[[dict[str, Any]], None], said: str
) -> None:
    broken.edit(stack, change)

    result = broken.plan(stack)
    assert result.returncode == 1
    assert said in words(result)


def test_an_invalid_object_of_a_chart_stops_the_plan(broken: Standin) -> None:
    [template] = (broken.stacks / "app").glob("assets/api_chart/*/templates/deployment.yaml")
    template.write_text(template.read_text().replace("containerPort: 3000", 'containerPort: "3000"'))

    result = broken.plan("app")
    assert result.returncode == 1
    assert "containerPort: '3000' is not of type 'integer'" in words(result)


def test_a_kubeconfig_takes_the_place_of_the_login_of_eks(broken: Standin) -> None:
    broken.edit("app", _forget_the_login)  # so that a host alone would be refused
    variables = broken.variables | {"TF_VAR_kubeconfig": "/nowhere/kubeconfig"}

    assert Standin(broken.stacks, variables).plan("app").returncode == 0


def test_a_cluster_is_applied_to_where_there_are_providers(synthesized: Standin, tmp_path: Path) -> None:
    graph = Graph(synthesized.stacks.parent, {})
    nothing = tmp_path / "terraformrc"
    nothing.write_text(f'provider_installation {{\n  filesystem_mirror {{\n    path = "{tmp_path}"\n  }}\n}}\n')

    def reason(**variables: str) -> str | None:
        given = synthesized.variables | {"TF_VAR_kubeconfig": str(tmp_path / "kubeconfig")} | variables
        context = Context(load_settings("local"), Simulator(pid=0, port=0), given)
        return kubernetes.why_not_applied(context, graph, IN_CLUSTER)

    assert reason() is None
    assert reason(TF_CLI_CONFIG_FILE=str(nothing)) == "Terraform finds no provider for kubernetes and helm here"
