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
from operations.commands.hosts import open_host, outputs_of
from operations.commands.psql import CLIENT, HOST, leave, reachable
from operations.context import Context
from operations.drill import throwaway
from operations.drill.comparison import Measure, PasswordRefused, bounds, measure, mistakes

LOG_ATTEMPTS = 120  # for half an hour: RDS stores its log every five minutes
ENDS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def restore_drill(environment: str) -> None:
    """Raises OperationError for a drill that failed, whatever was left of it removed."""
    client = doctor.on_path("PostgreSQL", "psql", CLIENT)
    context, host = open_host(environment, HOST, command="make restore-drill", programs=[client])
    for each in throwaway.left(context):
        _say(f"Removing {each}, which a drill that was killed has left")
        throwaway.remove(context, each)
    drill = _Drill(context, host["monitoring_instance_id"], outputs_of(context, "database"))
    for number in ENDS:
        signal.signal(number, leave)
    try:
        drill.run()
    except (OperationError, BotoCoreError, ClientError) as error:
        drill.report["mistakes"] = [failures.text(error)]
    finally:
        for number in ENDS:
            signal.signal(number, signal.SIG_IGN)
        throwaway.remove(context, drill.report["drill"])
        _say(f"Removed {drill.report['drill']}")
    page = _written(drill.report)
    print(page)
    if wrong := drill.report["mistakes"]:
        raise OperationError(f"the restore drill of {environment} failed:", *(f"  {each}" for each in wrong))
    parameter = context.settings.names.restore_drill_parameter
    context.client("ssm").put_parameter(Name=parameter, Value=drill.report["drill"], Type="String", Overwrite=True)


class _Drill:
    """One drill. The report has what is known of it so far; times are in seconds."""

    def __init__(self, context: Context, instance: str, database: dict[str, Any]) -> None:
        self._context, self._instance, self._database = context, instance, database
        name = f"{context.settings.names.prefix}-drill-{datetime.now(UTC):%Y%m%d%H%M%S}"
        self.report: dict[str, Any] = {"environment": context.settings.environment, "drill": name, "mistakes": []}

    def run(self) -> None:
        before = self._ask(self._database["database_address"])
        original, point = self._restorable(before.at)
        identifier, began = self.report["drill"], time.monotonic()
        _say(f"Restoring {original['DBInstanceIdentifier']} to {point:%Y-%m-%d %H:%M:%S} as {identifier}")
        address = throwaway.restore(self._context, original, identifier, point)
        restored = self._ask(address)
        self.report["rto_seconds"] = round(time.monotonic() - began)
        after = self._ask(self._database["database_address"])
        newest = restored.newest and round(point.timestamp() - restored.newest)
        tables = {
            name: {"rows": table.rows, "expected": bounds(before.tables[name], after.tables.get(name))}
            for name, table in restored.tables.items()
            if name in before.tables
        }
        self.report |= {"point": point.isoformat(), "schema": restored.schema, "newest_row_seconds": newest}
        self.report |= {"tables": tables, "mistakes": mistakes(before, after, restored)}

    def _restorable(self, since: float) -> tuple[dict[str, Any], datetime]:
        """The instance, once it can be restored to a moment after since. What would be lost until then is the RPO."""
        name, worst = self._database["database_identifier"], 0.0
        for _ in range(LOG_ATTEMPTS):
            [found] = self._context.client("rds").describe_db_instances(DBInstanceIdentifier=name)["DBInstances"]
            point = found.get("LatestRestorableTime", datetime.fromtimestamp(0, UTC)).astimezone(UTC)
            worst = max(worst, time.time() - point.timestamp())
            self.report["rpo_seconds"] = round(worst)
            if point.timestamp() > since:
                return found, point
            time.sleep(throwaway.POLL)
        raise OperationError(f"{name} could only be restored to {point:%Y-%m-%d %H:%M:%S}, and that does not change")

    def _ask(self, address: str) -> Measure:
        """The password of now, or that before: RDS may have changed it since the point that was restored."""
        for stage in ("AWSCURRENT", "AWSPREVIOUS"):
            with reachable(self._context, self._instance, self._database | {"database_address": address}, stage) as way:
                try:
                    return measure(way)
                except PasswordRefused:
                    if stage == "AWSPREVIOUS":
                        raise
        raise AssertionError


def _written(report: dict[str, Any]) -> str:
    """The report as a page, which is beside its JSON in .local/restore-drill/<environment>/."""
    lines = [f"# Restore drill of {report['environment']}: {'failed' if report['mistakes'] else 'passed'}", ""]
    lines += [f"- {name}: {value}" for name, value in report.items() if name not in ("mistakes", "tables")]
    lines += ["", *(f"**{each}**\n" for each in report["mistakes"]), "| table | rows | expected |", "|---|---|---|"]
    for name, table in report.get("tables", {}).items():
        lines.append(f"| {name} | {table['rows']} | {' to '.join(map(str, dict.fromkeys(table['expected'])))} |")
    folder, page = LOCAL / "restore-drill" / report["environment"], "\n".join([*lines, ""])
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "report.json").write_text(json.dumps(report, indent=2), encoding="utf-8")
    (folder / "report.md").write_text(page, encoding="utf-8")
    return page


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
