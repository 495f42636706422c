"""The configuration of the monitoring host: every file of it, filled in for one environment.

The files stay what their own tools read; @{name} stands where an environment differs.
"""

import hashlib
from pathlib import Path

from monitoring.dashboards import dashboards
from monitoring.placeholders import Placeholders
from monitoring.slo_rules import slo_rules
from settings import Settings
from settings.cluster import max_connections
from settings.messages import read_mapping

HERE = Path(__file__).parent
PINS = read_mapping(HERE / "pins.yaml")
FOLDERS = ("alertmanager", "blackbox", "grafana", "loki", "prometheus", "scripts", "units")
INDICATORS = HERE / "prometheus" / "indicators.yml"
SUMS = "SHA256SUMS"
# What of the volume Prometheus may fill; the rest is for logs.
METRICS_SHARE = 0.5


def _values(settings: Settings) -> dict[str, str]:
    monitoring = settings.monitoring
    images = {f"image_{name.replace('-', '_')}": image for name, image in PINS["images"].items()}
    *topics, database_topic = (f"{topic}={people}" for topic, people in settings.names.listeners.items())
    return images | {
        "alert_topic_arn": settings.names.alert_topic_arn,
        "api_url": settings.names.api_url,
        "backup_vault": settings.names.prefix if settings.database.vault_retention_days else "",
        "cluster": settings.names.cluster,
        "database": settings.names.database,
        "database_topic": database_topic,
        "environment": settings.environment,
        "internal_domain": settings.names.internal_domain,
        "limits": " ".join(type(limits).model_fields) if (limits := settings.app.rate_limit) else "",
        "log_retention_days": str(monitoring.log_retention_days),
        "max_connections": str(max_connections(settings.database.instance_class)),
        "metrics_retention_days": str(monitoring.metrics_retention_days),
        "metrics_retention_gb": str(int(monitoring.volume_gb * METRICS_SHARE)),
        "prefix": settings.names.prefix,
        "project": settings.project,
        "region": settings.region,
        "restore_drill_days": str(settings.database.restore_drill_days),
        "topics": " ".join(topics),
    }


def files(settings: Settings) -> dict[str, str]:
    """Path in the bucket to content, with the sums of all the others as the last one."""
    values = _values(settings)
    found = {
        path.relative_to(HERE).as_posix(): Placeholders(path.read_text(encoding="utf-8")).substitute(values)
        for folder in FOLDERS
        for path in sorted((HERE / folder).rglob("*"))
        if path.is_file()
        and path.name != INDICATORS.name
        and path.suffix in {".ini", ".py", ".service", ".sh", ".target", ".timer", ".yaml", ".yml"}
    }
    found |= {f"dashboards/{uid}.json": board for uid, board in dashboards(settings).items()}
    found["prometheus/rules/slo.yml"] = slo_rules(settings.monitoring.slos, INDICATORS)
    sums = "".join(f"{hashlib.sha256(found[path].encode()).hexdigest()}  {path}\n" for path in sorted(found))
    return found | {SUMS: sums}
