"""The log groups that services make by themselves, without an end to their retention. moto's services make none.

- EKS makes /aws/eks/<name>/cluster when a cluster has logs, and makes it again after both are gone, when it writes its
  last lines. Its service-linked role may (AmazonEKSServiceRolePolicy, logs:CreateLogGroup), and people meet it:
  terraform-aws-modules/terraform-aws-eks 2486, 2763.
- RDS makes /aws/rds/instance/<name>/<log> for each log that is exported (AmazonRDSServiceRolePolicy), and leaves it
  behind: hashicorp/terraform-provider-aws 5348.
- Enhanced monitoring writes to RDSOSMetrics, one group for the account, and keeps that for 30 days
  (AmazonRDSEnhancedMonitoringRole, logs:PutRetentionPolicy; terraform-aws-modules/terraform-aws-rds 578).
"""

from typing import Any

from moto.eks.models import EKSBackend
from moto.logs.models import LogsBackend, logs_backends
from moto.rds.models import DBInstance, RDSBackend

SHARED, SHARED_DAYS = "RDSOSMetrics", 30


def apply() -> None:
    delete_cluster, delete_group = EKSBackend.delete_cluster, LogsBackend.delete_log_group
    create_instance, modify_instance = DBInstance.__init__, RDSBackend.modify_db_instance

    def deleted_cluster(self: Any, name: str) -> Any:
        cluster = delete_cluster(self, name)
        if _logs(cluster):
            _unwritten(logs_backends[self.account_id][self.region_name]).add(_group(name))
        return cluster

    def deleted_group(self: Any, log_group_name: str) -> None:
        delete_group(self, log_group_name)
        if log_group_name in _unwritten(self):
            _unwritten(self).remove(log_group_name)
            self.ensure_log_group(log_group_name)

    def created_instance(self: Any, *arguments: Any, **keywords: Any) -> None:
        create_instance(self, *arguments, **keywords)
        _export(self)

    def modified_instance(self: Any, *arguments: Any, **keywords: Any) -> Any:
        instance = modify_instance(self, *arguments, **keywords)
        _export(instance)
        return instance

    EKSBackend.delete_cluster = deleted_cluster  # type: ignore[method-assign]
    LogsBackend.delete_log_group = deleted_group  # type: ignore[method-assign]
    DBInstance.__init__ = created_instance  # type: ignore[method-assign]
    RDSBackend.modify_db_instance = modified_instance  # type: ignore[method-assign]


def start(response: Any, cluster: Any) -> None:
    """What EKS does once a cluster runs."""
    if _logs(cluster):
        logs_backends[response.current_account][response.region].ensure_log_group(_group(cluster.name))


def _group(cluster_name: str) -> str:
    return f"/aws/eks/{cluster_name}/cluster"


def _logs(cluster: Any) -> bool:
    return any(each["enabled"] for each in (cluster.logging or {}).get("clusterLogging", []))


def _unwritten(backend: Any) -> set[str]:
    """The groups of clusters that are gone, and whose last lines are still to be written."""
    names: set[str] = backend.__dict__.setdefault("extension_unwritten", set())
    return names


def _export(instance: Any) -> None:
    logs = logs_backends[instance.account_id][instance.region]
    for log in instance.enabled_cloudwatch_logs_exports:
        logs.ensure_log_group(f"/aws/rds/instance/{instance.db_instance_identifier}/{log}")
    if int(instance.monitoring_interval or 0) and SHARED not in logs.groups:
        logs.ensure_log_group(SHARED)
        logs.groups[SHARED].retention_in_days = SHARED_DAYS
