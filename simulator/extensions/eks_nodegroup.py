"""EKS node groups: the version of the cluster, the update settings, and updates in place.

moto gives a node group a version of its own and a way in by SSH, and forgets update_config: Terraform replaces it at
every plan. It has no updates of node groups, and takes every type of instance. EKS refuses what does not exist, and
what the image cannot run on: terraform-aws-modules/terraform-aws-eks 1279, HHS/simpler-grants-gov 12404.
"""

from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.models.instance_types import INSTANCE_TYPES

from settings import offered
from simulator.extensions import eks_scaling
from simulator.extensions.eks_common import cluster_of, install, invalid, new_update, node_release


def apply() -> None:
    install(create_nodegroup, update_nodegroup_config, update_nodegroup_version)


def create_nodegroup(self: Any) -> ActionResult:
    cluster = cluster_of(self)
    version = self._get_param("version") or cluster.version
    template = self._get_param("launchTemplate")
    if sizes := self._get_param("scalingConfig"):
        eks_scaling.check(cluster, sizes)
    _check(cluster, self.region, self._get_param("instanceTypes") or [], self._get_param("amiType") or "AL2023_x86_64")
    group = self.eks_backend.create_nodegroup(
        cluster_name=cluster.name,
        nodegroup_name=self._get_param("nodegroupName"),
        scaling_config=sizes,
        disk_size=self._get_int_param("diskSize"),
        subnets=self._get_param("subnets"),
        instance_types=self._get_param("instanceTypes"),
        ami_type=self._get_param("amiType"),
        remote_access=self._get_param("remoteAccess"),
        node_role=self._get_param("nodeRole"),
        labels=self._get_param("labels"),
        taints=self._get_param("taints"),
        tags=self._get_param("tags"),
        client_request_token=self._get_param("clientRequestToken"),
        launch_template=template,
        capacity_type=self._get_param("capacityType"),
        version=version,
        release_version=self._get_param("releaseVersion") or node_release(version),
    )
    group.update_config = self._get_param("updateConfig") or {"maxUnavailable": 1}
    group.remote_access = self._get_param("remoteAccess")
    if not group.remote_access:
        group.resources.pop("remoteAccessSecurityGroup", None)
    if template:  # the size of the disk is the template's matter
        group.disk_size = None
    eks_scaling.start(self, group)
    return ActionResult({"nodegroup": group})


def _check(cluster: Any, region: str, types: list[str], image: str) -> None:
    if missing := sorted(set(types) - (offered.instance_types(region) or set(types))):
        raise invalid(cluster, f"The following supplied instance types do not exist: [{', '.join(missing)}]")
    for each in filter(INSTANCE_TYPES.get, types):
        runs = INSTANCE_TYPES[each]["ProcessorInfo"]["SupportedArchitectures"]
        if ("arm64" if "ARM_64" in image else "x86_64") not in runs:
            raise invalid(cluster, f"[{each}] is not a valid instance type for requested amiType {image}")


def update_nodegroup_config(self: Any) -> ActionResult:
    cluster = cluster_of(self)
    group = self.eks_backend.describe_nodegroup(cluster.name, self._get_param("nodegroupName"))
    if scaling := self._get_param("scalingConfig"):
        sizes = {**group.scaling_config, **scaling}
        eks_scaling.check(cluster, sizes, update=True)
        group.scaling_config = sizes
    if update := self._get_param("updateConfig"):
        group.update_config = update
    if labels := self._get_param("labels"):
        kept = {key: value for key, value in group.labels.items() if key not in labels.get("removeLabels", [])}
        group.labels = kept | labels.get("addOrUpdateLabels", {})
    if taints := self._get_param("taints"):
        added = taints.get("addOrUpdateTaints", [])
        gone = {(taint["key"], taint["effect"]) for taint in added + taints.get("removeTaints", [])}
        group.taints = [taint for taint in group.taints if (taint["key"], taint["effect"]) not in gone] + added
    return ActionResult({"update": new_update(cluster, "ConfigUpdate")})


def update_nodegroup_version(self: Any) -> ActionResult:
    cluster = cluster_of(self)
    group = self.eks_backend.describe_nodegroup(cluster.name, self._get_param("nodegroupName"))
    if version := self._get_param("version"):
        group.version, group.release_version = version, node_release(version)
    if release := self._get_param("releaseVersion"):
        group.release_version = release
    if template := self._get_param("launchTemplate"):
        group.launch_template = {**(group.launch_template or {}), **template}
    return ActionResult({"update": new_update(cluster, "VersionUpdate")})
