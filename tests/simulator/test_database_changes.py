"""What AWS does with a change of a database: at once, in the maintenance window, or not at all."""

import re
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from imports.aws.provider import AwsProvider
from imports.engine import TerraformStack, Testing
from modules.database.postgres import Postgres
from settings.database import DatabaseSettings
from tests.conftest import Template, synth
from tests.simulator.conftest import Aws, missing_in_moto
from tests.simulator.terraform import REGION, workspace

pytestmark = pytest.mark.slow


def template(group: str, subnets: list[str], **changes: Any) -> Template:
    stack = TerraformStack(Testing.app(), "database")
    AwsProvider(stack, "aws", region=REGION)
    defaults = {
        "engine_version": "16",
        "instance_class": "db.t4g.medium",
        "multi_az": False,
        "backup_retention_days": 1,
    }
    Postgres(
        stack,
        "postgres",
        name="changes",
        settings=DatabaseSettings.model_validate(defaults | changes),
        subnet_ids=subnets,
        security_group_id=group,
        key_arn="arn:aws:kms:us-east-1:123456789012:key/1",
        boundary_arn="arn:aws:iam::aws:policy/PowerUserAccess",
        protected=False,
    )
    return synth(stack)


def create(rds: Any, name: str, **more: Any) -> dict[str, Any]:
    """An instance whose password RDS manages."""
    made = rds.create_db_instance(
        DBInstanceIdentifier=name,
        EngineVersion="17",
        DBInstanceClass="db.t4g.micro",
        Engine="postgres",
        AllocatedStorage=20,
        MasterUsername="realworld",
        ManageMasterUserPassword=True,
        **more,
    )
    return dict(made["DBInstance"])


@missing_in_moto(AssertionError, r"\[True, True, 7\] == \[False, False, 0\]")
def test_a_restored_instance_is_not_protected_as_the_original_is(aws: Aws) -> None:
    rds = aws("rds")
    create(rds, "original", MultiAZ=True, DeletionProtection=True, BackupRetentionPeriod=7)

    found = rds.restore_db_instance_to_point_in_time(
        SourceDBInstanceIdentifier="original",
        TargetDBInstanceIdentifier="restored",
        UseLatestRestorableTime=True,
        BackupRetentionPeriod=0,
    )["DBInstance"]

    given = [found[name] for name in ("MultiAZ", "DeletionProtection", "BackupRetentionPeriod")]
    assert given == [False, False, 0]


def test_a_change_waits_for_the_window_or_is_made_at_once(tmp_path: Path, simulator: Aws) -> None:
    ec2, rds = simulator("ec2"), simulator("rds")
    subnets = [each["SubnetId"] for each in ec2.describe_subnets()["Subnets"]][:2]
    [vpc] = {each["VpcId"] for each in ec2.describe_subnets(SubnetIds=subnets)["Subnets"]}
    group = ec2.describe_security_groups(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["SecurityGroups"][0]["GroupId"]
    stack = workspace(tmp_path / "database", simulator)

    def instance() -> dict[str, Any]:
        [found] = rds.describe_db_instances(DBInstanceIdentifier="changes")["DBInstances"]
        return dict(found)

    stack.write(template(group, subnets))
    stack.apply()

    stack.write(template(group, subnets, instance_class="db.t4g.large"))
    stack.apply()
    assert instance()["DBInstanceClass"] == "db.t4g.medium"
    assert instance()["PendingModifiedValues"] == {"DBInstanceClass": "db.t4g.large"}
    assert 'instance_class                        = "db.t4g.medium" -> "db.t4g.large"' in stack.plan()

    stack.write(template(group, subnets, engine_version="17", apply_immediately=True))
    refused = stack.run("apply", "-auto-approve")
    assert refused.returncode == 1
    assert "The AllowMajorVersionUpgrade flag must be present" in refused.stderr

    upgrade = {"engine_version": "17", "apply_immediately": True, "allow_major_upgrade": True}
    stack.write(template(group, subnets, instance_class="db.t4g.large", **upgrade))
    stack.apply()
    assert instance()["EngineVersion"].split(".")[0] == "17"
    assert (instance()["DBInstanceClass"], instance()["PendingModifiedValues"]) == ("db.t4g.large", {})
    [name] = [each["DBParameterGroupName"] for each in instance()["DBParameterGroups"]]
    [group] = rds.describe_db_parameter_groups(DBParameterGroupName=name)["DBParameterGroups"]
    assert group["DBParameterGroupFamily"] == "postgres17"
    assert stack.plan() == ""


@missing_in_moto(AssertionError, "nothing is offered")
def test_that_it_knows_no_class_of_postgresql_is_said(aws: Aws) -> None:
    said, found = "", []
    try:
        found = aws("rds").describe_orderable_db_instance_options(Engine="postgres")["OrderableDBInstanceOptions"]
    except ClientError as error:
        said = str(error)
    assert found or "no rds:DescribeOrderableDBInstanceOptions" in said, "nothing is offered"


@missing_in_moto(KeyError, "PerformanceInsightsEnabled")
def test_performance_insights_are_turned_on_later(aws: Aws) -> None:
    rds = aws("rds")
    create(rds, "adopted")

    rds.modify_db_instance(DBInstanceIdentifier="adopted", EnablePerformanceInsights=True, ApplyImmediately=True)

    [found] = rds.describe_db_instances(DBInstanceIdentifier="adopted")["DBInstances"]
    assert found["PerformanceInsightsEnabled"] is True
    assert found["PerformanceInsightsRetentionPeriod"] == 7


@missing_in_moto(AssertionError, r"1 == \d")
def test_each_database_has_an_id_of_its_own(aws: Aws) -> None:
    rds = aws("rds")
    for name in ("first", "second"):
        create(rds, name)

    found = [each["DbiResourceId"] for each in rds.describe_db_instances()["DBInstances"]]
    assert len(set(found)) == len(found)
    assert all(re.fullmatch("db-[A-Z0-9]{26}", each) for each in found)


@missing_in_moto(AssertionError, "arn:aws:secr.* == .arn:aws:secr")
def test_a_password_that_rds_manages_stays_in_its_secret(aws: Aws) -> None:
    rds = aws("rds")
    made = create(rds, "managed")

    changed = rds.modify_db_instance(DBInstanceIdentifier="managed", ManageMasterUserPassword=True)["DBInstance"]

    assert changed["MasterUserSecret"]["SecretArn"] == made["MasterUserSecret"]["SecretArn"]
