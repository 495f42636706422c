"""A release whose Helm was killed is taken back before the next one, unless somebody may be at work on it.

Who is killed, and who repairs, is the real helm; the API is a stand-in, see kubernetes_api.py.
"""

import dataclasses
import io
import json
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from modules.cluster.chart_release import TIMEOUT_SECONDS
from operations import OperationError
from operations.cluster import kubernetes, stuck
from operations.cluster.programs import carried
from operations.context import Context
from operations.engine.synthesis import Graph
from tests.conftest import wait
from tests.operations.cluster import waiting_chart
from tests.operations.cluster.kubernetes_api import Api, running

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("_helm")]

RELEASE = ("kube-system", "controller")
STACK = "addons"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Api]:
    with running(tmp_path) as found:
        yield found


class Cluster:
    def __init__(self, server: Api, folder: Path) -> None:
        self.server, self.folder = server, folder
        self.path = server.kubeconfig(folder / "kubeconfig")
        waiting_chart.write(folder / "chart", "value")

    def helm(self, command: str, **values: object) -> subprocess.Popen[bytes]:
        settings = [f"--set={name}={str(value).lower()}" for name, value in values.items()]
        options = ["--namespace", RELEASE[0], "--wait", "--disable-openapi-validation", *settings]
        return subprocess.Popen(
            [carried("helm"), command, RELEASE[1], str(self.folder / "chart"), *options],
            env={**os.environ, "KUBECONFIG": str(self.path)},
        )

    def deploy(self, command: str, **values: object) -> None:
        assert self.helm(command, waits=False, **values).wait() == 0

    def kill(self, command: str, **values: object) -> None:
        """Kill Helm while it waits for a pod that never gets ready."""
        process = self.helm(command, waits=True, **values)
        assert wait(lambda: ("pods", RELEASE[0], "never-ready") in self.server.objects, 20)
        process.kill()
        process.wait()

    def records(self) -> dict[str, str]:
        """The status of each revision."""
        return {
            each["metadata"]["labels"]["version"]: each["metadata"]["labels"]["status"]
            for (kind, _, _), each in sorted(self.server.objects.items())
            if kind == "secrets"
        }

    def value(self) -> str | None:
        found = self.server.objects.get(("configmaps", RELEASE[0], "settings"))
        return found["data"]["value"] if found else None


@pytest.fixture
def cluster(server: Api, tmp_path: Path) -> Cluster:
    return Cluster(server, tmp_path)


@pytest.fixture
def deployed(context: Context, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Context]]:
    """deployed(release): its state holds the release, or none."""
    key = f"{tmp_path.name}/{STACK}.tfstate"
    monkeypatch.setattr(type(context.settings.names), "state_key", lambda *_: key)

    def write(release: tuple[str, str] | None, lock: str = "") -> Context:
        attributes = dict(zip(("namespace", "name"), release or ("", ""), strict=True))
        resource = {"mode": "managed", "type": "helm_release", "name": "a", "instances": [{"attributes": attributes}]}
        state: dict[str, Any] = {"resources": [resource] if release else [], "outputs": {}}
        s3, bucket = context.client("s3"), context.settings.names.state_bucket
        s3.put_object(Bucket=bucket, Key=key, Body=json.dumps(state))
        if lock:
            s3.put_object(Bucket=bucket, Key=f"{key}.tflock", Body=json.dumps({"ID": "1", "Who": lock}))
        return dataclasses.replace(context, variables=dict(context.variables))

    yield write
    for name in (key, f"{key}.tflock"):
        context.client("s3").delete_object(Bucket=context.settings.names.state_bucket, Key=name)


def repair(context: Context, cluster: Cluster, *, destroying: bool = False) -> str:
    said: list[str] = []
    stuck.repair(context, cluster.path, STACK, {RELEASE}, said.append, destroying=destroying)
    return "\n".join(said)


@pytest.fixture
def _later(monkeypatch: pytest.MonkeyPatch) -> None:
    """When whoever was killed would have given up by himself."""
    monkeypatch.setattr(stuck, "MOST_SECONDS", 0)


@pytest.mark.usefixtures("_later")
def test_a_first_release_that_was_killed_is_removed(cluster: Cluster, deployed: Callable[..., Context]) -> None:
    cluster.kill("install", value="a")
    assert cluster.records() == {"1": "pending-install"}
    assert cluster.helm("install", waits=False, value="a").wait() != 0  # for ever

    said = repair(deployed(None), cluster)

    assert said.startswith("addons: the release controller in kube-system is pending-install since ")
    assert cluster.server.objects == {}
    cluster.deploy("install", value="a")


@pytest.mark.usefixtures("_later")
def test_an_upgrade_that_was_killed_goes_back_to_what_served(
    cluster: Cluster, deployed: Callable[..., Context]
) -> None:
    cluster.deploy("install", value="a")
    cluster.deploy("upgrade", value="b")
    cluster.kill("upgrade", value="c")
    assert cluster.records() == {"1": "superseded", "2": "deployed", "3": "pending-upgrade"}
    assert cluster.helm("upgrade", waits=False, value="c").wait() != 0

    repair(deployed(RELEASE), cluster)

    assert (cluster.records()["4"], cluster.value()) == ("deployed", "b")
    assert ("pods", RELEASE[0], "never-ready") not in cluster.server.objects
    cluster.deploy("upgrade", value="c")
    assert repair(deployed(RELEASE), cluster) == ""


@pytest.mark.usefixtures("_later")
def test_a_removal_that_was_killed_is_ended(cluster: Cluster, deployed: Callable[..., Context]) -> None:
    """Terraform would find nothing to change, while half of the objects are gone."""
    cluster.deploy("install", value="a")
    [record] = [each for (kind, _, _), each in cluster.server.objects.items() if kind == "secrets"]
    waiting_chart.rewrite(record, status="uninstalling")

    repair(deployed(RELEASE), cluster)

    assert cluster.server.objects == {}


@pytest.mark.usefixtures("_later")
def test_a_destroy_leaves_to_terraform_what_is_in_its_state_and_removes_what_is_not(
    cluster: Cluster, deployed: Callable[..., Context]
) -> None:
    cluster.kill("install", value="a")

    assert repair(deployed(RELEASE), cluster, destroying=True) == ""
    assert cluster.records() == {"1": "pending-install"}
    assert repair(deployed(None), cluster, destroying=True)
    assert cluster.server.objects == {}


def test_what_somebody_may_be_at_work_on_is_left_alone(
    cluster: Cluster, deployed: Callable[..., Context], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert stuck.MOST_SECONDS == 2 * TIMEOUT_SECONDS
    cluster.kill("install", value="a")
    before = dict(cluster.server.objects)

    with pytest.raises(OperationError, match=r"may be at work until .*\n    \(eval .*helm uninstall controller "):
        repair(deployed(None), cluster)
    monkeypatch.setattr(stuck, "MOST_SECONDS", 0)
    assert repair(deployed(None, lock="ana@elsewhere"), cluster) == ""  # Terraform names who holds its lock
    assert cluster.server.objects == before


@pytest.mark.usefixtures("_later")
def test_what_another_owner_has_begun_is_refused_with_the_command(
    cluster: Cluster, deployed: Callable[..., Context]
) -> None:
    """As the release of the pipeline while Terraform is to take it over."""
    cluster.deploy("install", value="a")
    cluster.kill("upgrade", value="b")
    before = dict(cluster.server.objects)

    with pytest.raises(OperationError, match=r"not in the state of addons.*\n    \(eval .*helm rollback controller 1 "):
        repair(deployed(None), cluster)
    stuck.repair(deployed(None), cluster.path, STACK, {("kube-system", "another")}, print)

    assert cluster.server.objects == before


@pytest.mark.usefixtures("_later")
def test_it_is_done_when_the_stack_has_its_turn(
    cluster: Cluster, deployed: Callable[..., Context], tmp_path: Path
) -> None:
    cluster.kill("install", value="a")
    local = deployed(None)
    local.variables["TF_VAR_kubeconfig"] = str(cluster.path)
    release = {"name": RELEASE[1], "namespace": "${data.terraform_remote_state.eks_state.outputs.namespace}"}
    written: dict[str, Any] = {"eks": {"output": {"namespace": {"value": RELEASE[0]}}}}
    written[STACK] = {"resource": {"helm_release": {"a": release}}}
    for stack, template in written.items():
        (tmp_path / "stacks" / stack).mkdir(parents=True)
        (tmp_path / "stacks" / stack / "cdk.tf.json").write_text(json.dumps(template))
    graph = Graph(tmp_path, {"eks": frozenset(), STACK: frozenset({"eks"})})
    local.client("s3").put_object(
        Bucket=local.settings.names.state_bucket,
        Key=local.settings.names.state_key("eks"),
        Body=json.dumps({"resources": [], "outputs": {"namespace": {"value": RELEASE[0]}}}),
    )
    console = Console(file=io.StringIO())

    assert kubernetes.gate(local, graph, [STACK], console)(STACK) == ""

    assert cluster.server.objects == {}
    assert "nobody is at work on it: helm uninstall controller" in " ".join(console.file.getvalue().split())  # type: ignore[attr-defined]
