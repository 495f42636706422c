import re
from typing import Any

from imports.engine import TerraformStack
from modules.database.postgres import FIXED, Postgres
from settings.database import DatabaseSettings
from tests.conftest import Template, addresses, all_of, only, synth


def template(stack: TerraformStack, *, protected: bool = True, **changes: Any) -> Template:
    defaults = {"instance_class": "db.t4g.medium", "multi_az": True, "backup_retention_days": 7}
    Postgres(
        stack,
        "postgres",
        name="acme-test",
        settings=DatabaseSettings.model_validate(defaults | changes),
        subnet_ids=["subnet-a", "subnet-b"],
        security_group_id="sg-1",
        key_arn="arn:aws:kms:us-east-1:111122223333:key/1",
        boundary_arn="arn:aws:iam::111122223333:policy/acme-boundary",
        protected=protected,
    )
    return synth(stack)


def test_its_security_group_alone_says_who_can_connect(stack: TerraformStack) -> None:
    instance = only(template(stack), "aws_db_instance")

    assert instance["vpc_security_group_ids"] == ["sg-1"]
    assert instance["publicly_accessible"] is False


def test_the_password_is_made_and_kept_by_rds(stack: TerraformStack) -> None:
    instance = only(template(stack), "aws_db_instance")

    assert instance["manage_master_user_password"] is True
    assert not [argument for argument in instance if re.match(r"password", argument)]


def test_connections_without_tls_are_refused(stack: TerraformStack) -> None:
    parameters = only(template(stack), "aws_db_parameter_group")["parameter"]

    assert {"name": "rds.force_ssl", "value": "1"} in parameters


def test_storage_and_insights_are_encrypted_with_our_key(stack: TerraformStack) -> None:
    instance = only(template(stack), "aws_db_instance")

    assert instance["storage_encrypted"] is True
    assert instance["kms_key_id"] == instance["performance_insights_kms_key_id"] != ""


def test_protection_covers_every_way_to_lose_the_data(stack: TerraformStack) -> None:
    instance = only(template(stack), "aws_db_instance")

    assert instance["lifecycle"]["prevent_destroy"] is True
    assert instance["deletion_protection"] is True
    assert instance["skip_final_snapshot"] is False
    assert instance["delete_automated_backups"] is False
    assert instance["final_snapshot_identifier"].startswith("acme-test-final-${formatdate(")
    assert instance["lifecycle"]["ignore_changes"] == ["final_snapshot_identifier"]


def test_what_an_adopted_one_was_created_with_is_left_alone(stack: TerraformStack) -> None:
    instance = only(template(stack, identifier="flat"), "aws_db_instance")

    assert instance["identifier"] == "flat"
    assert instance["lifecycle"]["ignore_changes"] == ["final_snapshot_identifier", *FIXED]


def test_without_protection_it_can_go_and_leaves_nothing(stack: TerraformStack) -> None:
    instance = only(template(stack, protected=False), "aws_db_instance")

    assert instance["lifecycle"]["prevent_destroy"] is False
    assert instance["deletion_protection"] is False
    assert instance["skip_final_snapshot"] is True
    assert instance["delete_automated_backups"] is True


def test_the_parameter_family_follows_the_major_version(stack: TerraformStack) -> None:
    found = template(stack, engine_version="16.9")

    assert only(found, "aws_db_parameter_group")["family"] == "postgres16"
    # A minor version that somebody wrote down must not be changed by AWS behind the plan.
    assert only(found, "aws_db_instance")["auto_minor_version_upgrade"] is False


def test_its_logs_end_and_their_groups_are_there_before_it(stack: TerraformStack) -> None:
    found = template(stack, log_retention_days=30)

    groups = all_of(found, "aws_cloudwatch_log_group")
    assert {group["name"]: group["retention_in_days"] for group in groups} == {
        "/aws/rds/instance/acme-test/postgresql": 30,
        "/aws/rds/instance/acme-test/upgrade": 30,
    }
    instance = only(found, "aws_db_instance")
    assert sorted(instance["depends_on"]) == [each for each in addresses(found) if "log_group" in each]
    assert {f"/aws/rds/instance/acme-test/{log}" for log in instance["enabled_cloudwatch_logs_exports"]} == {
        group["name"] for group in groups
    }


def test_a_change_waits_for_the_window_and_a_major_version_for_a_setting(stack: TerraformStack) -> None:
    instance = only(template(stack), "aws_db_instance")

    assert (instance["apply_immediately"], instance["allow_major_version_upgrade"]) == (False, False)
