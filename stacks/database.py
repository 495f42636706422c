"""The database: RDS PostgreSQL, private, encrypted, TLS forced, password managed by AWS; its backups and its alarms."""

from imports.engine import Construct
from modules.alarms.database_alarms import DatabaseAlarms
from modules.database.backup_vault import BackupVault
from modules.database.postgres import PORT, Postgres
from modules.secrets.key import Key
from outputs import DatabaseOutputs, VpcOutputs
from settings import Settings
from stacks.base import AreaStack
from stacks.iam import IamStack
from stacks.vpc import VpcStack


class DatabaseStack(AreaStack):
    def __init__(self, scope: Construct, settings: Settings, *, vpc: VpcStack, iam: IamStack) -> None:
        super().__init__(scope, "database", settings)
        self.add_dependency(iam)  # which makes the boundary of every role
        network = self.read(vpc, VpcOutputs)
        protected = not settings.allow_destroy

        key = Key(
            self,
            "key",
            name=f"{settings.names.prefix}-database",
            description="The database, its backups and its alarms",
            account=settings.account,
            protected=protected,
            services=["cloudwatch.amazonaws.com"],
        )
        postgres = Postgres(
            self,
            "postgres",
            name=settings.names.prefix,
            settings=settings.database,
            subnet_ids=getattr(network, f"{settings.database.subnets}_subnet_ids"),
            security_group_id=network.database_security_group_id,
            key_arn=key.arn,
            boundary_arn=settings.names.boundary_arn,
            protected=protected,
        )
        alarms = DatabaseAlarms(
            self,
            "alarms",
            name=settings.names.prefix,
            identifier=postgres.identifier,
            key_arn=key.arn,
            emails=settings.database.alarm_emails,
        )
        if settings.database.vault_retention_days:
            BackupVault(
                self,
                "backup_vault",
                name=settings.names.prefix,
                resource_arn=postgres.arn,
                retention_days=settings.database.vault_retention_days,
                key_arn=key.arn,
                boundary_arn=settings.names.boundary_arn,
                protected=protected,
            )

        self.publish(
            DatabaseOutputs(
                database_identifier=postgres.identifier,
                database_address=postgres.address,
                database_port=str(PORT),
                database_name=postgres.database,
                database_secret_arn=postgres.secret_arn,
                database_security_group_id=network.database_security_group_id,
                alarm_topic_arn=alarms.topic_arn,
            )
        )
