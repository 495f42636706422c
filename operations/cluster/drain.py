"""What has a load balancer goes while its controller lives, and what AWS has for it before the controller goes.

The AWS Load Balancer Controller keeps an Ingress or a Service by a finalizer until its load balancer is gone, and tags
all that it makes with the name of the cluster (kubernetes-sigs/aws-load-balancer-controller, docs/guide/ingress/
annotations.md, "Resource Tags"). Without the controller neither is ever removed, and the network cannot go.
"""

import os
import subprocess
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path

from botocore.exceptions import ClientError

from operations import OperationError, failures
from operations.cluster import api
from operations.cluster.programs import carried
from operations.context import Context, in_shell

CONTROLLER = "aws-load-balancer-controller"  # its release
TAG = "elbv2.k8s.aws/cluster"
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
        environment = context.environment | {"KUBECONFIG": str(path)}
        result = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
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
        f"{each.kind} {each.name} in {each.namespace}": f"{kubectl} patch {each.kind} {each.name} "
        f"--namespace {each.namespace} {release}"
        for each in api.load_balanced(context, path, own)
    }


def in_aws(context: Context) -> Left:
    """What the controller has made for the cluster, in the order in which it can be deleted."""
    elb, ec2 = context.client("elbv2"), context.client("ec2")
    wanted = {"Key": TAG, "Value": context.settings.names.prefix}
    kinds = {
        each["LoadBalancerArn"]: ("load balancer", "load-balancer", each["LoadBalancerName"])
        for page in elb.get_paginator("describe_load_balancers").paginate()
        for each in page["LoadBalancers"]
    } | {
        each["TargetGroupArn"]: ("target group", "target-group", each["TargetGroupName"])
        for page in elb.get_paginator("describe_target_groups").paginate()
        for each in page["TargetGroups"]
    }
    arns = list(kinds)
    tagged = [
        each["ResourceArn"]
        for start in range(0, len(arns), TAGS_AT_ONCE)
        for each in elb.describe_tags(ResourceArns=arns[start : start + TAGS_AT_ONCE])["TagDescriptions"]
        if wanted in each["Tags"]
    ]
    mine = [{"Name": f"tag:{TAG}", "Values": [wanted["Value"]]}]
    groups = [each["GroupId"] for each in ec2.describe_security_groups(Filters=mine)["SecurityGroups"]]
    theirs = [{"Name": "group-id", "Values": groups}]
    interfaces = ec2.describe_network_interfaces(Filters=theirs)["NetworkInterfaces"] if groups else []
    return {
        **{f"{kinds[arn][0]} {kinds[arn][2]}": _delete("elbv2", kinds[arn][1], arn, "-arn") for arn in tagged},
        **{
            f"network interface {each['NetworkInterfaceId']}": _delete(
                "ec2", "network-interface", each["NetworkInterfaceId"], "-id"
            )
            for each in interfaces
        },
        **{f"security group {group}": f"aws ec2 delete-security-group --group-id {group}" for group in groups},
    }


def refusal(context: Context, left: Left, why: str) -> OperationError:
    lines = [f"{why}:", *(f"  {name}" for name in left), "If nothing removes it any more, these commands do, in turn:"]
    commands = (in_shell(context.settings.environment, command) for command in left.values())
    return OperationError("\n".join([*lines, *(f"    {command}" for command in commands)]))


def _delete(service: str, kind: str, name: str, suffix: str) -> str:
    return f"aws {service} delete-{kind} --{kind}{suffix} {name}"


def _wait(context: Context, look: Callable[[], Left], say: Say) -> None:
    began = told = time.monotonic()
    while left := _seen(look):
        now = time.monotonic()
        if now - began >= LIMIT_SECONDS:
            events = "kubectl describe on an Ingress, and the log of its controller, say why"
            raise refusal(context, left, f"this is still there after {LIMIT_SECONDS / 60:.0f} minutes ({events})")
        if now - told >= TELL_SECONDS:
            say(f"Waiting for {now - began:.0f} seconds: {', '.join(left)}")
            told = now
        time.sleep(LOOK_SECONDS)


def _seen(look: Callable[[], Left]) -> Left:
    try:
        return look()
    except ClientError as error:
        if error.response["Error"]["Code"].endswith("NotFound"):  # it went between two questions
            return _seen(look)
        raise OperationError(failures.of_aws(error)) from None
