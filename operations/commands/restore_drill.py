"""make restore-drill: the database, restored beside itself, compared, and thrown away, with the times that it takes."""

import json
import signal
import sys
import time
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from operations import LOCAL, OperationError, failures
from operations.commands import doctor
from operations.commands.hosts import leave, open_host, outputs_of
from operations.commands.psql import CLIENT, HOST, reachable
from operations.context import Context
from operations.drill import throwaway
from operations.drill.comparison import bounds, errors, measure

LOG_ATTEMPTS = 120  # for half an hour: RDS stores its log every five minutes
ENDS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def restore_drill(environment: str) -> None:
    """Raises OperationError for a drill that failed, whatever was left of it removed."""
    client = doctor.on_path("PostgreSQL", "psql", CLIENT)
    context, host = open_host(environment, HOST, command="make restore-drill", programs=[client])
    database = outputs_of(context, "database")
    for each in throwaway.left(context):
        _say(f"Removing {each}, which a drill that was killed has left")
        throwaway.remove(context, each)
    name = f"{context.settings.names.prefix}-drill-{datetime.now(UTC):%Y%m%d%H%M%S}"
    report: dict[str, Any] = {"environment": environment, "drill": name, "errors": []}
    for number in ENDS:
        signal.signal(number, leave)
    try:
        _drill(context, host["monitoring_instance_id"], database, report)
    except (OperationError, BotoCoreError, ClientError) as error:
        report["errors"] = [failures.text(error)]
    finally:
        for number in ENDS:
            signal.signal(number, signal.SIG_IGN)
        throwaway.remove(context, name)
        _say(f"Removed {name}")
    folder, text = LOCAL / "restore-drill" / environment, json.dumps(report, indent=2)
    verdict = "failed" if report["errors"] else "passed"
    page = f"# Restore drill of {environment}: {verdict}\n\n```json\n{text}\n```\n"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "report.json").write_text(text, encoding="utf-8")
    (folder / "report.md").write_text(page, encoding="utf-8")
    print(page)
    if report["errors"]:
        raise OperationError(f"the restore drill of {environment} failed:", *(f"  {each}" for each in report["errors"]))
    parameter = context.settings.names.restore_drill_parameter
    context.client("ssm").put_parameter(Name=parameter, Value=name, Type="String", Overwrite=True)


def _drill(context: Context, host: str, database: dict[str, Any], report: dict[str, Any]) -> None:
    """Writes into the report what is known so far; times are in seconds."""
    with reachable(context, host, database) as way:
        before = measure(way)
    original, point = _restorable(context, database["database_identifier"], before.at, report)
    _say(f"Restoring {database['database_identifier']} to {point:%Y-%m-%d %H:%M:%S} as {report['drill']}")
    began = time.monotonic()
    address = throwaway.restore(context, original, report["drill"], point)
    with reachable(context, host, database | {"database_address": address}) as way:
        restored = measure(way)
    report |= {"rto_seconds": round(time.monotonic() - began), "schema": restored.schema}
    with reachable(context, host, database) as way:
        after = measure(way)
    report["newest_row_seconds"] = restored.newest and round(point.timestamp() - restored.newest)
    report["tables"] = {
        name: {"rows": there.rows, "expected": bounds(before.tables[name], after.tables.get(name))}
        for name, there in restored.tables.items()
        if name in before.tables
    }
    report["errors"] = errors(before, after, restored)


def _restorable(context: Context, name: str, since: float, report: dict[str, Any]) -> tuple[dict[str, Any], datetime]:
    """The instance, once it can be restored to a moment after since. What would be lost until then is the RPO."""
    report["rpo_seconds"] = 0
    for _ in range(LOG_ATTEMPTS):
        [found] = context.client("rds").describe_db_instances(DBInstanceIdentifier=name)["DBInstances"]
        point = found.get("LatestRestorableTime", datetime.fromtimestamp(0, UTC)).astimezone(UTC)
        report["point"] = point.isoformat()
        report["rpo_seconds"] = max(report["rpo_seconds"], round(time.time() - point.timestamp()))
        if point.timestamp() > since:
            return found, point
        time.sleep(throwaway.POLL)
    raise OperationError(f"{name} could only be restored to {point:%Y-%m-%d %H:%M:%S}, and that does not change")


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
