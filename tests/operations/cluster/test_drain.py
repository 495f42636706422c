"""What has a load balancer goes first, while its controller lives; what AWS has for it goes before the controller does.

Who removes it is the real helm and the real kubectl. The API is a stand-in, whose removes_ingresses is the controller.
"""

import json
import os
import re
import shlex
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from botocore import xform_name
from botocore.exceptions import ClientError

from operations import OperationError
from operations.cluster import drain, kubernetes
from operations.cluster.programs import carried
from operations.context import Context
from operations.engine.synthesis import Graph
from stacks.app import NAME
from stacks.pod_roles import APPLICATION_NAMESPACE
from tests.operations.cluster.conftest import Run, states
from tests.operations.cluster.kubernetes_api import Api, with_load_balancer

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("_helm")]

Make = Callable[[Context], tuple[Graph, Run]]
OBJECTS = """
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: realworld-backend}
spec: {ingressClassName: alb, rules: [{host: a.example}]}
"""
RELEASE = ("configmaps", APPLICATION_NAMESPACE, "settings")


@pytest.fixture
def deployed(local: Context, run: Make, monkeypatch: pytest.MonkeyPatch) -> Run:
    """All is deployed, and addons tells the namespace of the application and has the controller."""
    graph, command = run(local)
    path = graph.path("addons") / "cdk.tf.json"
    outputs = {"application_namespace": {"value": APPLICATION_NAMESPACE}}
    path.write_text(json.dumps({**json.loads(path.read_text()), "output": outputs}))
    own = {"addons": {("kube-system", drain.CONTROLLER)}}
    monkeypatch.setattr(kubernetes, "names", lambda _context, _graph, stack: own.get(stack, set()))
    for name in ("LOOK_SECONDS", "TELL_SECONDS", "LIMIT_SECONDS"):
        monkeypatch.setattr(drain, name, 0.05 if name == "LOOK_SECONDS" else 0)
    command("deploy")
    return command


@pytest.fixture
def released(local: Context, server: Api, tmp_path: Path) -> None:
    """The pipeline has released."""
    templates = tmp_path / "chart" / "templates"
    templates.mkdir(parents=True)
    (templates / "all.yaml").write_text(OBJECTS)
    (templates.parent / "Chart.yaml").write_text("{apiVersion: v2, name: chart, version: 1.0.0}")
    options = ["--namespace", APPLICATION_NAMESPACE, "--disable-openapi-validation"]
    environment = {**os.environ, "KUBECONFIG": local.variables["TF_VAR_kubeconfig"]}
    subprocess.run([carried("helm"), "install", NAME, str(templates.parent), *options], env=environment, check=True)
    assert [each["metadata"]["annotations"]["meta.helm.sh/release-name"] for each in server.ingresses] == [NAME]


@pytest.fixture
def balanced(context: Context) -> Iterator[Callable[[], list[str]]]:
    """A load balancer of the controller in AWS, and one of another cluster; what is called removes the first."""
    elb, ec2 = context.client("elbv2"), context.client("ec2")
    subnets = ec2.describe_subnets()["Subnets"][:2]
    made: list[tuple[Callable[..., Any], dict[str, str]]] = []

    def make(cluster: str) -> None:
        tag = {"Key": drain.TAG, "Value": cluster}
        tagged = [{"ResourceType": "security-group", "Tags": [tag]}]
        group = ec2.create_security_group(
            GroupName=f"k8s-{cluster}", Description="k8s", VpcId=subnets[0]["VpcId"], TagSpecifications=tagged
        )["GroupId"]
        interface = ec2.create_network_interface(SubnetId=subnets[0]["SubnetId"], Groups=[group])["NetworkInterface"]
        [target] = elb.create_target_group(
            Name=f"k8s-{cluster[-15:]}", Protocol="HTTP", Port=80, VpcId=subnets[0]["VpcId"], Tags=[tag]
        )["TargetGroups"]
        ids = [each["SubnetId"] for each in subnets]
        [balancer] = elb.create_load_balancer(Name=f"k8s-{cluster[-15:]}", Subnets=ids, Tags=[tag])["LoadBalancers"]
        made.append((elb.delete_load_balancer, {"LoadBalancerArn": balancer["LoadBalancerArn"]}))
        made.append((elb.delete_target_group, {"TargetGroupArn": target["TargetGroupArn"]}))
        made.append((ec2.delete_network_interface, {"NetworkInterfaceId": interface["NetworkInterfaceId"]}))
        made.append((ec2.delete_security_group, {"GroupId": group}))

    def remove() -> list[str]:
        gone = [made.pop(0) for _ in range(4)]
        for operation, arguments in gone:
            operation(**arguments)
        return [next(iter(arguments.values())) for _, arguments in gone]

    make(context.settings.names.prefix)
    make("of-somebody-else")
    yield remove
    while made:
        remove()


@pytest.mark.usefixtures("released")
def test_the_release_of_the_pipeline_goes_before_anything_of_terraform(
    local: Context, server: Api, deployed: Run
) -> None:
    seen: list[bool] = []

    def removes() -> bool:
        seen.extend(bool(state and state.resources) for state in states(local).values())
        return True

    server.removes_ingresses = removes
    server.ingresses.append(with_load_balancer("by-hand", APPLICATION_NAMESPACE))
    assert RELEASE in server.objects

    printed = deployed("destroy")

    assert f"This goes first: ingress {NAME} in realworld, of the release {NAME}" in printed
    assert "This goes first: ingress by-hand in realworld\n" in printed
    assert re.search(rf"Removing first, while {drain.CONTROLLER} runs: helm uninstall {NAME} --namespace ", printed)
    assert seen == [True] * 6, "for each of the two, all three stacks are there"
    assert (server.ingresses, server.objects) == ([], {})
    assert [stack for stack, state in states(local).items() if state and state.resources] == ["vpc"]


@pytest.mark.usefixtures("released")
def test_what_stays_is_named_with_its_command_and_nothing_else_is_touched(
    local: Context, server: Api, deployed: Run
) -> None:
    before = states(local)
    server.removes_ingresses = lambda: False

    with pytest.raises(OperationError, match=r"^this is still there after 0 minutes") as error:
        deployed("destroy")

    assert f"\n  ingress {NAME} in realworld\n" in str(error.value)
    assert states(local) == before
    [command] = re.findall(r"^    (\(.*\))$", str(error.value), re.MULTILINE)
    subprocess.run(["bash", "-c", command[command.index("KUBECONFIG=") : -1]], check=True)
    assert server.ingresses == []


def test_the_controller_stays_until_aws_has_nothing_of_it(
    local: Context, deployed: Run, balanced: Callable[[], list[str]]
) -> None:
    """Also after a release of Terraform itself, whose end is part of the stack app."""
    with pytest.raises(OperationError, match=r"^failed: addons\. Run the same command again"):
        deployed("destroy")
    assert [stack for stack, state in states(local).items() if state and state.resources] == ["vpc", "addons"]

    left = drain.in_aws(local)
    text = str(drain.refusal(local, left, "left"))
    assert [name.rsplit(" ", 1)[0] for name in left] == [
        "load balancer",
        "target group",
        "network interface",
        "security group",
    ]
    commands = re.findall(r"&& (aws .*)\)$", text, re.MULTILINE)
    assert [told(command) for command in commands] == balanced(), "each names what it deletes, in an order that works"
    deployed("destroy")
    assert [stack for stack, state in states(local).items() if state and state.resources] == ["vpc"]


def told(command: str) -> str:
    """The one argument of a command of aws, which is all that its operation needs."""
    _, service, operation, option, value = shlex.split(command)
    model = botocore.session.get_session().get_service_model(service)
    [name] = [each for each in model.operation_names if xform_name(each, "-") == operation]
    shape = model.operation_model(name).input_shape
    assert shape is not None
    assert option.removeprefix("--") in {xform_name(member, "-") for member in shape.members}
    assert {xform_name(member, "-") for member in shape.required_members} <= {option.removeprefix("--")}
    return value


def test_it_waits_and_says_what_for(
    local: Context, deployed: Run, balanced: Callable[[], list[str]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    said: list[str] = []

    def say(sentence: str) -> None:
        said.append(sentence)
        balanced()

    monkeypatch.setattr(drain, "LIMIT_SECONDS", 60)
    drain.require_drained(local, tmp_path / "kubeconfig", say)

    [sentence] = said
    assert re.match(r"Waiting for \d+ seconds: load balancer k8s-realworld-local, target group ", sentence)
    del deployed


def test_a_network_whose_cluster_is_gone_is_not_hung_on(
    local: Context, deployed: Run, balanced: Callable[[], list[str]]
) -> None:
    with pytest.raises(OperationError, match=r"^nothing was destroyed: these hold the network, .*:\n  load balancer "):
        deployed("destroy", ["vpc"])
    state = states(local)["vpc"]
    assert state
    assert state.resources
    balanced()


def test_what_the_network_plugin_has_left_goes_before_the_network(local: Context, deployed: Run) -> None:
    ec2, subnet = local.client("ec2"), local.client("ec2").describe_subnets()["Subnets"][0]["SubnetId"]
    clusters = (local.settings.names.prefix, "of-somebody-else")
    own, other = (
        ec2.create_network_interface(
            SubnetId=subnet,
            TagSpecifications=[
                {
                    "ResourceType": "network-interface",
                    "Tags": [{"Key": "cluster.k8s.amazonaws.com/name", "Value": each}],
                }
            ],
        )["NetworkInterface"]["NetworkInterfaceId"]
        for each in clusters
    )
    deployed("destroy")

    printed = deployed("destroy", ["vpc"])

    assert f"Deleting the network interface {own}, which the VPC CNI has left behind" in printed
    there = [each["NetworkInterfaceId"] for each in ec2.describe_network_interfaces()["NetworkInterfaces"]]
    assert (own in there, other in there) == (False, True)
    ec2.delete_network_interface(NetworkInterfaceId=other)


@pytest.mark.usefixtures("deployed")
def test_what_is_never_found_is_not_looked_for_without_an_end(local: Context) -> None:
    def look() -> drain.Left:
        raise ClientError({"Error": {"Code": "TargetGroupNotFound", "Message": "gone"}}, "DescribeTags")

    with pytest.raises(OperationError, match="TargetGroupNotFound"):
        drain._wait(local, look, print)
