"""What a deploy does with the stacks inside the cluster where there is none, and how it knows."""

import io
import json
from pathlib import Path

import pytest
from rich.console import Console

from operations import OperationError
from operations.cluster import kubernetes
from operations.context import Context
from operations.engine import state_bucket
from operations.engine.synthesis import Graph, synthesize
from settings import load_settings
from simulator.process import Simulator
from tests.charts import example

pytestmark = pytest.mark.slow

INSIDE = ["addons", "app"]


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> Graph:
    return synthesize("local", tmp_path_factory.mktemp("synthesized") / "out")


@pytest.fixture
def context() -> Context:
    return Context(load_settings("local"), Simulator(pid=0, port=0), {})


def test_the_stacks_inside_the_cluster_are_those_without_aws(graph: Graph) -> None:
    assert kubernetes.in_cluster(graph, list(graph.dependencies)) == INSIDE


def test_without_a_cluster_the_reason_is_said(graph: Graph, context: Context) -> None:
    assert kubernetes.why_not_applied(context, graph, INSIDE) == "KUBECONFIG is not set"


@pytest.mark.usefixtures("_helm")
def test_a_simulated_aws_is_never_applied_to_a_cluster_of_eks(graph: Graph, tmp_path: Path) -> None:
    """People have KUBECONFIG in their shells, and local is what a command without ENVIRONMENT works on."""
    path = tmp_path / "kubeconfig"
    server = "https://0123.gr7.us-east-1.eks.amazonaws.com"
    path.write_text(
        "{current-context: a, contexts: [{name: a, context: {cluster: a}}, {name: b, context: {cluster: b}}], "
        f"clusters: [{{name: a, cluster: {{server: '{server}'}}}}, {{name: b, cluster: {{server: 'https://b'}}}}]}}"
    )
    context = Context(load_settings("local"), Simulator(pid=0, port=0), {"TF_VAR_kubeconfig": str(path)})

    with pytest.raises(OperationError, match=r"names https://0123\S+, a cluster of EKS, .*: unset KUBECONFIG"):
        kubernetes.why_not_applied(context, graph, INSIDE)


def test_with_a_real_aws_the_in_cluster_stacks_are_applied_too(graph: Graph) -> None:
    assert kubernetes.why_not_applied(Context(load_settings("staging"), None, {}), graph, INSIDE) is None


def test_values_have_the_outputs_of_other_stacks_in_them(graph: Graph) -> None:
    outputs = {
        stack: {name: example(name) for name in graph.template(stack)["output"]} for stack in graph.dependencies["app"]
    }
    [namespace] = [each for each in kubernetes.releases(graph, "app", outputs) if each.name == "application-namespace"]

    values = json.loads(namespace.values[0])
    assert (namespace.namespace, values["namespace"]) == ("kube-system", "realworld")
    assert values["database"]["secretArn"] == example("database_secret_arn")
    assert "${" not in namespace.values[0]


@pytest.mark.usefixtures("_helm")
def test_all_that_is_wrong_with_the_charts_stops_the_deploy(
    graph: Graph, context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    def deployed(_context: Context, stack: str) -> state_bucket.State:
        names = graph.template(stack)["output"]
        return state_bucket.State([], {name: example(name) for name in names} | {"database_secret_arn": "wrong"})

    monkeypatch.setattr(state_bucket, "read", deployed)
    with pytest.raises(OperationError) as error:
        kubernetes.check(context, graph, ["app"], Console(file=io.StringIO()), reason="of a test")
    first, *lines = str(error.value).splitlines()
    assert first == "the in-cluster stacks are wrong:"
    assert any("- database.secretArn: Does not match pattern" in line for line in lines)
