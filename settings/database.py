"""Inputs of the database."""

from typing import Literal

from pydantic import Field, ValidationInfo, field_validator

from settings.values import LOG_RETENTION, DatabaseClass, EachOnce, Email, Model, RetentionDays


class DatabaseSettings(Model):
    # PostgreSQL has a minor each quarter of the five years of a major: there are never thirty.
    engine_version: str = Field(
        default="17", pattern=r"^(16|17)(\.[12]?\d)?$", description='"16" or "17" in quotes, or a minor such as "17.6"'
    )
    # Both are names of what was there before.
    identifier: str | None = Field(
        default=None,
        pattern=r"^[a-z](-?[a-z0-9])*$",
        description="of an instance that exists; leave it out for a new one",
    )
    subnet_group: str | None = Field(default=None, description="of an instance that exists; leave it out for a new one")
    subnets: Literal["database", "private"] = Field(
        default="database", description="database, or private for an instance that was made there: it cannot move"
    )
    allow_major_upgrade: bool = Field(
        default=False, description="true while engine_version goes up by a major: docs/runbooks/postgresql.md"
    )
    apply_immediately: bool = Field(
        default=False,
        validate_default=True,
        description="true to interrupt now for a change, false for the maintenance window",
    )
    instance_class: DatabaseClass = Field(description="an RDS class, such as db.t4g.medium")
    storage_gb: int = Field(default=20, ge=20, le=65536, description="the storage to start with in GiB, 20 to 65536")
    max_storage_gb: int = Field(default=100, ge=22, le=65536, description="where autoscaling ends, in GiB")
    multi_az: bool = Field(description="true for a standby in a second zone")
    backup_retention_days: int = Field(ge=1, le=35, description="1 to 35 days of point-in-time recovery")
    vault_retention_days: int | None = Field(
        default=None, ge=1, le=3650, description="1 to 3650 days that AWS Backup keeps a daily copy; leave out for none"
    )
    restore_drill_days: int = Field(
        default=35, ge=1, le=400, description="1 to 400 days without a restore drill that passes, and an alert says so"
    )
    log_retention_days: RetentionDays = Field(default=90, description=LOG_RETENTION)
    alarm_emails: EachOnce[Email] = Field(default=(), description="e-mail addresses that alarms of the database go to")

    @field_validator("apply_immediately")
    @classmethod
    def _ends_an_upgrade(cls, apply_immediately: bool, info: ValidationInfo) -> bool:
        if info.data.get("allow_major_upgrade") and not apply_immediately:
            raise ValueError(
                "has to be true with allow_major_upgrade, because the parameter group of the old version is in use "
                "until the instance has the new one"
            )
        return apply_immediately

    @field_validator("max_storage_gb")
    @classmethod
    def _can_grow(cls, max_storage_gb: int, info: ValidationInfo) -> int:
        least = -(-info.data.get("storage_gb", 0) * 11 // 10)  # RDS asks for ten percent more
        if max_storage_gb < least:
            raise ValueError(f"leaves no room to grow: write at least {least}")
        return max_storage_gb
