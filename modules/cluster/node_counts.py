"""How many nodes each node group of a cluster has right now."""

from imports.aws.data_aws_autoscaling_group import DataAwsAutoscalingGroup
from imports.aws.data_aws_autoscaling_groups import DataAwsAutoscalingGroups, DataAwsAutoscalingGroupsFilter
from imports.engine import Construct, TerraformIterator


class NodeCounts(Construct):
    """Read from the Auto Scaling groups that EKS makes and tags; of a cluster that is not there yet there are none.

    EKS wants the number of nodes with every change of sizes, and it belongs to whatever scales them: Terraform can
    neither leave it out, nor keep the one that it knows. EKS itself may tell an old one for a while.
    """

    def __init__(self, scope: Construct, id: str, *, cluster_name: str) -> None:
        super().__init__(scope, id)
        names = DataAwsAutoscalingGroups(
            self, "names", filter=[DataAwsAutoscalingGroupsFilter(name="tag:eks:cluster-name", values=[cluster_name])]
        )
        self._groups = DataAwsAutoscalingGroup(
            self, "groups", for_each=TerraformIterator.from_list(names.names), name="${each.value}"
        )

    def within(self, prefix: str, *, least: int, most: int) -> str:
        """The current number of the group whose name was made of this prefix, and never less or more than that.

        While such a group is being replaced there are two.
        """
        # Terraform makes such a name of the time and a counter.
        mine = f'tag.key == "eks:nodegroup-name" && can(regex("^{prefix}[0-9]{{18}}[0-9a-f]{{8}}$", tag.value))'
        counts = (
            f"[for group in {self._groups.fqn} : group.desired_capacity if anytrue([for tag in group.tag : {mine}])]"
        )
        return f"${{min(max({least}, {counts}...), {most})}}"
