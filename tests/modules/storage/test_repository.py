"""An image that has a tag stays, and stays the same."""

import json

from imports.engine import TerraformStack
from modules.storage.repository import Repository
from tests.conftest import only, synth


def test_a_tag_of_an_image_never_moves(stack: TerraformStack) -> None:
    Repository(
        stack, "backend", name="acme/backend", key_arn="arn:key", untagged_image_days=14, protected=True, tags={}
    )
    repository = only(synth(stack), "aws_ecr_repository")

    assert repository["image_tag_mutability"] == "IMMUTABLE"
    assert repository["image_scanning_configuration"] == {"scan_on_push": True}
    assert repository["encryption_configuration"] == [{"encryption_type": "KMS", "kms_key": "arn:key"}]
    assert (repository["force_delete"], repository["lifecycle"]) == (False, {"prevent_destroy": True})


def test_what_an_adopted_one_was_created_with_is_left_alone(stack: TerraformStack) -> None:
    Repository(
        stack,
        "backend",
        name="api",
        key_arn="arn:key",
        untagged_image_days=14,
        protected=True,
        adopted=True,
        tags={},
    )
    repository = only(synth(stack), "aws_ecr_repository")

    assert repository["lifecycle"]["ignore_changes"] == ["encryption_configuration"], "another one would replace it"


def test_an_image_with_a_tag_never_expires(stack: TerraformStack) -> None:
    Repository(
        stack, "backend", name="acme/backend", key_arn="arn:key", untagged_image_days=14, protected=True, tags={}
    )
    rules = json.loads(only(synth(stack), "aws_ecr_lifecycle_policy")["policy"])["rules"]

    assert [rule["selection"]["tagStatus"] for rule in rules] == ["untagged"]
    assert rules[0]["selection"]["countNumber"] == 14
