"""AWS Backup: the test names the behaviour, the decorator what plain moto does instead."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.simulator.conftest import Aws, missing_in_moto

pytestmark = pytest.mark.slow


def new_plan(aws: Aws, name: str, **arguments: Any) -> dict[str, Any]:
    rules = [{"RuleName": "daily", "TargetBackupVaultName": "vault", "ScheduleExpression": "cron(0 5 ? * * *)"}]
    plan: dict[str, Any] = aws("backup").create_backup_plan(
        BackupPlan={"BackupPlanName": name, "Rules": rules}, **arguments
    )
    return plan


@missing_in_moto(ClientError, "500.* CreateBackupSelection")
def test_a_plan_can_be_told_what_to_copy(aws: Aws) -> None:
    backup = aws("backup")
    plan = new_plan(aws, "selection")["BackupPlanId"]
    wanted = {"SelectionName": "database", "IamRoleArn": "arn:aws:iam::1:role/backup", "Resources": ["arn:db"]}

    selection = backup.create_backup_selection(BackupPlanId=plan, BackupSelection=wanted)["SelectionId"]

    assert backup.get_backup_selection(BackupPlanId=plan, SelectionId=selection)["BackupSelection"] == wanted
    [listed] = backup.list_backup_selections(BackupPlanId=plan)["BackupSelectionsList"]
    assert listed["SelectionName"] == "database"
    backup.delete_backup_selection(BackupPlanId=plan, SelectionId=selection)
    with pytest.raises(ClientError, match="Cannot find Backup selection"):
        backup.get_backup_selection(BackupPlanId=plan, SelectionId=selection)


@missing_in_moto(ClientError, "500.* UpdateBackupPlan")
def test_a_plan_can_be_changed(aws: Aws) -> None:
    backup = aws("backup")
    created = new_plan(aws, "changing")
    rules = [{"RuleName": "hourly", "TargetBackupVaultName": "vault", "ScheduleExpression": "cron(0 * ? * * *)"}]

    backup.update_backup_plan(
        BackupPlanId=created["BackupPlanId"], BackupPlan={"BackupPlanName": "changing", "Rules": rules}
    )

    found = backup.get_backup_plan(BackupPlanId=created["BackupPlanId"])
    assert [rule["RuleName"] for rule in found["BackupPlan"]["Rules"]] == ["hourly"]
    assert found["VersionId"] != created["VersionId"]


@missing_in_moto(ClientError, "same plan document already exists")
def test_a_deleted_plan_is_gone(aws: Aws) -> None:
    first = new_plan(aws, "again")["BackupPlanId"]
    aws("backup").delete_backup_plan(BackupPlanId=first)

    assert new_plan(aws, "again")["BackupPlanId"] != first
    with pytest.raises(ClientError, match="Failed reading Backup plan"):
        aws("backup").get_backup_plan(BackupPlanId=first)


@missing_in_moto(AssertionError, r"\{\} == \{'stack': 'database'\}")
def test_tags_are_found_without_a_slash_at_the_end_as_the_provider_asks(aws: Aws) -> None:
    backup = aws("backup")
    arn = new_plan(aws, "tagged", BackupPlanTags={"stack": "database"})["BackupPlanArn"]
    assert backup.list_tags(ResourceArn=arn)["Tags"] == {"stack": "database"}

    def strip(request: Any, **_: Any) -> None:
        request.url = request.url.rstrip("/")

    backup.meta.events.register("before-sign.backup.ListTags", strip)
    stripped = backup.list_tags(ResourceArn=arn)["Tags"]
    backup.meta.events.unregister("before-sign.backup.ListTags", strip)

    assert stripped == {"stack": "database"}


@missing_in_moto(ClientError, "404.* ListRecoveryPointsByBackupVault")
def test_a_vault_has_no_recovery_points(aws: Aws) -> None:
    backup = aws("backup")
    backup.create_backup_vault(BackupVaultName="empty")

    assert backup.list_recovery_points_by_backup_vault(BackupVaultName="empty")["RecoveryPoints"] == []
    with pytest.raises(ClientError, match="ResourceNotFound"):
        backup.list_recovery_points_by_backup_vault(BackupVaultName="none")
