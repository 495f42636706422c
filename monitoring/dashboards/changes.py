"""What changed: a line through every panel, with its text, at each release, changed deployment and new node."""

from grafana_foundation_sdk.builders.dashboard import AnnotationQuery
from grafana_foundation_sdk.models import dashboard

IMAGES = "group by (namespace, container, image) (kube_pod_container_info)"
# After a gap in what is known everything would be new.
KNOWN = "and on () kube_node_info offset 5m"
CHANGED = "max by (namespace, deployment) (changes({}[5m])) > 0"


class _Text(dashboard.AnnotationQuery):
    """With what the data source of Prometheus reads beside it: packages/grafana-prometheus/src/annotations.ts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text

    def to_json(self) -> dict[str, object]:
        return super().to_json() | {"step": "60s", "titleFormat": self.name, "textFormat": self.text}


def _mark(name: str, color: str, text: str, expression: str) -> AnnotationQuery:
    mark = AnnotationQuery()
    mark._internal = _Text(text)
    return mark.name(name).icon_color(color).enable(True).expr(expression)


def marks() -> list[AnnotationQuery]:
    return [
        _mark(
            "Release",
            "blue",
            "{{namespace}}/{{container}} {{image}}",
            f"{IMAGES} unless on (namespace, container, image) kube_pod_container_info offset 5m {KNOWN}",
        ),
        _mark(
            # Not by the autoscaler: of settings, of a Secret, or by hand.
            "Changed deployment",
            "purple",
            "{{namespace}}/{{deployment}}",
            f"{CHANGED.format('kube_deployment_metadata_generation')} unless on (namespace, deployment)"
            f" {CHANGED.format('kube_deployment_spec_replicas')}",
        ),
        _mark(
            "New node",
            "orange",
            "{{node}} {{kubelet_version}}, {{os_image}}",
            "group by (node, kubelet_version, os_image) (kube_node_info) unless on (node) kube_node_info offset 5m "
            + KNOWN,
        ),
    ]
