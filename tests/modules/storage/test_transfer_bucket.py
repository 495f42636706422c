"""What passes through a bucket does not stay in it."""

import pytest

from imports.engine import TerraformStack
from modules.storage.transfer_bucket import TransferBucket
from tests.conftest import only, synth


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
