"""The sizes of a node group follow the settings, and the number of nodes whatever scales them."""

import re
from pathlib import Path
from typing import Any

import pytest

from imports.aws.provider import AwsProvider
from imports.engine import TerraformStack, Testing
from modules.cluster.node_counts import NodeCounts
from modules.cluster.node_group import NodeGroup
from settings.aws import NodeGroupSettings
from tests.conftest import Template, synth
from tests.simulator.conftest import Aws
from tests.simulator.terraform import REGION, workspace
from tests.simulator.test_gaps_of_eks import new_cluster

pytestmark = pytest.mark.slow

GROUPS = {"general": {"min_size": 2, "max_size": 4}, "general-2": {"min_size": 1, "max_size": 9}}


def template(subnets: list[str], *, release: str | None = None, **changes: Any) -> Template:
    """Two groups, of which one has a name that starts with that of the other; the changes are for the first."""
    stack = TerraformStack(Testing.app(), "nodes")
    AwsProvider(stack, "aws", region=REGION)
    counts = NodeCounts(stack, "counts", cluster_name="sizes")
    for name, sizes in GROUPS.items():
        NodeGroup(
            stack,
            name,
            name=name,
            settings=NodeGroupSettings.model_validate(
                {"instance_types": ["t3.large"], **sizes, **(changes if name == "general" else {})}
            ),
            cluster_name="sizes",
            cluster_version="1.34",
            release=release,
            role_arn="arn:aws:iam::123456789012:role/node",
            subnet_ids=subnets,
            tags={},
            counts=counts,
            after=[],
        )
    return synth(stack)


def test_the_sizes_follow_the_settings_and_the_number_of_nodes_the_autoscaler(tmp_path: Path, simulator: Aws) -> None:
    eks, autoscaling = simulator("eks"), simulator("autoscaling")
    subnets = new_cluster(simulator, "sizes")["resourcesVpcConfig"]["subnetIds"]
    stack = workspace(tmp_path / "nodes", simulator)

    def sizes() -> list[tuple[int, int, int]]:
        """Least, wanted and most, of each group that there is."""
        found = (
            eks.describe_nodegroup(clusterName="sizes", nodegroupName=name)["nodegroup"]["scalingConfig"]
            for name in sorted(eks.list_nodegroups(clusterName="sizes")["nodegroups"])
        )
        return [(each["minSize"], each["desiredSize"], each["maxSize"]) for each in found]

    def scale(group: str, wanted: int) -> None:
        """What an autoscaler does."""
        [name] = [
            each["AutoScalingGroupName"]
            for each in autoscaling.describe_auto_scaling_groups()["AutoScalingGroups"]
            if each["AutoScalingGroupName"].startswith(f"eks-{group}-20")
        ]
        autoscaling.set_desired_capacity(AutoScalingGroupName=name, DesiredCapacity=wanted)

    def releases() -> set[str]:
        names = eks.list_nodegroups(clusterName="sizes")["nodegroups"]
        found = (eks.describe_nodegroup(clusterName="sizes", nodegroupName=name)["nodegroup"] for name in names)
        return {each["releaseVersion"] for each in found}

    stack.write(template(subnets, release="1.34.0-20260601"))
    stack.apply()
    assert releases() == {"1.34.0-20260601"}
    assert sizes() == [(1, 1, 9), (2, 2, 4)]
    assert stack.plan() == ""

    scale("general-2", 8)
    stack.write(template(subnets, min_size=3))
    assert '~ release_version = "1.34.0-20260601" -> "1.34.0-20260801"' in re.sub(" +", " ", stack.plan())
    stack.apply()
    assert releases() == {"1.34.0-20260801"}, "the newest that is published"
    assert sizes() == [(1, 8, 9), (3, 3, 4)]

    scale("general", 4)
    assert stack.plan() == ""
    stack.write(template(subnets, min_size=2, max_size=6))
    stack.apply()
    assert sizes() == [(1, 8, 9), (2, 4, 6)]

    scale("general", 6)
    stack.write(template(subnets, min_size=2, max_size=5))
    stack.apply()
    assert sizes() == [(1, 8, 9), (2, 5, 5)]

    stack.write(template(subnets, min_size=2, max_size=5, instance_types=["t3.xlarge"]))
    replaced = stack.plan()
    assert "+/-" in replaced
    stack.apply()
    assert sizes() == [(1, 8, 9), (2, 5, 5)]
    assert stack.plan() == ""
    stack.destroy()
