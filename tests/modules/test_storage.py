"""Buckets, repositories and keys: private, encrypted, and not gone by accident."""

import json

import pytest

from imports.engine import TerraformStack
from modules.bucket import Bucket
from modules.key import Key
from modules.repository import Repository
from modules.transfer_bucket import TransferBucket
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


def test_what_passes_through_a_bucket_is_gone_within_days_old_versions_and_markers_too(stack: TerraformStack) -> None:
    TransferBucket(stack, "transfers", name="acme-runner", protected=True)
    files, markers = only(synth(stack), "aws_s3_bucket_lifecycle_configuration")["rule"]

    assert [rule["filter"] for rule in (files, markers)] == [[{"prefix": ""}]] * 2
    assert {rule["status"] for rule in (files, markers)} == {"Enabled"}
    assert files["expiration"] == [{"days": 1}]
    assert files["noncurrent_version_expiration"] == [{"noncurrent_days": 1}]
    assert files["abort_incomplete_multipart_upload"] == [{"days_after_initiation": 1}]
    assert markers["expiration"] == [{"expired_object_delete_marker": True}]


@pytest.mark.parametrize("protected", [True, False])
def test_what_passes_through_a_bucket_holds_up_its_end_only_where_it_is_protected(
    stack: TerraformStack, protected: bool
) -> None:
    TransferBucket(stack, "transfers", name="acme-runner", protected=protected)
    bucket = only(synth(stack), "aws_s3_bucket")

    assert (bucket["force_destroy"], bucket["lifecycle"]) == (not protected, {"prevent_destroy": protected})


def test_a_tag_of_an_image_never_moves(stack: TerraformStack) -> None:
    Repository(stack, "backend", name="acme/backend", key_arn="arn:key", untagged_image_days=14, protected=True)
    repository = only(synth(stack), "aws_ecr_repository")

    assert repository["image_tag_mutability"] == "IMMUTABLE"
    assert repository["image_scanning_configuration"] == {"scan_on_push": True}
    assert repository["encryption_configuration"] == [{"encryption_type": "KMS", "kms_key": "arn:key"}]
    assert (repository["force_delete"], repository["lifecycle"]) == (False, {"prevent_destroy": True})


def test_an_image_with_a_tag_never_expires(stack: TerraformStack) -> None:
    Repository(stack, "backend", name="acme/backend", key_arn="arn:key", untagged_image_days=14, protected=True)
    rules = json.loads(only(synth(stack), "aws_ecr_lifecycle_policy")["policy"])["rules"]

    assert [rule["selection"]["tagStatus"] for rule in rules] == ["untagged"]
    assert rules[0]["selection"]["countNumber"] == 14


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
