"""A private, encrypted PostgreSQL server that answers TLS only and can go back to any point in time."""

from collections.abc import Sequence

from imports.aws.db_instance import DbInstance
from imports.aws.db_parameter_group import DbParameterGroup, DbParameterGroupParameter
from imports.aws.db_subnet_group import DbSubnetGroup
from imports.engine import Construct, TerraformResourceLifecycle
from modules.database.times import AUTOMATED_BACKUP, MAINTENANCE
from modules.identity.policy import trusts_service
from modules.identity.role import Role
from modules.storage.log_group import log_group
from settings.database import DatabaseSettings

PORT = 5432
DATABASE = "realworld"
USER = "realworld"
# What an adopted instance was created with, and keeps: ours would replace it, and its data would be gone.
FIXED = ["db_name", "kms_key_id", "performance_insights_kms_key_id", "storage_encrypted", "username"]
LOGS = ["postgresql", "upgrade"]


class Postgres(Construct):
    """Who may connect is a rule of the security group, in the stack of whoever that is."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        name: str,
        settings: DatabaseSettings,
        subnet_ids: Sequence[str],
        security_group_id: str,
        key_arn: str,
        boundary_arn: str,
        protected: bool,
    ) -> None:
        super().__init__(scope, id)
        identifier = settings.identifier or name

        subnets = DbSubnetGroup(self, "subnets", name=settings.subnet_group or name, subnet_ids=subnet_ids)
        parameters = DbParameterGroup(
            self,
            "parameters",
            name_prefix=f"{name}-",
            family=f"postgres{settings.engine_version.split('.')[0]}",
            parameter=[
                DbParameterGroupParameter(name="rds.force_ssl", value="1"),
                DbParameterGroupParameter(name="log_min_duration_statement", value="500"),
                DbParameterGroupParameter(name="log_connections", value="1"),
            ],
            # A new major version needs a new family, and the old group is in use until the instance has it.
            lifecycle=TerraformResourceLifecycle(create_before_destroy=True),
        )
        monitoring = Role(
            self,
            "enhanced_monitoring",
            name=f"{name}-rds-monitoring",
            trust=trusts_service("monitoring.rds.amazonaws.com"),
            boundary_arn=boundary_arn,
            managed_policies=["service-role/AmazonRDSEnhancedMonitoringRole"],
        )

        groups = Construct(self, "log_groups")
        logs = [
            log_group(
                groups, log, name=f"/aws/rds/instance/{identifier}/{log}", retention_days=settings.log_retention_days
            )
            for log in LOGS
        ]
        instance = DbInstance(
            self,
            "instance",
            identifier=identifier,
            engine="postgres",
            engine_version=settings.engine_version,
            # AWS installs minor versions in the window; with only the major above, a plan stays empty after that.
            auto_minor_version_upgrade="." not in settings.engine_version,
            allow_major_version_upgrade=settings.allow_major_upgrade,
            apply_immediately=settings.apply_immediately,
            instance_class=settings.instance_class,
            allocated_storage=settings.storage_gb,
            max_allocated_storage=settings.max_storage_gb,
            storage_type="gp3",
            storage_encrypted=True,
            kms_key_id=key_arn,
            multi_az=settings.multi_az,
            db_subnet_group_name=subnets.name,
            vpc_security_group_ids=[security_group_id],
            publicly_accessible=False,
            port=PORT,
            parameter_group_name=parameters.name,
            db_name=DATABASE,
            username=USER,
            # RDS makes, keeps and rotates the password, so it never enters a plan or a state.
            manage_master_user_password=True,
            backup_retention_period=settings.backup_retention_days,
            backup_window=AUTOMATED_BACKUP,
            maintenance_window=MAINTENANCE,
            copy_tags_to_snapshot=True,
            # Where data counts, point-in-time recovery outlives the instance by the whole retention.
            delete_automated_backups=not protected,
            # Made up once, when the instance is created: a fixed name would collide with the snapshot of a predecessor.
            final_snapshot_identifier=f'{name}-final-${{formatdate("YYYYMMDDhhmmss", plantimestamp())}}',
            skip_final_snapshot=not protected,
            deletion_protection=protected,
            performance_insights_enabled=True,
            performance_insights_kms_key_id=key_arn,
            performance_insights_retention_period=7,
            monitoring_interval=60,
            monitoring_role_arn=monitoring.arn,
            enabled_cloudwatch_logs_exports=LOGS,
            tags={"Name": name},
            depends_on=logs,
            lifecycle=TerraformResourceLifecycle(
                prevent_destroy=protected,
                ignore_changes=["final_snapshot_identifier", *(FIXED if settings.identifier else ())],
            ),
        )
        self.identifier = instance.identifier
        self.arn = instance.arn
        self.address = instance.address
        self.database = instance.db_name
        self.secret_arn = instance.master_user_secret.get(0).secret_arn
