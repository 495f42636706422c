"""The database as AWS measures it from outside, and the age of every kind of backup."""

from grafana_foundation_sdk.builders import dashboard

from monitoring.dashboards.panels import graph, metric, number, page
from settings import Settings
from workloads import max_connections

HOUR = 3600.0


def page_of(settings: Settings) -> dashboard.Dashboard:
    name = "{{instance_identifier}}"
    most = max_connections(settings.database.instance_class)
    return (
        page("database", "Database", "RDS as AWS measures it, and the age of its backups")
        .with_panel(
            number(
                "Could be restored to",
                "dtdurations",
                metric("time() - aws_rds_latest_restorable_time_seconds", "ago"),
                width=6,
                description="How long ago the newest moment is to which RDS can go back.",
                steps=[(None, "green"), (0.5 * HOUR, "red")],
            )
        )
        .with_panel(
            number(
                "Newest copy in the vault",
                "dtdurations",
                metric("time() - aws_backup_recovery_point_time_seconds", "ago"),
                width=6,
                description="Of AWS Backup. One is taken each day.",
                steps=[(None, "green"), (36 * HOUR, "red")],
            )
        )
        .with_panel(
            number(
                "Newest snapshot of the monitoring volume",
                "dtdurations",
                metric("time() - aws_ebs_snapshot_time_seconds", "ago"),
                width=6,
                steps=[(None, "green"), (36 * HOUR, "red")],
            )
        )
        .with_panel(
            number(
                "Storage that is left",
                "percentunit",
                metric("aws_rds_free_storage_bytes / aws_rds_allocated_storage_bytes", ""),
                width=6,
                description="RDS adds some at 10 percent, until max_storage_gb.",
                steps=[(None, "red"), (0.08, "orange"), (0.15, "green")],
            )
        )
        .with_panel(graph("CPU", "percent", metric("aws_rds_cpu_utilization_percent", name)))
        .with_panel(
            graph(
                "Connections",
                "none",
                metric("aws_rds_connections", name),
                metric(f"vector({most})", "at most"),
            )
        )
        .with_panel(graph("Memory that is free", "bytes", metric("aws_rds_freeable_memory_bytes", name)))
        .with_panel(
            graph(
                "Storage",
                "bytes",
                metric("aws_rds_free_storage_bytes", "free"),
                metric("aws_rds_allocated_storage_bytes", "allocated"),
            )
        )
        .with_panel(
            graph(
                "Latency of the disk",
                "s",
                metric("aws_rds_read_latency_seconds", "read"),
                metric("aws_rds_write_latency_seconds", "write"),
            )
        )
        .with_panel(
            graph(
                "Operations of the disk",
                "iops",
                metric("aws_rds_read_iops", "read"),
                metric("aws_rds_write_iops", "write"),
            )
        )
    )
