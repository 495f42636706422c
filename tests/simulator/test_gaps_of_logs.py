"""Log groups that services make by themselves: the test names the behaviour, the decorator what plain moto does."""

from typing import Any

import pytest

from tests.simulator.conftest import Aws, missing_in_moto
from tests.simulator.test_gaps_of_eks import new_cluster

pytestmark = pytest.mark.slow

LOGGING = {"clusterLogging": [{"types": ["api", "audit"], "enabled": True}]}


def groups(aws: Aws, prefix: str) -> dict[str, int | None]:
    """The retention of each log group, in days."""
    found = aws("logs").describe_log_groups(logGroupNamePrefix=prefix)["logGroups"]
    return {each["logGroupName"]: each.get("retentionInDays") for each in found}


@missing_in_moto(AssertionError, r"\{\} == ")
def test_eks_makes_the_group_of_a_cluster_and_makes_it_again_for_its_last_lines(aws: Aws) -> None:
    name = "/aws/eks/logging/cluster"
    new_cluster(aws, "logging", logging=LOGGING)
    assert groups(aws, name) == {name: None}

    aws("eks").delete_cluster(name="logging")
    aws("logs").delete_log_group(logGroupName=name)

    assert groups(aws, name) == {name: None}
    aws("logs").delete_log_group(logGroupName=name)
    assert groups(aws, name) == {}


def test_a_cluster_without_logs_has_no_group(simulator: Aws) -> None:
    new_cluster(simulator, "silent")

    assert groups(simulator, "/aws/eks/silent/") == {}


def new_instance(aws: Aws, name: str, **arguments: Any) -> None:
    aws("rds").create_db_instance(
        DBInstanceIdentifier=name,
        DBInstanceClass="db.t4g.micro",
        Engine="postgres",
        AllocatedStorage=20,
        MasterUsername="realworld",
        ManageMasterUserPassword=True,
        **arguments,
    )


@missing_in_moto(AssertionError, r"\{\} == ")
def test_rds_makes_a_group_for_each_log_that_is_exported_and_leaves_it_behind(aws: Aws) -> None:
    new_instance(aws, "exporting", EnableCloudwatchLogsExports=["postgresql"])
    assert groups(aws, "/aws/rds/") == {"/aws/rds/instance/exporting/postgresql": None}

    aws("rds").modify_db_instance(
        DBInstanceIdentifier="exporting", CloudwatchLogsExportConfiguration={"EnableLogTypes": ["upgrade"]}
    )
    aws("rds").delete_db_instance(DBInstanceIdentifier="exporting", SkipFinalSnapshot=True)

    names = [f"/aws/rds/instance/exporting/{log}" for log in ("postgresql", "upgrade")]
    assert groups(aws, "/aws/rds/") == dict.fromkeys(names)


@missing_in_moto(AssertionError, r"\{\} == ")
def test_enhanced_monitoring_writes_into_one_group_of_the_account(aws: Aws) -> None:
    role = "arn:aws:iam::123456789012:role/monitoring"
    new_instance(aws, "monitored", MonitoringInterval=60, MonitoringRoleArn=role)

    assert groups(aws, "RDSOSMetrics") == {"RDSOSMetrics": 30}
