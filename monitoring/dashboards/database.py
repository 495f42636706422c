"""The database as CloudWatch and RDS see it, and how old its backups and those of the other volumes are."""

from grafana_foundation_sdk.models.dashboard import Dashboard

from monitoring.dashboards.panels import build, graph, number
from settings import Settings
from settings.cluster import max_connections

INSTANCE = "{{instance_identifier}}"
DAY = 86400


def dashboard(settings: Settings) -> Dashboard:
    connections = max_connections(settings.database.instance_class)
    return build(
        "database",
        "Database",
        {
            "Backups, how long ago": [
                number(
                    "Newest moment to restore to",
                    "s",
                    {"ago": "time() - aws_rds_latest_restorable_time_seconds"},
                    width=8,
                    steps={1800: "red"},
                    description="A point in time recovery reaches up to it; RDS stores its log every five minutes.",
                ),
                number(
                    "Newest copy in AWS Backup",
                    "s",
                    {"{{vault}}": "time() - (aws_backup_recovery_point_time_seconds > 0)"},
                    width=8,
                    steps={1.5 * DAY: "red"},
                    description="Nothing where no vault is kept, and before the first copy.",
                ),
                number(
                    "Newest snapshot of the monitoring host",
                    "s",
                    {"{{volume}}": "time() - (aws_ebs_snapshot_time_seconds > 0)"},
                    width=8,
                    steps={1.5 * DAY: "red"},
                ),
            ],
            "Load": [
                graph(
                    "CPU in use",
                    "percent",
                    {INSTANCE: "aws_rds_cpu_utilization_percent"},
                    most=100,
                    limits={80: "orange"},
                ),
                graph(
                    "Connections",
                    "none",
                    {INSTANCE: "aws_rds_connections"},
                    limits={0.8 * connections: "orange"},
                    description=f"{settings.database.instance_class} takes {connections}; "
                    "DatabaseConnectionsHigh fires at the line.",
                ),
                graph(
                    "Freeable memory",
                    "bytes",
                    {INSTANCE: "aws_rds_freeable_memory_bytes"},
                    description="Near nothing: pages are read from the disk again and again.",
                ),
            ],
            "Disk": [
                graph(
                    "Storage",
                    "bytes",
                    {
                        "allocated": "aws_rds_allocated_storage_bytes",
                        "free": "aws_rds_free_storage_bytes",
                    },
                    description="It grows by itself, up to database.max_storage_gb.",
                ),
                graph(
                    "Latency of the disk",
                    "s",
                    {"read": "aws_rds_read_latency_seconds", "write": "aws_rds_write_latency_seconds"},
                ),
                graph("Operations of the disk", "iops", {"read": "aws_rds_read_iops", "write": "aws_rds_write_iops"}),
            ],
        },
        description="One value a minute, some two minutes late.",
    )
