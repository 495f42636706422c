"""An instance that is restored beside the original, found again by its tags, and removed."""

import time
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError, WaiterError

from operations import OperationError
from operations.checks import Check
from operations.context import Context

TAG = "restore-drill"  # its value is the id of the drill
POLL, ATTEMPTS = 15, 360  # seconds, and for an hour and a half


def left(context: Context) -> list[str]:
    """The identifiers of what drills of this environment have restored, and is there still."""
    own = {"project": context.settings.project, "environment": context.settings.environment}
    found = []
    for page in context.client("rds").get_paginator("describe_db_instances").paginate():
        for each in page["DBInstances"]:
            tags = {tag["Key"]: tag["Value"] for tag in each.get("TagList", [])}
            found += [each["DBInstanceIdentifier"]] * (TAG in tags and own.items() <= tags.items())
    return found


def check(context: Context) -> Check:
    """What doctor says, which changes nothing."""
    found = left(context)
    remedy = f"make restore-drill ENVIRONMENT={context.settings.environment} removes it first." if found else ""
    said = f"runs, or was killed and costs: {', '.join(found)}" if found else "has left nothing"
    return Check("Restore drill", said, remedy, stops=False)


def restore(context: Context, original: dict[str, Any], identifier: str, point: datetime) -> str:
    """The address at which it answers. As the original, but for what makes a database outlive errors or costs twice.

    Its key is that of the original by itself, and its passwords are those of that point: that RDS manages one is not
    carried over, and to ask for it is for Oracle only (RDS API reference, RestoreDBInstanceToPointInTime).
    Raises OperationError for an instance that never is available.
    """
    rds, settings = context.client("rds"), context.settings
    tags = {"project": settings.project, "environment": settings.environment, TAG: identifier}
    rds.restore_db_instance_to_point_in_time(
        SourceDBInstanceIdentifier=original["DBInstanceIdentifier"],
        TargetDBInstanceIdentifier=identifier,
        RestoreTime=point,
        DBInstanceClass=original["DBInstanceClass"],
        DBParameterGroupName=original["DBParameterGroups"][0]["DBParameterGroupName"],
        DBSubnetGroupName=original["DBSubnetGroup"]["DBSubnetGroupName"],
        VpcSecurityGroupIds=[group["VpcSecurityGroupId"] for group in original["VpcSecurityGroups"]],
        PubliclyAccessible=False,
        MultiAZ=False,
        DeletionProtection=False,
        BackupRetentionPeriod=0,
        Tags=[{"Key": name, "Value": value} for name, value in tags.items()],
    )
    _wait(context, "db_instance_available", identifier, "was restored, and is not available")
    return str(rds.describe_db_instances(DBInstanceIdentifier=identifier)["DBInstances"][0]["Endpoint"]["Address"])


def remove(context: Context, identifier: str) -> None:
    """Until it is gone; while it is being made, RDS may refuse that. Raises OperationError where it stays."""
    for _ in range(ATTEMPTS):
        try:
            context.client("rds").delete_db_instance(
                DBInstanceIdentifier=identifier, SkipFinalSnapshot=True, DeleteAutomatedBackups=True
            )
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code == "DBInstanceNotFound":
                return
            if code != "InvalidDBInstanceState":
                raise OperationError(f"{identifier} is there still, and costs: {error}") from None
            if "being deleted" not in str(error):
                time.sleep(POLL)
                continue
        _wait(context, "db_instance_deleted", identifier, "is there still, and costs")
        return


def _wait(context: Context, until: str, identifier: str, otherwise: str) -> None:
    waiter = context.client("rds").get_waiter(until)
    try:
        waiter.wait(DBInstanceIdentifier=identifier, WaiterConfig={"Delay": POLL, "MaxAttempts": ATTEMPTS})
    except WaiterError as error:
        raise OperationError(f"{identifier} {otherwise}: {error}") from None
