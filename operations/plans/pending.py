"""What AWS has accepted and not done yet: every plan shows it again until then."""

from collections.abc import Sequence

from botocore.exceptions import BotoCoreError, ClientError

from operations.context import Context

DATABASE = "database"


def notes(context: Context, stacks: Sequence[str]) -> dict[str, str]:
    """By stack, what waits for a maintenance window, as far as these credentials may ask."""
    if DATABASE not in stacks:
        return {}
    name = context.settings.names.database
    try:
        found = context.client("rds").describe_db_instances(DBInstanceIdentifier=name)["DBInstances"]
    except (BotoCoreError, ClientError):  # there is none yet, or nobody may look
        return {}
    values = {kind: value for each in found for kind, value in each.get("PendingModifiedValues", {}).items()}
    if not values:
        return {}
    said = ", ".join(f"{kind} {value}" for kind, value in sorted(values.items()))
    window = found[0]["PreferredMaintenanceWindow"]
    return {DATABASE: f"AWS does this at {window} UTC: {said}; database.apply_immediately: true does it now"}
