"""Dashboards as code: one module for each, which the provisioning of Grafana loads as JSON."""

from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import Dashboard

from monitoring.dashboards import api, database, kubernetes, logs, monitoring_host
from settings import Settings

PAGES = {
    "api": api.page_of,
    "database": database.page_of,
    "kubernetes": kubernetes.page_of,
    "logs": logs.page_of,
    "monitoring-host": monitoring_host.page_of,
}


def build(settings: Settings) -> dict[str, Dashboard]:
    """The dashboards of an environment, by their uid."""
    return {uid: page_of(settings).build() for uid, page_of in PAGES.items()}


def documents(settings: Settings) -> dict[str, str]:
    """The same as JSON."""
    encoder = JSONEncoder(sort_keys=True, indent=1)
    return {uid: f"{encoder.encode(dashboard)}\n" for uid, dashboard in build(settings).items()}
