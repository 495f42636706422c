"""EKS Pod Identity associations, which moto lacks: every one of their actions answers 404."""

from typing import Any

from moto.core.responses import ActionResult
from moto.core.utils import utcnow

from simulator.extensions.eks_common import arn, cluster_of, in_use, install, new_id, not_found, things

SUMMARY = ("clusterName", "namespace", "serviceAccount", "associationArn", "associationId")


def apply() -> None:
    install(
        create_pod_identity_association,
        describe_pod_identity_association,
        update_pod_identity_association,
        delete_pod_identity_association,
        list_pod_identity_associations,
    )


def associate(
    response: Any, cluster: Any, *, namespace: str, service_account: str, role_arn: str, tags: dict[str, str]
) -> dict[str, Any]:
    """Give a service account a role. Raises ResourceInUseException when it has one."""
    for each in things(cluster, "associations").values():
        if (each["namespace"], each["serviceAccount"]) == (namespace, service_account):
            raise in_use(cluster, f"Association already exists: {each['associationId']}")
    key = f"a-{new_id(17)}"
    things(cluster, "associations")[key] = {
        "clusterName": cluster.name,
        "namespace": namespace,
        "serviceAccount": service_account,
        "roleArn": role_arn,
        "associationId": key,
        "associationArn": arn(response, f"podidentityassociation/{cluster.name}/{key}"),
        "createdAt": utcnow(),
        "modifiedAt": utcnow(),
        "tags": tags,
    }
    association: dict[str, Any] = things(cluster, "associations")[key]
    return association


def _association(response: Any, cluster: Any) -> dict[str, Any]:
    key = response._get_param("associationId")
    if key not in things(cluster, "associations"):
        raise not_found(cluster, f"No association found for ID: {key}.")
    association: dict[str, Any] = things(cluster, "associations")[key]
    return association


def create_pod_identity_association(self: Any) -> ActionResult:
    association = associate(
        self,
        cluster_of(self),
        namespace=self._get_param("namespace"),
        service_account=self._get_param("serviceAccount"),
        role_arn=self._get_param("roleArn"),
        tags=self._get_param("tags") or {},
    )
    return ActionResult({"association": association})


def describe_pod_identity_association(self: Any) -> ActionResult:
    return ActionResult({"association": _association(self, cluster_of(self))})


def update_pod_identity_association(self: Any) -> ActionResult:
    association = _association(self, cluster_of(self))
    association["roleArn"] = self._get_param("roleArn") or association["roleArn"]
    return ActionResult({"association": association})


def delete_pod_identity_association(self: Any) -> ActionResult:
    cluster = cluster_of(self)
    association = _association(self, cluster)
    del things(cluster, "associations")[association["associationId"]]
    return ActionResult({"association": association})


def list_pod_identity_associations(self: Any) -> ActionResult:
    found = things(cluster_of(self), "associations").values()
    return ActionResult({"associations": [{key: each[key] for key in SUMMARY} for each in found]})
