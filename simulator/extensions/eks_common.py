"""What the extensions of EKS share: where their things are kept, and how EKS refuses."""

import random
import string
import uuid
from collections.abc import Callable
from typing import Any

from moto.core.utils import utcnow
from moto.eks.exceptions import InvalidParameterException, ResourceInUseException, ResourceNotFoundException
from moto.eks.responses import EKSResponse

NOTHING = {"nodegroupName": None, "fargateProfileName": None, "addonName": None}


def install(*actions: Callable[..., Any]) -> None:
    """Let EKS answer these actions. moto finds an action by the name of the method."""
    for action in actions:
        setattr(EKSResponse, action.__name__, action)


def cluster_of(response: Any) -> Any:
    """The cluster that a request is about. Raises ResourceNotFoundException."""
    name = response._get_param("clusterName") or response._get_param("name")
    return response.eks_backend.describe_cluster(name)


def things(cluster: Any, kind: str) -> dict[str, Any]:
    """The addons, entries, policies, associations or updates of a cluster, kept on moto's own object."""
    store: dict[str, Any] = cluster.__dict__.setdefault(f"extension_{kind}", {})
    return store


def arn(response: Any, resource: str) -> str:
    return f"arn:{response.partition}:eks:{response.region}:{response.current_account}:{resource}"


def new_update(cluster: Any, kind: str) -> dict[str, Any]:
    """An update that is over already, as the provider will ask for it."""
    update = {"id": str(uuid.uuid4()), "status": "Successful", "type": kind, "params": [], "errors": []}
    things(cluster, "updates")[str(update["id"])] = update | {"createdAt": utcnow()}
    return update


def new_id(length: int) -> str:
    return "".join(random.choices(string.ascii_lowercase + string.digits, k=length))


def node_release(version: str) -> str:
    """The newest image for nodes of this Kubernetes version, as EKS names it."""
    return f"{version}.0-20260801"


def not_found(cluster: Any, message: str) -> Exception:
    return ResourceNotFoundException(clusterName=cluster.name, message=message, **NOTHING)


def in_use(cluster: Any, message: str) -> Exception:
    return ResourceInUseException(clusterName=cluster.name, nodegroupName=None, addonName=None, message=message)


def invalid(cluster: Any, message: str) -> Exception:
    return InvalidParameterException(clusterName=cluster.name, message=message, **NOTHING)
