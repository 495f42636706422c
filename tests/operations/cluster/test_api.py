"""Nothing in the cluster is planned, applied or destroyed unless its API answers, with the credentials of Terraform.

Who asks is the real kubectl. The API is a stand-in, see kubernetes_api.py.
"""

import base64
import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from operations import OperationError
from operations.cluster import api
from operations.commands import deploy
from operations.context import Context
from operations.engine import state_bucket
from operations.engine.synthesis import Graph
from settings import load_settings
from tests.conftest import Platform, changed
from tests.operations.cluster.conftest import INSIDE, Run, states
from tests.operations.cluster.kubernetes_api import TOKEN, Api, with_load_balancer

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("_helm")]


@pytest.fixture
def staging(context: Context, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Context:
    """An environment of AWS whose cluster is this API, and an aws command that logs in to it."""
    for name, value in context.variables.items():
        monkeypatch.setenv(name, value)
    aws = tmp_path / "bin" / "aws"
    aws.parent.mkdir()
    credential = {"apiVersion": api.EXEC_API, "kind": "ExecCredential", "status": {"token": TOKEN}}
    aws.write_text(f"#!/bin/sh\nprintf '%s ' \"$@\" >\"$0.arguments\"\necho '{json.dumps(credential)}'\n")
    aws.chmod(0o755)
    monkeypatch.setenv("PATH", str(aws.parent), prepend=":")
    monkeypatch.setattr(api, "LOCAL", tmp_path / ".local")
    project = f"p{abs(hash(tmp_path)) % 10**9}"  # so that each test has its own bucket
    settings = changed(load_settings("staging"), account=context.settings.account, project=project)
    found = Context(settings, None, dict(context.variables))
    state_bucket.ensure(found)
    return found


def eks_is_deployed(staging: Context, server: Api) -> None:
    authority = base64.b64encode(server.certificate.read_bytes()).decode()
    outputs = {
        "cluster_name": staging.settings.names.prefix,
        "cluster_endpoint": server.url,
        "cluster_certificate_authority_data": authority,
    }
    state = {"resources": [], "outputs": {name: {"value": value} for name, value in outputs.items()}}
    key = staging.settings.names.state_key("eks")
    staging.client("s3").put_object(Bucket=staging.settings.names.state_bucket, Key=key, Body=json.dumps(state))


def test_the_api_of_eks_is_asked_with_the_login_of_terraform(
    staging: Context, server: Api, platform: Platform, tmp_path: Path
) -> None:
    assert api.kubeconfig_of(staging) is None
    with pytest.raises(api.Unreachable, match="there is no cluster"):
        api.require(staging)
    eks_is_deployed(staging, server)

    path = api.require(staging)

    assert server.seen == [api.REVIEWS]
    assert TOKEN not in path.read_text()
    asked = (tmp_path / "bin" / "aws.arguments").read_text().split()
    [provider] = platform("staging")["addons"]["provider"]["kubernetes"]
    login = provider["dynamic"]["exec"]["content"]
    reference = "${data.terraform_remote_state.eks_state.outputs.cluster_name}"
    assert asked == [staging.settings.names.prefix if each == reference else each for each in login["args"]]
    user = yaml.safe_load(path.read_text())["users"][0]["user"]["exec"]
    assert (user["command"], user["apiVersion"]) == (login["command"], login["api_version"])


def test_what_the_api_says_is_said_with_a_remedy(local: Context, staging: Context, server: Api, tmp_path: Path) -> None:
    eks_is_deployed(staging, server)
    server.allowed = False
    with pytest.raises(api.Unreachable, match=r"lets these AWS credentials in, .* eks\.admin_role_arns"):
        api.require(staging)

    aws = tmp_path / "bin" / "aws"
    aws.write_text(aws.read_text().replace(TOKEN, "of-somebody-else"))
    with pytest.raises(api.Unreachable, match=r"does not answer these AWS credentials \(.*Unauthorized.*\): "):
        api.require(staging)

    server.stop()
    with pytest.raises(api.Unreachable, match=r"\(.*refused.*\): .* make deploy STACK=eks ENVIRONMENT=staging"):
        api.require(staging)
    with pytest.raises(api.Unreachable, match=r"KUBECONFIG=\S+ does not answer .*refused.*: start that cluster"):
        api.require(local)


@pytest.mark.parametrize("name", ["deploy", "plan", "destroy"])
def test_without_the_api_no_command_touches_anything(
    local: Context, server: Api, run: Callable[[Context], tuple[Graph, Run]], name: str
) -> None:
    graph, command = run(local)
    command("deploy")
    before = states(local)
    assert all(before.values())
    for stack in graph.dependencies:  # something to do in each
        path = graph.path(stack) / "cdk.tf.json"
        path.write_text(path.read_text().replace('"made": {}', '"made": {}, "other": {}'))
    server.stop()

    with pytest.raises(OperationError) as error:
        command(name)

    assert "does not answer the user of the kubeconfig" in str(error.value)
    assert states(local) == before
    if name == "plan":
        assert str(error.value).startswith("addons, app cannot be planned: ")
        assert 'To plan the others: make plan STACK="vpc" ENVIRONMENT=local' in str(error.value)
    if name == "destroy":
        assert str(error.value).startswith("nothing was destroyed of addons, app: ")
        commands = re.findall(r"^    (\(.*\))$", str(error.value), re.MULTILINE)
        assert [re.search(r"stacks/(\w+) state rm", each)[1] for each in commands] == INSIDE  # type: ignore[index]


def test_an_api_that_goes_away_during_a_deploy_stops_what_needs_it(
    local: Context, server: Api, run: Callable[[Context], tuple[Graph, Run]], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, command = run(local)
    monkeypatch.setattr(deploy, "require_access", lambda *_: server.stop())

    with pytest.raises(OperationError, match=r"^failed: addons; skipped because of that: app\. Run the same command"):
        command("deploy")
    assert [stack for stack, state in states(local).items() if state] == ["vpc"]


def test_a_load_balancer_of_somebody_else_goes_before_its_controller(
    local: Context, server: Api, run: Callable[[Context], tuple[Graph, Run]]
) -> None:
    _, command = run(local)
    command("deploy")
    before = states(local)
    server.ingresses = [with_load_balancer("realworld-backend", "realworld", release="realworld-backend")]
    server.services = [with_load_balancer("lab", "default"), {"metadata": {"name": "a", "namespace": "b"}, "spec": {}}]

    with pytest.raises(OperationError) as error:
        command("destroy")

    text = str(error.value)
    assert "  ingress realworld-backend in realworld\n  service lab in default\n" in text
    uninstall, delete = re.findall(r"^    (\(.*\))$", text, re.MULTILINE)
    assert re.search(r"&& KUBECONFIG=\S+ \S*helm uninstall realworld-backend --namespace realworld --wait ", uninstall)
    assert re.search(r"&& KUBECONFIG=\S+ \S*kubectl delete service lab --namespace default ", delete)
    assert states(local) == before

    server.ingresses, server.services = [], []
    command("destroy")
    assert [stack for stack, state in states(local).items() if state and state.resources] == ["vpc"]


def test_what_terraform_releases_itself_is_no_obstacle(local: Context, server: Api, tmp_path: Path) -> None:
    server.ingresses = [with_load_balancer("realworld-backend", "realworld", release="realworld-backend")]
    key, bucket = local.settings.names.state_key("releases"), local.settings.names.state_bucket
    release = {"attributes": {"namespace": "realworld", "name": "realworld-backend"}}
    resource = {"mode": "managed", "type": "helm_release", "name": "server", "instances": [release]}
    local.client("s3").put_object(Bucket=bucket, Key=key, Body=json.dumps({"resources": [resource], "outputs": {}}))

    state = state_bucket.read(local, "releases")
    local.client("s3").delete_object(Bucket=bucket, Key=key)

    assert state is not None
    assert api.load_balanced(local, tmp_path / "kubeconfig", state.releases) == []
    [found] = api.load_balanced(local, tmp_path / "kubeconfig", [("elsewhere", "realworld-backend")])
    assert found == api.Object("ingress", "realworld", "realworld-backend", ("realworld", "realworld-backend"))
