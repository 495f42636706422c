"""make restore-drill on the simulated RDS, with a real PostgreSQL for the original and one for what was restored."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import pytest

from modules.database.postgres import DATABASE, PORT, USER
from operations.context import Context
from operations.drill import throwaway
from tests.operations.commands.postgres import MISSING, PASSWORD, Server, running, sql
from tests.operations.commands.session_manager import alive, session_manager
from tests.operations.conftest import Staging

pytestmark = [pytest.mark.slow, pytest.mark.skipif(bool(MISSING), reason=MISSING)]

ORIGINAL, PARAMETER = "realworld-staging", "/realworld-staging/database/restore-drill"
NOWHERE = "http://127.0.0.1:1"  # without the authorities nothing is verified: the certificate is for psql's test
COMMAND = """
import sys
from operations.commands import psql
from operations.drill import throwaway
psql.AUTHORITIES, throwaway.POLL = sys.argv.pop(), 0.2
from operations.__main__ import main
sys.exit(main())
"""
TABLES = """
create table if not exists _prisma_migrations
  (migration_name text, finished_at timestamptz, rolled_back_at timestamptz);
create table if not exists "Article" (id int, "createdAt" timestamp);
truncate _prisma_migrations, "Article";
insert into _prisma_migrations values ('20260101_initial', '2026-01-01 00:00Z', null),
  ('20260202_tags', '2026-02-02', null);
insert into "Article" select n, timestamp '2026-11-01' + n * interval '1 minute' from generate_series(1, 7) n;
"""


@pytest.fixture(scope="module")
def servers() -> Iterator[tuple[Server, Server]]:
    with running() as original, running() as restored:
        yield original, restored


@pytest.fixture
def deployed(staging: Staging, context: Context, servers: tuple[Server, Server]) -> Iterator[Staging]:
    """The states, the instance, and two servers with the same rows: sessions lead to the second for the restored."""
    for each in servers:
        sql(each, TABLES)
    session_manager(staging, servers[0].port, restored=servers[1].port)
    arn = context.client("secretsmanager").create_secret(
        Name="drill", SecretString=json.dumps({"username": USER, "password": PASSWORD})
    )["ARN"]
    staging.deploy("monitoring", monitoring_instance_id="i-0123")
    rds, ec2 = context.client("rds"), context.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    subnets = []
    for number, zone in enumerate(("us-east-1a", "us-east-1b")):
        subnet = ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.9.{number}.0/24", AvailabilityZone=zone)["Subnet"]
        subnets.append(subnet["SubnetId"])
    group = ec2.create_security_group(GroupName="drill", Description="drill", VpcId=vpc)["GroupId"]
    rds.create_db_subnet_group(DBSubnetGroupName="drill", DBSubnetGroupDescription="drill", SubnetIds=subnets)
    rds.create_db_parameter_group(
        DBParameterGroupName="drill", DBParameterGroupFamily="postgres17", Description="drill"
    )
    key = context.client("kms").create_key()["KeyMetadata"]["Arn"]
    made = rds.create_db_instance(
        DBInstanceIdentifier=ORIGINAL, Engine="postgres", EngineVersion="17", DBInstanceClass="db.t4g.micro",
        AllocatedStorage=20, MasterUsername=USER, ManageMasterUserPassword=True, DBSubnetGroupName="drill",
        VpcSecurityGroupIds=[group], DBParameterGroupName="drill", StorageEncrypted=True, KmsKeyId=key, MultiAZ=True,
        DeletionProtection=True, BackupRetentionPeriod=7,
        Tags=[{"Key": "project", "Value": "realworld"}, {"Key": "environment", "Value": "staging"}],
    )["DBInstance"]  # fmt: skip
    staging.deploy(
        "database",
        database_identifier=ORIGINAL,
        database_address=made["Endpoint"]["Address"],
        database_port=str(PORT),
        database_name=DATABASE,
        database_secret_arn=arn,
    )
    yield staging
    for name in instances(context):
        rds.modify_db_instance(DBInstanceIdentifier=name, DeletionProtection=False, ApplyImmediately=True)
        rds.delete_db_instance(DBInstanceIdentifier=name, SkipFinalSnapshot=True)
    rds.delete_db_subnet_group(DBSubnetGroupName="drill")
    rds.delete_db_parameter_group(DBParameterGroupName="drill")
    context.client("secretsmanager").delete_secret(SecretId=arn, ForceDeleteWithoutRecovery=True)
    for name in passed(context):
        context.client("ssm").delete_parameter(Name=name)


def instances(context: Context) -> list[str]:
    return [each["DBInstanceIdentifier"] for each in context.client("rds").describe_db_instances()["DBInstances"]]


def passed(context: Context) -> list[str]:
    return [
        each["Name"] for each in context.client("ssm").describe_parameters()["Parameters"] if each["Name"] == PARAMETER
    ]


def start(staging: Staging) -> subprocess.Popen[str]:
    path = f"{staging.bin}:/usr/bin:/bin"
    inherited = {"ENVIRONMENT": "staging", "PATH": path, "HOME": str(staging.bin), **staging.context.variables}
    return subprocess.Popen(
        [sys.executable, "-c", COMMAND, "restore-drill", NOWHERE],
        cwd=staging.project.path,
        env=os.environ | inherited,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def drill(staging: Staging) -> tuple[int, str, str]:
    process = start(staging)
    output, said = process.communicate()
    return process.returncode, output, said


def report(staging: Staging) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((staging.project.path / ".local/restore-drill/staging/report.json").read_text())
    return found


def test_a_drill_passes_and_leaves_its_report_and_nothing_else(deployed: Staging, context: Context) -> None:
    code, output, said = drill(deployed)

    assert code == 0, said
    found = report(deployed)
    assert re.fullmatch(r"realworld-staging-drill-\d{14}", found["drill"])
    assert found["errors"] == []
    assert found["schema"] == "20260202_tags"
    assert found["tables"]["public.Article"] == {"rows": 7, "expected": [7, 7]}
    assert 0 <= found["rpo_seconds"] < 600
    assert 0 <= found["rto_seconds"] < 600
    assert output.startswith("# Restore drill of staging: passed\n")
    assert json.loads(output.split("```")[1].removeprefix("json")) == found
    assert instances(context) == [ORIGINAL]
    assert passed(context) == [PARAMETER]
    assert not alive(deployed)
    files = [path for path in deployed.project.path.glob(".local/**/*") if path.is_file()]
    assert [path for path in files if PASSWORD in path.read_text(errors="replace")] == []
    assert PASSWORD not in output + said


def test_a_row_that_is_missing_fails_it(deployed: Staging, context: Context, servers: tuple[Server, Server]) -> None:
    sql(servers[1], 'delete from "Article" where id > 5')

    code, output, said = drill(deployed)

    assert code == 1
    assert "the restore drill of staging failed:\n  public.Article has 5 rows, and should have 7\n" in said
    assert output.startswith("# Restore drill of staging: failed\n")
    assert instances(context) == [ORIGINAL]
    assert passed(context) == []


def test_a_restore_that_cannot_be_reached_fails_it(
    deployed: Staging, context: Context, servers: tuple[Server, Server]
) -> None:
    session_manager(deployed, servers[0].port, restored=9)

    code, _, said = drill(deployed)

    assert code == 1
    assert re.search(r"  realworld-staging-drill-\d+\.\S+ cannot be asked: psql: error: ", said)
    assert instances(context) == [ORIGINAL]
    assert passed(context) == []


@pytest.fixture
def hanging(deployed: Staging) -> Staging:
    """What is restored never answers: psql hangs, and says where."""
    (deployed.bin / "psql").write_text(
        '#!/bin/sh\ncase "$PGHOST" in *-drill-*) touch "$0.hangs"; exec sleep 600;; esac\nexec /usr/bin/psql "$@"\n'
    )
    (deployed.bin / "psql").chmod(0o755)
    return deployed


def in_the_middle(staging: Staging) -> subprocess.Popen[str]:
    process = start(staging)
    while not (staging.bin / "psql.hangs").exists():
        assert process.poll() is None, process.communicate()
        time.sleep(0.1)
    return process


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_an_end_in_the_middle_leaves_nothing(hanging: Staging, context: Context, number: int) -> None:
    process = in_the_middle(hanging)
    assert len(instances(context)) == 2

    process.send_signal(number)

    _, said = process.communicate()
    assert process.returncode == 128 + number, said
    assert instances(context) == [ORIGINAL]
    assert passed(context) == []
    assert not alive(hanging)


def test_what_a_kill_leaves_is_as_the_original_found_by_its_tags_and_removed_by_the_next(
    hanging: Staging, context: Context
) -> None:
    process = in_the_middle(hanging)
    process.kill()
    process.communicate()
    os.kill(int((hanging.bin / "session-manager-plugin.pid").read_text()), signal.SIGKILL)
    settings = context.settings.model_copy(update={"environment": "staging"})
    staging = Context(settings, context.simulator, context.variables)

    [left] = throwaway.left(staging)
    assert throwaway.left(context) == [], "another environment"
    check = throwaway.check(staging)
    assert left in check.found
    assert check.remedy == "make restore-drill ENVIRONMENT=staging removes it first."
    assert not check.fails
    both = {each["DBInstanceIdentifier"]: each for each in context.client("rds").describe_db_instances()["DBInstances"]}
    same = (
        "DBInstanceClass",
        "KmsKeyId",
        "StorageEncrypted",
        "DBParameterGroups",
        "VpcSecurityGroups",
        "DBSubnetGroup",
    )
    assert {name: both[left][name] for name in same} == {name: both[ORIGINAL][name] for name in same}
    other = ("MultiAZ", "DeletionProtection", "BackupRetentionPeriod")
    assert [both[left][name] for name in other] == [False, False, 0]
    assert {each["Key"]: each["Value"] for each in both[left]["TagList"]} == {
        "project": "realworld",
        "environment": "staging",
        "restore-drill": left,
    }

    (hanging.bin / "psql").unlink()
    code, _, said = drill(hanging)

    assert code == 0, said
    assert f"Removing {left}, which a drill that was killed has left\n" in said
    assert instances(context) == [ORIGINAL]
