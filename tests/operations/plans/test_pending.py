"""What waits for the maintenance window is said, in the words of AWS's own API."""

from types import SimpleNamespace
from typing import Any, cast

import boto3
import pytest
from botocore.stub import Stubber

from operations.context import Context
from operations.plans.pending import notes
from settings import load_settings

INSTANCE = {"PreferredMaintenanceWindow": "sun:04:30-sun:05:30"}
WAITING = {"PendingModifiedValues": {"DBInstanceClass": "db.t4g.large", "EngineVersion": "17.6"}}
SAID = (
    "AWS does this at sun:04:30-sun:05:30 UTC: DBInstanceClass db.t4g.large, EngineVersion 17.6; "
    "database.apply_immediately: true does it now"
)


@pytest.mark.parametrize(
    ("instances", "said"), [([INSTANCE | WAITING], {"database": SAID}), ([INSTANCE], {}), (None, {})]
)
def test_a_change_that_waits_is_named_with_its_window(instances: list[Any] | None, said: dict[str, str]) -> None:
    client = boto3.client("rds", region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b")
    context = cast(Context, SimpleNamespace(settings=load_settings("local"), client=lambda _: client))
    with Stubber(client) as aws:
        asked = {"DBInstanceIdentifier": "realworld-local"}
        if instances is None:
            aws.add_client_error("describe_db_instances", "DBInstanceNotFound", expected_params=asked)
        else:
            aws.add_response("describe_db_instances", {"DBInstances": instances}, asked)
        assert notes(context, ["vpc", "database"]) == said

    assert notes(context, ["vpc"]) == {}
