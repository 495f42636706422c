"""AWS Backup: selections of resources, changes of a plan, the recovery points of a vault, and tags.

moto has no selections, so a plan cannot be told what to copy. It has no UpdateBackupPlan either, and finds the tags of
a resource only behind a trailing slash that the provider does not send. It cannot list recovery points, which the
provider does before it deletes a vault. It keeps a deleted plan, and refuses another of the same name.
"""

import json
import uuid
from typing import Any
from urllib.parse import unquote

from moto.backup import urls
from moto.backup.exceptions import ResourceNotFoundException
from moto.backup.models import BackupBackend
from moto.backup.responses import BackupResponse
from moto.core.utils import utcnow

RULE_DEFAULTS = {"StartWindowMinutes": 480, "CompletionWindowMinutes": 10080, "ScheduleExpressionTimezone": "Etc/UTC"}


def apply() -> None:
    for action in (
        create_backup_selection,
        get_backup_selection,
        delete_backup_selection,
        list_backup_selections,
        update_backup_plan,
        list_recovery_points_by_backup_vault,
        list_tags,
    ):
        setattr(BackupResponse, action.__name__, action)
    delete = BackupBackend.delete_backup_plan

    def delete_backup_plan(self: Any, backup_plan_id: str) -> Any:
        deleted = delete(self, backup_plan_id)
        del self.plans[backup_plan_id]
        return deleted

    BackupBackend.delete_backup_plan = delete_backup_plan  # type: ignore[method-assign]
    for slash in ("", "/"):  # the provider sends none, boto3 does
        urls.url_paths[f"{{0}}/backup-vaults/(?P<name>[^/]+)/recovery-points{slash}$"] = BackupResponse.dispatch


def _selections(response: Any) -> dict[tuple[str, str], dict[str, Any]]:
    """The selections of the account in the region, by plan and id."""
    store: dict[tuple[str, str], dict[str, Any]] = response.backup_backend.__dict__.setdefault("selections", {})
    return store


def _path(response: Any) -> list[str]:
    """backup, plans, <plan>, selections, <selection>"""
    return str(response.path).strip("/").split("/")


def create_backup_selection(self: Any) -> str:
    plan, selection = _path(self)[2], str(uuid.uuid4())
    created = {"SelectionId": selection, "BackupPlanId": plan, "CreationDate": utcnow().timestamp()}
    _selections(self)[plan, selection] = created | {"BackupSelection": json.loads(self.body)["BackupSelection"]}
    return json.dumps(created)


def get_backup_selection(self: Any) -> str:
    path = _path(self)
    selection = _selections(self).get((path[2], path[4]))
    if selection is None:
        raise ResourceNotFoundException(msg="Cannot find Backup selection")
    return json.dumps(selection)


def delete_backup_selection(self: Any) -> str:
    path = _path(self)
    _selections(self).pop((path[2], path[4]), None)
    return "{}"


def list_backup_selections(self: Any) -> str:
    found = [
        {"SelectionId": selection, "SelectionName": each["BackupSelection"]["SelectionName"], "BackupPlanId": plan}
        for (plan, selection), each in _selections(self).items()
        if plan == _path(self)[2]
    ]
    return json.dumps({"BackupSelectionsList": found})


def update_backup_plan(self: Any) -> str:
    plan = self.backup_backend.get_backup_plan(_path(self)[2], None)
    plan.backup_plan = json.loads(self.body)["BackupPlan"]
    for rule in plan.backup_plan["Rules"]:
        for key, value in {**RULE_DEFAULTS, "RuleId": str(uuid.uuid4())}.items():
            rule.setdefault(key, value)
    plan.version_id = uuid.uuid4().hex
    return json.dumps(plan.to_dict())


def list_recovery_points_by_backup_vault(self: Any) -> str:
    """None, because nothing is ever copied here. Raises ResourceNotFoundException when there is no such vault."""
    self.backup_backend.describe_backup_vault(_path(self)[1])
    return json.dumps({"RecoveryPoints": []})


def list_tags(self: Any) -> str:
    arn = unquote(self.path.split("/tags/", 1)[1].rstrip("/"))
    return json.dumps({"Tags": self.backup_backend.list_tags(resource_arn=arn)})
