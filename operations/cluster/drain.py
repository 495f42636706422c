"""What has a load balancer goes while its controller lives, and what AWS has for it before the controller goes.

The AWS Load Balancer Controller keeps an Ingress or a Service by a finalizer until its load balancer is gone, and tags
all that it makes with the name of the cluster (kubernetes-sigs/aws-load-balancer-controller, docs/guide/ingress/
annotations.md, "Resource Tags"). Without the controller neither is ever removed, and the network cannot go.
"""

import os
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from botocore import xform_name
from botocore.exceptions import ClientError

from operations import OperationError, failures
from operations.cluster import api
from operations.cluster.programs import carried, run
from operations.context import Context, in_shell
from operations.recovery.lookup import listed

CONTROLLER = "aws-load-balancer-controller"  # its release
TAG = "elbv2.k8s.aws/cluster"
CNI_TAG, EKS_TAG = "cluster.k8s.amazonaws.com/name", "aws:eks:cluster-name"
LIMIT_SECONDS = 900
LOOK_SECONDS, TELL_SECONDS = 10, 30
TAGS_AT_ONCE = 20  # DescribeTags of Elastic Load Balancing takes no more

Say = Callable[[str], None]
Left = Mapping[str, str]  # what is there, with the command that removes it


def remove(
    context: Context, path: Path, objects: Sequence[api.Object], own: Collection[tuple[str, str]], say: Say
) -> None:
    """Uninstall the releases of these objects, delete the others, and wait until they are gone. path is a kubeconfig.

    own are the releases that are not waited for. Raises OperationError with what is left and the commands for it.
    """
    for command in api.removal(objects, wait=False):
        say(f"Removing first, while {CONTROLLER} runs: {' '.join([Path(command[0]).name, *command[1:]])}")
        program, *arguments = command
        result = run(Path(program).name, *arguments, environment=context.environment, kubeconfig=path)
        if result.returncode != 0:
            raise OperationError(f"nothing was destroyed, because {' '.join(command)} fails: {result.stderr.strip()}")
    if objects:
        _wait(context, lambda: in_kubernetes(context, path, own), say)


def require_drained(context: Context, path: Path, say: Say) -> None:
    """Wait until neither Kubernetes nor AWS has any of it. Raises OperationError as remove does."""
    _wait(context, lambda: {**in_kubernetes(context, path, ()), **in_aws(context)}, say)


def in_kubernetes(context: Context, path: Path, own: Collection[tuple[str, str]]) -> Left:
    kubectl = f"KUBECONFIG={os.path.relpath(path)} {os.path.relpath(carried('kubectl'))}"
    release = """--type merge --patch '{"metadata":{"finalizers":null}}'"""
    return {
        str(each): f"{kubectl} patch {each.kind} {each.name} --namespace {each.namespace} {release}"
        for each in api.load_balanced(context, path, own)
    }


def in_aws(context: Context) -> Left:
    """What the controller has made for the cluster, in the order in which it can be deleted."""
    elb, ec2, cluster = context.client("elbv2"), context.client("ec2"), context.settings.names.cluster
    balancers = listed(elb, "describe_load_balancers", "LoadBalancers[].[LoadBalancerArn, LoadBalancerName]", {})
    targets = listed(elb, "describe_target_groups", "TargetGroups[].[TargetGroupArn, TargetGroupName]", {})
    kinds = {arn: ("load-balancer", name) for arn, name in balancers}
    kinds |= {arn: ("target-group", name) for arn, name in targets}
    arns = list(kinds)
    tagged = [
        each["ResourceArn"]
        for start in range(0, len(arns), TAGS_AT_ONCE)
        for each in elb.describe_tags(ResourceArns=arns[start : start + TAGS_AT_ONCE])["TagDescriptions"]
        if {"Key": TAG, "Value": cluster} in each["Tags"]
    ]
    groups = _ids(ec2, "SecurityGroup", {f"tag:{TAG}": [cluster]})
    interfaces = _ids(ec2, "NetworkInterface", {"group-id": groups}) if groups else []
    return {
        **{_title(kinds[arn][0], kinds[arn][1]): _delete("elbv2", kinds[arn][0], "arn", arn) for arn in tagged},
        **{_title("network-interface", key): _delete("ec2", "network-interface", "id", key) for key in interfaces},
        **{_title("security-group", key): f"aws ec2 delete-security-group --group-id {key}" for key in groups},
    }


def sweep(context: Context, say: Say) -> None:
    """Delete what outlives nodes and cluster, and holds their network. Raises OperationError.

    Interfaces of the VPC CNI stay where a node ended after one was detached and before it was deleted, and then EKS
    leaves the security group of the cluster that they have (aws/amazon-vpc-cni-k8s issues 608 and 1223 and its
    pkg/awsutils/awsutils.go; aws/aws-k8s-tester pull request 416).
    """
    ec2, cluster = context.client("ec2"), context.settings.names.cluster
    try:
        for key in _ids(ec2, "NetworkInterface", {f"tag:{CNI_TAG}": [cluster], "status": ["available"]}):
            say(f"Deleting the network interface {key}, which the VPC CNI has left behind")
            ec2.delete_network_interface(NetworkInterfaceId=key)
        for key in _ids(ec2, "SecurityGroup", {f"tag:{EKS_TAG}": [cluster]}):
            say(f"Deleting the security group {key}, which EKS has left behind")
            ec2.delete_security_group(GroupId=key)
    except ClientError as error:
        raise OperationError(failures.of_aws(error)) from None


def _ids(ec2: Any, kind: str, filters: Mapping[str, list[str]]) -> list[str]:
    asked = {"Filters": [{"Name": name, "Values": values} for name, values in filters.items()]}
    key = f"{kind}s[].{kind.removeprefix('Security')}Id"
    return listed(ec2, f"describe_{xform_name(kind)}s", key, asked)


def refusal(context: Context, left: Left, why: str) -> OperationError:
    lines = [f"{why}:", *(f"  {name}" for name in left), "If nothing removes it any more, these commands do, in turn:"]
    commands = (in_shell(context.settings.environment, command) for command in left.values())
    return OperationError(*lines, *(f"    {command}" for command in commands))


def _title(kind: str, name: str) -> str:
    return f"{kind.replace('-', ' ')} {name}"


def _delete(service: str, kind: str, key: str, value: str) -> str:
    return f"aws {service} delete-{kind} --{kind}-{key} {value}"


def _wait(context: Context, look: Callable[[], Left], say: Say) -> None:
    began = told = time.monotonic()
    while True:
        now = time.monotonic()
        over = now - began >= LIMIT_SECONDS
        try:
            left: Left = look()
        except ClientError as error:
            if over or not error.response["Error"]["Code"].endswith("NotFound"):
                raise OperationError(failures.of_aws(error)) from None
            left = {"something that goes just now": ""}  # between two questions
        if not left:
            return
        if over:
            events = "kubectl describe on an Ingress, and the log of its controller, say why"
            raise refusal(context, left, f"this is still there after {LIMIT_SECONDS / 60:.0f} minutes ({events})")
        if now - told >= TELL_SECONDS:
            say(f"Waiting for {now - began:.0f} seconds: {', '.join(left)}")
            told = now
        time.sleep(LOOK_SECONDS)
