"""Plan and deploy stop before Terraform where AWS has moved a cluster on by itself."""

import json
from collections.abc import Callable

import pytest

from operations import OperationError
from tests.operations.plans.conftest import Environment


@pytest.mark.slow
def test_a_cluster_that_eks_has_upgraded_is_not_planned_backwards(environment: Callable[..., Environment]) -> None:
    made = environment(one={"a": {}})
    eks, ec2 = made.context.client("eks"), made.context.client("ec2")
    subnets = [each["SubnetId"] for each in ec2.describe_subnets()["Subnets"][:2]]
    network = {"subnetIds": subnets}
    eks.create_cluster(
        name="moved", version="1.35", roleArn="arn:aws:iam::123456789012:role/a", resourcesVpcConfig=network
    )
    cluster = {"aws_eks_cluster": {"a": {"name": "moved", "version": "1.34"}}}
    made.change("one", lambda template: template["resource"].update(json.loads(json.dumps(cluster))))

    for command in (lambda: made.plan(folder=False), lambda: made.deploy(folder=False)):
        with pytest.raises(
            OperationError, match=r'Write eks\.kubernetes_version: "1\.35" into environments/local\.yaml'
        ):
            command()
    assert not (made.folder.parent / ".local" / "logs").exists()
    eks.delete_cluster(name="moved")
