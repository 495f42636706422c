"""What stays when an environment is destroyed is named with its price and the command that deletes it, which does."""

import os
import re
import subprocess
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import boto3
import pytest
import yaml
from botocore.stub import Stubber
from rich.console import Console

from operations import stays
from operations.context import Context
from operations.stays import DATA, Row, load, show
from settings import load_settings
from tests.conftest import ROOT, Platform, all_of, changed, only
from tests.test_docs import require
from tests.test_runbooks import members

STACKS = ["monitoring", "database", "eks", "dns", "state"]
NAMES = {name: f"<{name}>" for name in ("prefix", "cluster", "database", "domain", "bucket")}
ROWS, READ = load(**NAMES), yaml.safe_load(DATA.read_text())["read"]


def shown(context: Context, stacks: list[str]) -> tuple[dict[str, str], dict[str, str], set[str]]:
    """The rest of each row by what it says, the command of each, and what is returned."""
    console = Console(width=200, record=True)
    kept = show(context, stacks, console)
    text = console.export_text()
    rows = {row.what: found[1].strip() for row in ROWS if (found := re.search(rf"^{row.what}  (.*)$", text, re.M))}
    return rows, dict(re.findall(r"^(\w.*):\n    (\(.*\))$", text, re.M)), kept


def made(context: Context) -> None:
    """Of each row that moto knows, what stays of an environment, and what is of another."""
    aws, prefix, settings = context.client, context.settings.names.prefix, context.settings
    ec2, rds, logs, secrets, kms = (aws(each) for each in ("ec2", "rds", "logs", "secretsmanager", "kms"))
    volume = ec2.create_volume(AvailabilityZone="us-east-1a", Size=100)["VolumeId"]
    for name in (prefix, prefix, "realworld-production"):
        tags = [{"Key": "snapshots", "Value": f"{name}-monitoring"}]
        ec2.create_snapshot(VolumeId=volume, TagSpecifications=[{"ResourceType": "snapshot", "Tags": tags}])
    ec2.delete_volume(VolumeId=volume)
    for name in (prefix, "realworld-production"):
        small = {"DBInstanceClass": "db.t4g.medium", "Engine": "postgres", "AllocatedStorage": 40}
        password = {"MasterUsername": "ana", "ManageMasterUserPassword": True}
        rds.create_db_instance(DBInstanceIdentifier=name, **small, **password)
        rds.create_db_snapshot(DBInstanceIdentifier=name, DBSnapshotIdentifier=f"{name}-before-upgrade")
        rds.delete_db_instance(DBInstanceIdentifier=name, SkipFinalSnapshot=True)
        logs.create_log_group(logGroupName=f"/aws/eks/{name}/cluster")
        secrets.create_secret(Name=f"{name}/jwt-secret", SecretString="x")
        secrets.delete_secret(SecretId=f"{name}/jwt-secret")
    secrets.create_secret(Name=f"{prefix}/in-use", SecretString="x")
    if not logs.describe_log_groups(logGroupNamePrefix="RDSOSMetrics")["logGroups"]:
        logs.create_log_group(logGroupName="RDSOSMetrics")
    for environment, days in ((settings.environment, 7), ("production", 7), (settings.environment, 0)):
        tags = [{"TagKey": "project", "TagValue": settings.project}, {"TagKey": "environment", "TagValue": environment}]
        key = kms.create_key(Tags=tags)["KeyMetadata"]["KeyId"]
        if days:
            kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=days)
    aws("route53").create_hosted_zone(Name=settings.dns.domain, CallerReference="others")


@pytest.mark.slow
def test_what_stays_is_named_and_its_command_deletes_it(context: Context) -> None:
    domain = {"domain": "stays.conduit.link"}
    settings = changed(load_settings("staging"), environment="stays", account=context.settings.account, dns=domain)
    there = replace(context, settings=settings)
    before = set(shown(there, STACKS)[0])
    made(there)

    rows, commands, kept = shown(there, STACKS)

    assert before <= {
        "The state bucket, with states of other environments",
        "The log group of all databases of the account",
    }
    assert list(rows) == [row.what for row in ROWS]
    assert re.match(r"2 +\$10\.00 +for ever", rows["Snapshots of the monitoring volume"])
    assert re.match(r"1 +\$3\.80 +for ever", rows["Snapshots of the database, final and by hand"])
    assert re.match(r"1 +\$0\.50 ", rows["The hosted zone that others have made"])
    assert re.match(r"1 +nothing ", rows["Secrets in their recovery window"])
    assert "secretsmanager realworld-stays/jwt-secret" in kept
    assert set(commands) == {row.what for row in ROWS if row.command and row.what in rows}
    for command in commands.values():
        # Version 1 of the command asks the real RDS, whatever AWS_ENDPOINT_URL says.
        at = f"aws --endpoint-url {context.variables['AWS_ENDPOINT_URL']} "
        shell = re.sub(r'eval "[^"]*" && ', "", command).replace("aws ", at)
        subprocess.run(["bash", "-c", shell], env={**os.environ, **context.variables}, check=True)
    assert set(shown(there, STACKS)[0]) == {"The state bucket, with states of other environments"}
    others = shown(replace(there, settings=changed(settings, environment="production")), STACKS)[0]
    assert len(others) == 6  # snapshots of both kinds, the log group, the secret, the key and the bucket


@pytest.mark.slow
def test_only_what_goes_with_the_stacks_that_are_destroyed_is_named(context: Context) -> None:
    assert not shown(context, ["vpc"])[0].keys() & {row.what for row in ROWS if row.stack}


def test_what_was_adopted_is_asked_for_under_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    adopted = {"eks": {"name": "old-cluster"}, "database": {"identifier": "old-database"}}
    asked: list[str] = []

    def found(_: Context, row: Row) -> list[list[Any]]:
        asked.append(str(row.ask))
        return []

    monkeypatch.setattr(stays, "_found", found)

    show(Context(changed(load_settings("staging"), **adopted), None, {}), STACKS, Console())

    assert [each for each in asked if "/aws/eks/old-cluster/cluster" in each]
    assert [each for each in asked if "DBInstanceIdentifier=='old-database'" in each]


def test_what_may_not_be_asked_is_said_to_be_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything is destroyed by then: it is no reason to fail."""

    asked = {row.ask[0]: iter([each.ask[1] for each in ROWS if each.ask[0] == row.ask[0]]) for row in ROWS}

    def refusing(_: Context, service: str) -> Any:
        client = boto3.client(service, region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b")
        stub = Stubber(client)
        stub.add_client_error(next(asked[service]), "AccessDenied", "no")
        stub.activate()
        return client

    monkeypatch.setattr(Context, "client", refusing)
    rows, commands, kept = shown(Context(load_settings("staging"), None, {}), STACKS)
    assert len(rows) == len(ROWS)
    assert all(re.match(r"\? .*could not be asked: .*AccessDenied", row) for row in rows.values())
    assert (commands, kept) == ({}, set())


@pytest.mark.parametrize("row", [row for row in ROWS if row.command], ids=lambda row: str(row.what))
def test_every_command_is_complete_with_a_name(row: Row) -> None:
    _, service, operation, *options = row.command.split()
    needed, known = members(service, operation)
    assert needed <= set(options) <= known
    assert options[-1] in needed, "the name is the last"


def test_the_rest_goes_with_its_stack(platform: Platform) -> None:
    """Where all may be destroyed, nothing is kept back: no final snapshot, copy, image, name or record."""
    stacks = platform("local")
    database = only(stacks["database"], "aws_db_instance")
    assert (database["skip_final_snapshot"], database["delete_automated_backups"]) == (True, True)
    assert only(stacks["database"], "aws_backup_vault")["force_destroy"]
    assert all(each["force_delete"] for each in all_of(stacks["registry"], "aws_ecr_repository"))
    for stack in stacks.values():
        assert all(each["force_destroy"] for each in all_of(stack, "aws_route53_zone"))
        assert all(each["recovery_window_in_days"] == 0 for each in all_of(stack, "aws_secretsmanager_secret"))
        assert all(each["deletion_window_in_days"] == 7 for each in all_of(stack, "aws_kms_key"))


def test_the_prices_are_looked_at_twice_a_year() -> None:
    newest = READ
    assert date.today() < newest + timedelta(days=180), (
        f"{DATA.relative_to(ROOT)} is of {newest}: compare it with AWS's guides and prices, and write the day into read"
    )


def test_the_document_has_the_same_table() -> None:
    lines = ["| what stays | how long | a month | command |", "|---|---|---|---|"]
    for row in ROWS:
        price = f"${row.price[0]} a {row.price[1]}" if row.price else "nothing"
        command = f"`{row.command} <name>`" if row.command else "-"
        lines.append(f"| {row.what} | {row.until} | {price} | {command} |")
    text = f"Prices are those of us-east-1, looked up on {READ}.\n\n" + "\n".join(lines)
    require("docs/what-stays.md", r"Prices are .*?(?=\n\n[^|])", text)
