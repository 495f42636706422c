"""A bucket is private, versioned, and never gone by accident."""

import json

from imports.engine import TerraformStack
from modules.storage.bucket import Bucket
from tests.conftest import only, synth


def test_a_bucket_is_private_versioned_and_answers_tls_only(stack: TerraformStack) -> None:
    Bucket(stack, "bucket", name="acme-state", protected=True)
    found = synth(stack)

    block = only(found, "aws_s3_bucket_public_access_block")
    assert {key for key, value in block.items() if value is True} == {
        "block_public_acls",
        "block_public_policy",
        "ignore_public_acls",
        "restrict_public_buckets",
    }
    assert only(found, "aws_s3_bucket_versioning")["versioning_configuration"] == {"status": "Enabled"}
    [denied] = json.loads(only(found, "aws_s3_bucket_policy")["policy"])["Statement"]
    assert (denied["Effect"], denied["Principal"], denied["Action"]) == ("Deny", {"AWS": "*"}, ["s3:*"])
    assert denied["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_a_bucket_is_never_emptied_by_terraform(stack: TerraformStack) -> None:
    Bucket(stack, "bucket", name="acme-state", protected=True)
    bucket = only(synth(stack), "aws_s3_bucket")

    assert "force_destroy" not in bucket
    assert bucket["lifecycle"] == {"prevent_destroy": True}
