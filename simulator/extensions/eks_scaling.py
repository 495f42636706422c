"""The Auto Scaling group behind a node group, which moto only names, and the sizes that EKS takes.

No instance is started for it: the simulated EKS has no nodes. Its tags are those that the service-linked role of node
groups may set (AWS publishes the policy as AWSServiceRoleForAmazonEKSNodegroup, statement AllowASGCreationByEKS). Its
desired capacity is that of the node group, whoever changes it: EKS, or an autoscaler through the group (EKS API
reference, NodegroupScalingConfig).

The messages are those that people have met: for an update with too few nodes terraform-aws-modules/terraform-aws-eks
3306, else sassoftware/viya4-iac-aws 298, rancher/rancher 30994, ministryofjustice/cloud-platform-infrastructure 4595.
"""

from typing import Any

from moto.autoscaling.models import FakeAutoScalingGroup, autoscaling_backends
from moto.eks import models

from simulator.extensions.eks_common import invalid


class NodesScalingGroup(FakeAutoScalingGroup):
    def set_desired_capacity(self, new_capacity: int | None) -> None:
        self.desired_capacity = new_capacity

    def _set_launch_configuration(self, *_: Any) -> None:
        """The launch template is that of the node group."""

    has_cfn_attr = is_created = None  # type: ignore[assignment]  # CloudFormation has nothing to do with it


def apply() -> None:
    delete = models.EKSBackend.delete_nodegroup

    def delete_nodegroup(self: Any, cluster_name: str, nodegroup_name: str) -> Any:
        group: Any = delete(self, cluster_name, nodegroup_name)
        backend = autoscaling_backends[self.account_id][self.region_name]
        del backend.autoscaling_groups[group.scaling_group.name]
        return group

    models.EKSBackend.delete_nodegroup = delete_nodegroup  # type: ignore[method-assign]
    models.Nodegroup.scaling_config = property(_sizes, _resize)  # type: ignore[assignment]


def check(cluster: Any, sizes: dict[str, int], *, update: bool = False) -> None:
    """Raises InvalidParameterException unless the sizes are in order."""
    least, wanted, most = sizes["minSize"], sizes["desiredSize"], sizes["maxSize"]
    if least > most:
        raise invalid(cluster, "minSize can't be greater than maxSize")
    if least > wanted:
        known = f"Minimum capacity {least} can't be greater than desired size {wanted}"
        raise invalid(cluster, known if update else "minSize can't be greater than desiredSize")
    if wanted > most:
        raise invalid(cluster, "desiredSize can't be greater than maxSize")


def start(response: Any, group: Any) -> None:
    """Put an Auto Scaling group behind a node group that has just been made."""
    backend = autoscaling_backends[response.current_account][response.region]
    sizes = group.scaling_config
    name = f"eks-{group.nodegroup_name}-{group.uuid}"
    backend.autoscaling_groups[name] = NodesScalingGroup(
        name=name,
        availability_zones=[],
        desired_capacity=sizes["desiredSize"],
        max_size=sizes["maxSize"],
        min_size=sizes["minSize"],
        launch_config_name="",
        launch_template={},
        vpc_zone_identifier=",".join(group.subnets),
        default_cooldown=None,
        health_check_period=15,
        health_check_type="EC2",
        load_balancers=[],
        target_group_arns=[],
        placement_group=None,
        termination_policies=[],
        autoscaling_backend=backend,
        ec2_backend=backend.ec2_backend,
        tags=[
            {"Key": "eks:cluster-name", "Value": group.cluster_name},
            {"Key": "eks:nodegroup-name", "Value": group.nodegroup_name},
            {"Key": "k8s.io/cluster-autoscaler/enabled", "Value": "true"},
            {"Key": f"k8s.io/cluster-autoscaler/{group.cluster_name}", "Value": "owned"},
            {"Key": f"kubernetes.io/cluster/{group.cluster_name}", "Value": "owned"},
        ],
        mixed_instances_policy=None,
        capacity_rebalance=group.capacity_type == "SPOT",
    )
    group.resources["autoScalingGroups"] = [{"name": name}]
    group.scaling_group = backend.autoscaling_groups[name]


def _sizes(group: Any) -> dict[str, int]:
    sizes: dict[str, int] = group.__dict__["sizes"]
    behind = group.__dict__.get("scaling_group")
    return {**sizes, "desiredSize": behind.desired_capacity} if behind else sizes


def _resize(group: Any, sizes: dict[str, int]) -> None:
    group.__dict__["sizes"] = sizes
    if behind := group.__dict__.get("scaling_group"):
        behind.min_size, behind.max_size = sizes["minSize"], sizes["maxSize"]
        behind.desired_capacity = sizes["desiredSize"]
