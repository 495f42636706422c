"""The dashboards of Grafana, written in Python so that they follow the settings; the bundle carries them as JSON."""

from grafana_foundation_sdk.cog.encoder import JSONEncoder

from monitoring.dashboards import api, database, kubernetes, logs, monitoring_host
from settings import Settings


def dashboards(settings: Settings) -> dict[str, str]:
    """Uid to JSON."""
    built = [
        api.dashboard(settings),
        kubernetes.dashboard(),
        database.dashboard(settings),
        logs.dashboard(),
        monitoring_host.dashboard(),
    ]
    return {str(each.uid): JSONEncoder(sort_keys=True, indent=1).encode(each) + "\n" for each in built}
