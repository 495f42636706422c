"""EKS clusters: what was asked for is what is there, and updates have the shape that the provider reads.

moto keeps neither access_config nor upgrade_policy, gives a cluster no VPC and no security group, and answers updates
with something else: differences at every plan, or a replacement. An upgrade by more than one minor version, or a
downgrade, is refused as AWS does.
"""

import base64
from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.models import ec2_backends
from moto.eks import models, urls
from moto.eks.responses import EKSResponse

from simulator.extensions import log_groups
from simulator.extensions.eks_common import cluster_of, install, invalid, new_id, new_update, not_found, things

CERTIFICATE = base64.b64encode(b"-----BEGIN CERTIFICATE-----\nsimulated\n-----END CERTIFICATE-----\n").decode()


def apply() -> None:
    create = EKSResponse.create_cluster
    delete = models.EKSBackend.delete_cluster

    def create_cluster(self: Any) -> ActionResult:
        create(self)
        cluster = self.eks_backend.describe_cluster(self._get_param("name"))
        _complete(self, cluster)
        log_groups.start(self, cluster)
        return ActionResult({"cluster": cluster})

    def delete_cluster(self: Any, name: str) -> Any:
        cluster = delete(self, name)
        group = cluster.resources_vpc_config.get("clusterSecurityGroupId")
        ec2_backends[self.account_id][self.region_name].delete_security_group(group_id=group)
        return cluster

    models.EKSBackend.delete_cluster = delete_cluster  # type: ignore[method-assign]
    install(create_cluster, update_cluster_config, update_cluster_version, describe_update)
    # moto has urls for clusters, their node groups and their Fargate profiles only.
    dispatch = urls.response.dispatch
    urls.url_paths["{0}/clusters/(?P<rest>.+)$"] = dispatch
    urls.url_paths["{0}/addons/(?P<rest>.+)$"] = dispatch


def _complete(response: Any, cluster: Any) -> None:
    host = f"{new_id(32).upper()}.gr7.{response.region}.eks.amazonaws.com"
    cluster.endpoint = f"https://{host}"
    cluster.certificate_authority = {"data": CERTIFICATE}
    cluster.version = response._get_param("version")
    access = response._get_param("accessConfig") or {}
    cluster.access_config = {
        "authenticationMode": access.get("authenticationMode", "CONFIG_MAP"),
        "bootstrapClusterCreatorAdminPermissions": access.get("bootstrapClusterCreatorAdminPermissions", True),
    }
    cluster.upgrade_policy = response._get_param("upgradePolicy") or {"supportType": "EXTENDED"}
    cluster.kubernetes_network_config = {
        "serviceIpv4Cidr": "172.20.0.0/16",
        "ipFamily": "ipv4",
        **(cluster.kubernetes_network_config or {}),
    }
    if logging := response._get_param("logging"):
        cluster.logging = logging

    ec2 = ec2_backends[response.current_account][response.region]
    wanted = cluster.resources_vpc_config
    vpc_id = ec2.describe_subnets(subnet_ids=wanted["subnetIds"])[0].vpc_id
    group = ec2.create_security_group(
        f"eks-cluster-sg-{cluster.name}-{new_id(9)}",
        "EKS created security group applied to ENI that is attached to EKS Control Plane master nodes",
        vpc_id=vpc_id,
        tags={f"kubernetes.io/cluster/{cluster.name}": "owned", "aws:eks:cluster-name": cluster.name},
    )
    cluster.resources_vpc_config = {
        "endpointPublicAccess": True,
        "endpointPrivateAccess": False,
        "publicAccessCidrs": ["0.0.0.0/0"],
        **wanted,
        "vpcId": vpc_id,
        "clusterSecurityGroupId": group.id,
    }


def update_cluster_config(self: Any) -> ActionResult:
    cluster = cluster_of(self)
    kind = "ConfigUpdate"
    if endpoint := self._get_param("resourcesVpcConfig"):
        cluster.resources_vpc_config.update(endpoint)
        kind = "EndpointAccessUpdate"
    if logging := self._get_param("logging"):
        cluster.logging = logging
        kind = "LoggingUpdate"
    if access := self._get_param("accessConfig"):
        cluster.access_config.update(access)
        kind = "AccessConfigUpdate"
    if policy := self._get_param("upgradePolicy"):
        cluster.upgrade_policy = policy
        kind = "UpgradePolicyUpdate"
    return ActionResult({"update": new_update(cluster, kind)})


def update_cluster_version(self: Any) -> ActionResult:
    cluster, version = cluster_of(self), self._get_param("version")
    if int(version.split(".")[1]) - int(cluster.version.split(".")[1]) != 1:
        raise invalid(cluster, f"Unsupported Kubernetes minor version update from {cluster.version} to {version}")
    cluster.version = version
    return ActionResult({"update": new_update(cluster, "VersionUpdate")})


def describe_update(self: Any) -> ActionResult:
    cluster, update = cluster_of(self), self._get_param("updateId")
    if update not in things(cluster, "updates"):
        raise not_found(cluster, f"No update found for ID: {update}.")
    return ActionResult({"update": things(cluster, "updates")[update]})
