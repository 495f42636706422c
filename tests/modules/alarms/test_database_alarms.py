from imports.engine import TerraformStack
from modules.alarms.database_alarms import ALARMS, DatabaseAlarms
from modules.database.backup_vault import BackupVault
from tests.conftest import all_of, only, synth


def test_every_alarm_reaches_the_topic_and_comes_back(stack: TerraformStack) -> None:
    DatabaseAlarms(stack, "alarms", name="acme", identifier="acme-db", key_arn="arn:key", emails=["a@acme.test"])
    found = synth(stack)

    alarms = all_of(found, "aws_cloudwatch_metric_alarm")
    assert len(alarms) == len(ALARMS)
    for alarm in alarms:
        assert alarm["alarm_actions"] == alarm["ok_actions"] != []
        assert alarm["dimensions"] == {"DBInstanceIdentifier": "acme-db"}
        assert alarm["treat_missing_data"] == "breaching"
    # CloudWatch cannot publish through the key that SNS brings.
    assert only(found, "aws_sns_topic")["kms_master_key_id"] == "arn:key"
    assert only(found, "aws_sns_topic_subscription")["endpoint"] == "a@acme.test"


def test_copies_are_kept_for_the_days_of_the_settings(stack: TerraformStack) -> None:
    BackupVault(
        stack,
        "vault",
        name="acme",
        resource_arn="arn:db",
        retention_days=90,
        key_arn="arn:key",
        boundary_arn="arn:policy",
        protected=True,
    )
    found = synth(stack)

    [rule] = only(found, "aws_backup_plan")["rule"]
    assert rule["lifecycle"] == {"delete_after": 90}
    assert only(found, "aws_backup_selection")["resources"] == ["arn:db"]
    vault = only(found, "aws_backup_vault")
    assert (vault["kms_key_arn"], vault["force_destroy"]) == ("arn:key", False)
