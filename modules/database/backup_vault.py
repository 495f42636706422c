"""Daily copies in AWS Backup: a second place for backups, with its own key, retention and permissions."""

from imports.aws.backup_plan import BackupPlan, BackupPlanRule, BackupPlanRuleLifecycle
from imports.aws.backup_selection import BackupSelection
from imports.aws.backup_vault import BackupVault as Vault
from imports.engine import Construct, TerraformResourceLifecycle
from modules.database.times import COPY, COPY_STARTS_WITHIN_MINUTES
from modules.identity.policy import trusts_service
from modules.identity.role import Role


class BackupVault(Construct):
    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        name: str,
        resource_arn: str,
        retention_days: int,
        key_arn: str,
        boundary_arn: str,
        protected: bool,
    ) -> None:
        super().__init__(scope, id)

        vault = Vault(
            self,
            "vault",
            name=name,
            kms_key_arn=key_arn,
            force_destroy=not protected,
            lifecycle=TerraformResourceLifecycle(prevent_destroy=protected),
        )
        plan = BackupPlan(
            self,
            "plan",
            name=name,
            rule=[
                BackupPlanRule(
                    rule_name="daily",
                    target_vault_name=vault.name,
                    schedule=COPY,
                    start_window=COPY_STARTS_WITHIN_MINUTES,
                    completion_window=360,
                    lifecycle=BackupPlanRuleLifecycle(delete_after=retention_days),
                )
            ],
        )
        role = Role(
            self,
            "writer",
            name=f"{name}-backup",
            trust=trusts_service("backup.amazonaws.com"),
            boundary_arn=boundary_arn,
            managed_policies=[
                "service-role/AWSBackupServiceRolePolicyForBackup",
                "service-role/AWSBackupServiceRolePolicyForRestores",
            ],
        )
        BackupSelection(self, "selection", name=name, plan_id=plan.id, iam_role_arn=role.arn, resources=[resource_arn])
