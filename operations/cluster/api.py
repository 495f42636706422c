"""The Kubernetes API of an environment, asked with the credentials that Terraform will use.

The helm provider drops a release that it cannot read from the state (measured with version 3.1.1). So a stack in the
cluster is not even planned while the API is away: its objects would survive a destroy, and no state would know them.
"""

import json
import os
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from operations import LOCAL, OperationError
from operations.cluster.programs import carried, run
from operations.context import GIVEN, Context
from operations.engine import state_bucket

REQUEST_SECONDS = 10
EXEC_API = "client.authentication.k8s.io/v1"
REVIEWS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
EVERYTHING = {"verb": "*", "group": "*", "resource": "*"}
LOAD_BALANCED = {"ingress": "/apis/networking.k8s.io/v1/ingresses", "service": "/api/v1/services"}


class Unreachable(OperationError):
    """The API does not answer, or does not let these credentials do what the stacks need."""


@dataclass(frozen=True)
class Object:
    """Something that has a load balancer. release is the Helm release that it belongs to, as namespace and name."""

    kind: str
    namespace: str
    name: str
    release: tuple[str, str] | None

    def __str__(self) -> str:
        return f"{self.kind} {self.name} in {self.namespace}"


def kubeconfig_of(context: Context) -> Path | None:
    """The file to log in with: the one that takes the place of EKS, or one for EKS. None where there is no cluster."""
    if given := context.environment.get(GIVEN):
        return Path(given)
    state = None if context.simulator else state_bucket.read(context, "eks")
    if state is None or "cluster_endpoint" not in state.outputs:
        return None
    path = LOCAL / "kubeconfig" / f"{context.settings.environment}.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(kubeconfig(state.outputs, context.settings.region)), encoding="utf-8")
    return path


def kubeconfig(outputs: dict[str, Any], region: str) -> dict[str, Any]:
    """As modules/cluster/cluster_connection.py logs Terraform in: by a command, so that no token is written down."""
    name = outputs["cluster_name"]
    login = ["eks", "get-token", "--cluster-name", name, "--region", region, "--output", "json"]
    command = {"apiVersion": EXEC_API, "command": "aws", "args": login, "interactiveMode": "Never"}
    server = {
        "server": outputs["cluster_endpoint"],
        "certificate-authority-data": outputs["cluster_certificate_authority_data"],
    }
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": name,
        "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
        "clusters": [{"name": name, "cluster": server}],
        "users": [{"name": name, "user": {"exec": command}}],
    }


def require(context: Context) -> Path:
    """The file to log in with, when the API answers and lets who asks do everything.

    Raises Unreachable with what it says instead, and what to do.
    """
    path = kubeconfig_of(context)
    if path is None:
        raise Unreachable("there is no cluster: its stack eks is not deployed, or KUBECONFIG is not set")
    review = {"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview"}
    body = json.dumps({**review, "spec": {"resourceAttributes": EVERYTHING}})
    answer = _ask(context, path, "create", "--raw", REVIEWS, "-f", "-", body=body)
    if not answer.get("status", {}).get("allowed"):
        raise Unreachable(f"the Kubernetes API lets {_who(context)} in, but not do everything: {_remedy(context)}")
    return path


def require_own(context: Context) -> None:
    """Raises Unreachable when KUBECONFIG leads a simulated AWS to a cluster of EKS, as in a shell for another one."""
    path = context.environment[GIVEN]
    asked = ["config", "view", "--minify", "--output=jsonpath={.clusters[0].cluster.server}"]
    server = run("kubectl", *asked, environment=context.environment, kubeconfig=Path(path)).stdout
    if server.endswith(".eks.amazonaws.com"):
        raise Unreachable(
            f"KUBECONFIG={path} names {server}, a cluster of EKS, and {context.settings.environment} is only "
            "applied to one on this machine: unset KUBECONFIG"
        )


def answers(context: Context) -> bool:
    try:
        require(context)
    except Unreachable:
        return False
    return True


def load_balanced(context: Context, path: Path, but: Collection[tuple[str, str]]) -> list[Object]:
    """What has a load balancer in any namespace, but for what belongs to these releases: (namespace, name)."""
    found = []
    for kind, url in LOAD_BALANCED.items():
        for each in _ask(context, path, "get", "--raw", url)["items"]:
            name, namespace = each["metadata"]["name"], each["metadata"]["namespace"]
            said = each["metadata"].get("annotations") or {}
            owner = said.get("meta.helm.sh/release-name")
            release = (said.get("meta.helm.sh/release-namespace", namespace), owner) if owner else None
            if release not in but and (kind == "ingress" or each["spec"].get("type") == "LoadBalancer"):
                found.append(Object(kind, namespace, name, release))
    return found


def removal(objects: Sequence[Object], *, wait: bool = True) -> list[list[str]]:
    """The commands that remove them, for who has set KUBECONFIG: release by release, the others one by one."""
    helm, kubectl = (os.path.relpath(carried(name)) for name in ("helm", "kubectl"))
    until = ["--wait", "--timeout", "10m"] if wait else []
    commands = [
        [helm, "uninstall", each.release[1], "--namespace", each.release[0], *until]
        if each.release
        else [kubectl, "delete", each.kind, each.name, "--namespace", each.namespace, f"--wait={str(wait).lower()}"]
        for each in objects
    ]
    return [command for index, command in enumerate(commands) if command not in commands[:index]]


def _ask(context: Context, path: Path, *arguments: str, body: str | None = None) -> Any:
    limit = f"--request-timeout={REQUEST_SECONDS}s"
    result = run("kubectl", limit, *arguments, environment=context.environment, kubeconfig=path, body=body)
    if result.returncode != 0:
        said = result.stderr.strip().splitlines() or ["kubectl ended without a word"]
        has_it = f"KUBECONFIG={path}" if GIVEN in context.environment else context.settings.names.cluster
        raise Unreachable(
            f"the Kubernetes API of {has_it} does not answer {_who(context)} ({said[-1]}): {_remedy(context)}"
        )
    return json.loads(result.stdout)


def _who(context: Context) -> str:
    return "the user of the kubeconfig" if GIVEN in context.environment else "these AWS credentials"


def _remedy(context: Context) -> str:
    if GIVEN in context.environment:
        return "start that cluster, or correct the file"
    return (
        "the role that you are logged in with has to be in eks.admin_role_arns, and this machine in "
        f"eks.public_access_cidrs or inside the VPC; make deploy STACK=eks ENVIRONMENT={context.settings.environment} "
        "changes both"
    )
