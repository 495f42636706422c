"""A key opens to those that it names, and is not gone by accident."""

import json

from imports.engine import TerraformStack
from modules.secrets.key import Key
from tests.conftest import only, synth


def test_a_key_rotates_and_opens_to_named_services_of_this_account_only(stack: TerraformStack) -> None:
    Key(
        stack,
        "key",
        name="acme-database",
        description="Data",
        account="111122223333",
        protected=True,
        services=["cloudwatch.amazonaws.com"],
    )
    key = only(synth(stack), "aws_kms_key")

    root, service = json.loads(key["policy"])["Statement"]
    assert key["enable_key_rotation"] is True
    assert root["Principal"] == {"AWS": "arn:aws:iam::111122223333:root"}
    assert service["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
    assert service["Condition"] == {"StringEquals": {"aws:SourceAccount": "111122223333"}}
    assert (key["deletion_window_in_days"], key["lifecycle"]) == (30, {"prevent_destroy": True})
