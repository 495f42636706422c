"""Log groups have an end to their retention, also those that services have made, or make again."""

from pathlib import Path

import pytest

from imports.aws.provider import AwsProvider
from imports.engine import TerraformStack, Testing
from modules.cluster.cluster import Cluster
from modules.storage.log_group import log_group
from settings.aws import EksSettings
from tests.conftest import Template, synth
from tests.simulator.conftest import Aws
from tests.simulator.terraform import REGION, workspace
from tests.simulator.test_gaps_of_logs import groups, new_instance

pytestmark = pytest.mark.slow

GROUP = {"instance_types": ["t3.large"], "min_size": 1, "max_size": 1}


def new_stack() -> TerraformStack:
    stack = TerraformStack(Testing.app(), "logs")
    AwsProvider(stack, "aws", region=REGION)
    return stack


def cluster(subnets: list[str]) -> Template:
    stack = new_stack()
    Cluster(
        stack,
        "cluster",
        name="coming-back",
        settings=EksSettings.model_validate({"node_groups": {"general": GROUP}, "log_retention_days": 7}),
        role_arn="arn:aws:iam::123456789012:role/cluster",
        key_arn="arn:aws:kms:us-east-1:123456789012:key/1",
        subnet_ids=subnets,
        protected=False,
    )
    return synth(stack)


def test_a_cluster_is_made_again_although_its_log_group_came_back(tmp_path: Path, simulator: Aws) -> None:
    subnets = [subnet["SubnetId"] for subnet in simulator("ec2").describe_subnets()["Subnets"][:2]]
    name = "/aws/eks/coming-back/cluster"
    stack = workspace(tmp_path / "cluster", simulator)
    stack.write(cluster(subnets))

    stack.apply()
    assert groups(simulator, name) == {name: 7}
    assert stack.plan() == ""
    stack.destroy()
    assert groups(simulator, name) == {name: None}, "EKS has written its last lines"
    stack.apply()

    assert groups(simulator, name) == {name: 7}
    assert stack.plan() == ""
    stack.destroy()


def test_a_group_that_rds_has_made_is_adopted(tmp_path: Path, simulator: Aws) -> None:
    """As on a platform that is older than its log groups in Terraform."""
    new_instance(simulator, "older", EnableCloudwatchLogsExports=["postgresql"])
    stack = workspace(tmp_path / "database", simulator)
    owned = new_stack()
    for log in ("postgresql", "upgrade"):  # of which RDS has made one
        log_group(owned, log, name=f"/aws/rds/instance/older/{log}", retention_days=30)
    stack.write(synth(owned))

    applied = stack.apply()

    assert "Plan: 1 to import, 1 to add, 1 to change, 0 to destroy." in applied
    assert groups(simulator, "/aws/rds/instance/older") == dict.fromkeys(
        [f"/aws/rds/instance/older/{log}" for log in ("postgresql", "upgrade")], 30
    )
    assert stack.plan() == ""
    stack.destroy()
