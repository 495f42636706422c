"""EKS add-ons, which moto lacks: every one of their actions answers 404."""

import uuid
from typing import Any

from moto.core.responses import ActionResult
from moto.core.utils import utcnow

from simulator.extensions.eks_common import arn, cluster_of, in_use, install, invalid, new_update, not_found, things
from simulator.extensions.eks_pod_identity import associate

# Names that EKS knows, and the version that an add-on gets when none is asked for.
VERSIONS = {
    "aws-ebs-csi-driver": "v1.50.1-eksbuild.1",
    "coredns": "v1.12.4-eksbuild.1",
    "eks-pod-identity-agent": "v1.3.9-eksbuild.1",
    "kube-proxy": "v1.35.0-eksbuild.1",
    "metrics-server": "v0.8.0-eksbuild.1",
    "vpc-cni": "v1.20.3-eksbuild.1",
}
SETTABLE = ("addonVersion", "serviceAccountRoleArn", "configurationValues")


def apply() -> None:
    install(create_addon, describe_addon, update_addon, delete_addon, list_addons)


def _addon(response: Any, cluster: Any) -> dict[str, Any]:
    name = response._get_param("addonName")
    if name not in things(cluster, "addons"):
        raise not_found(cluster, f"No addon: {name} found in cluster: {cluster.name}")
    addon: dict[str, Any] = things(cluster, "addons")[name]
    return addon


def create_addon(self: Any) -> ActionResult:
    cluster, name = cluster_of(self), self._get_param("addonName")
    if name not in VERSIONS:
        raise invalid(cluster, f"Addon {name} specified is not supported")
    if name in things(cluster, "addons"):
        raise in_use(cluster, "Addon already exists.")
    addon_arn = arn(self, f"addon/{cluster.name}/{name}/{uuid.uuid4()}")
    addon = {
        "addonName": name,
        "clusterName": cluster.name,
        "status": "ACTIVE",
        "addonVersion": VERSIONS[name],
        "health": {"issues": []},
        "addonArn": addon_arn,
        "createdAt": utcnow(),
        "modifiedAt": utcnow(),
        "tags": self._get_param("tags") or {},
        "podIdentityAssociations": [
            associate(
                self,
                cluster,
                namespace="kube-system",
                service_account=each["serviceAccount"],
                role_arn=each["roleArn"],
                tags={},
            )["associationArn"]
            for each in self._get_param("podIdentityAssociations") or []
        ],
    }
    things(cluster, "addons")[name] = addon | _given(self)
    return ActionResult({"addon": things(cluster, "addons")[name]})


def _given(response: Any) -> dict[str, Any]:
    return {key: value for key in SETTABLE if (value := response._get_param(key)) is not None}


def describe_addon(self: Any) -> ActionResult:
    return ActionResult({"addon": _addon(self, cluster_of(self))})


def update_addon(self: Any) -> ActionResult:
    cluster = cluster_of(self)
    _addon(self, cluster).update(_given(self) | {"modifiedAt": utcnow()})
    return ActionResult({"update": new_update(cluster, "AddonUpdate")})


def delete_addon(self: Any) -> ActionResult:
    cluster = cluster_of(self)
    addon = _addon(self, cluster)
    del things(cluster, "addons")[addon["addonName"]]
    owned = addon["podIdentityAssociations"]
    for key, each in list(things(cluster, "associations").items()):
        if each["associationArn"] in owned:
            del things(cluster, "associations")[key]
    return ActionResult({"addon": addon | {"status": "DELETING"}})


def list_addons(self: Any) -> ActionResult:
    return ActionResult({"addons": list(things(cluster_of(self), "addons"))})
