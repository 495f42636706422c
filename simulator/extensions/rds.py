"""RDS: what was set stays visible, and what AWS does not do at once is pending.

moto drops Performance Insights, and lists parameters that somebody has set without Source=user, so that Terraform
takes them for defaults: both show up as changes at every plan. It says that no class is offered for PostgreSQL,
instead of that it does not know. The authority that signs a certificate is rds-ca-default, which is none of AWS.

A change that interrupts waits for the maintenance window unless it is to be applied immediately, and a major version
has to be allowed. Source: docs.aws.amazon.com, ModifyDBInstance, and "Settings for DB instances" in the RDS guide.
A class or a version that is not offered is refused: tryretool/terraform-retool-modules 70, elastic/beats 38473.
"""

import uuid
from typing import Any

from moto.rds.exceptions import InvalidParameterCombination
from moto.rds.models import DBInstance, DBParameterGroup, RDSBackend

from settings import offered

FLAG = "The AllowMajorVersionUpgrade flag must be present"
UNKNOWN = "RDS does not support creating a DB instance with the following combination: DBInstanceClass="
# The arguments of moto for what waits, and how AWS calls it.
PENDING = {
    "allocated_storage": "AllocatedStorage",
    "db_instance_class": "DBInstanceClass",
    "engine_version": "EngineVersion",
    "multi_az": "MultiAZ",
}
# What a restored instance has where nothing is said; moto copies it from the original, whatever is said.
RESTORED = {"multi_az": False, "deletion_protection": False}
AUTHORITY = "rds-ca-rsa2048-g1"  # of certificates, where nothing is said: "Using SSL/TLS" in the RDS guide


def apply() -> None:
    create = DBInstance.__init__

    def init(self: Any, *args: Any, **arguments: Any) -> None:
        arguments["ca_certificate_identifier"] = arguments.get("ca_certificate_identifier") or AUTHORITY
        create(self, *args, **arguments)
        # By it the provider finds the instance that it has made; moto has one for all.
        self.dbi_resource_id = f"db-{uuid.uuid4().hex[:26].upper()}"
        insights(self, arguments)

    def insights(database: Any, arguments: dict[str, Any]) -> None:
        database.performance_insights_enabled = bool(arguments.get("enable_performance_insights"))
        if database.performance_insights_enabled:
            database.performance_insights_retention_period = arguments.get("performance_insights_retention_period") or 7
            key = arguments.get("performance_insights_kms_key_id") or "alias/aws/rds"
            database.performance_insights_kms_key_id = key

    def update_parameters(self: Any, new_parameters: Any) -> None:
        for parameter in new_parameters:
            self.parameters[parameter["ParameterName"]].update({**parameter, "Source": "user"})

    create_here, modify = RDSBackend.create_db_instance, RDSBackend.modify_db_instance

    def create_db_instance(self: Any, db_kwargs: dict[str, Any]) -> Any:
        if db_kwargs.get("engine") == "postgres":
            check(self.region_name, db_kwargs.get("db_instance_class"), db_kwargs.get("engine_version"))
        return create_here(self, db_kwargs)

    def modify_db_instance(self: Any, db_instance_identifier: str, db_kwargs: dict[str, Any]) -> Any:
        database = self.describe_db_instances(db_instance_identifier)[0]
        version = db_kwargs.get("engine_version", database.engine_version)
        is_major = version.split(".")[0] != database.engine_version.split(".")[0]
        if is_major and not db_kwargs.get("allow_major_version_upgrade"):
            raise InvalidParameterCombination(f"{FLAG} when upgrading to a new major version.")
        check(self.region_name, db_kwargs.get("db_instance_class"), db_kwargs.get("engine_version"))
        if database.manage_master_user_password and db_kwargs.get("manage_master_user_password"):
            del db_kwargs["manage_master_user_password"]  # it is already: moto would make another secret
        later = {}
        if not db_kwargs.get("apply_immediately"):
            for name, shown in PENDING.items():
                if name in db_kwargs and db_kwargs[name] != getattr(database, name):
                    later[shown] = db_kwargs.pop(name)
        modified: Any = modify(self, db_instance_identifier, db_kwargs)
        modified.pending_modified_values = later
        if "enable_performance_insights" in db_kwargs:
            insights(modified, db_kwargs)
        return modified

    restore = RDSBackend.restore_db_instance_to_point_in_time

    def restored(self: Any, source_db_identifier: str, target_db_identifier: str, overrides: dict[str, Any]) -> Any:
        found = restore(self, source_db_identifier, target_db_identifier, overrides)
        for name, otherwise in RESTORED.items():
            setattr(found, name, overrides.get(name, otherwise))
        found.backup_retention_period = overrides.get("backup_retention_period", found.backup_retention_period)
        return found

    def unknown(*_: Any) -> Any:
        raise NotImplementedError("what it has is for Aurora and Neptune")

    RDSBackend.describe_orderable_db_instance_options = unknown  # type: ignore[method-assign, assignment]
    RDSBackend.create_db_instance = create_db_instance  # type: ignore[method-assign]
    RDSBackend.restore_db_instance_to_point_in_time = restored  # type: ignore[method-assign]
    RDSBackend.modify_db_instance = modify_db_instance  # type: ignore[method-assign]
    DBInstance.__init__ = init  # type: ignore[method-assign]
    DBParameterGroup.update_parameters = update_parameters  # type: ignore[method-assign]


def check(region: str, size: str | None, release: str | None) -> None:
    """Raises InvalidParameterCombination for what PostgreSQL is not offered as. A major version alone is any of its."""
    if release and not any(f"{each}.".startswith(f"{release}.") for each in offered.engine_versions()):
        raise InvalidParameterCombination(f"Cannot find version {release} for postgres")
    classes = offered.database_classes(region)
    if size and classes and size not in classes:
        raise InvalidParameterCombination(f"{UNKNOWN}{size}, Engine=postgres, EngineVersion={release}")
