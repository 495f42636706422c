"""The cluster: its nodes, what runs on them, and what waits for something."""

from grafana_foundation_sdk.builders import dashboard

from monitoring.dashboards.panels import METRICS, choice, graph, latest, metric, number, page, rows
from settings import Settings

NODES = 'job="node-exporter"'
DISK = f'{NODES},mountpoint="/"'
NETWORK = f'{NODES},device!="lo"'
BAD: list[tuple[float | None, str]] = [(None, "green"), (1, "red")]


def page_of(_: Settings) -> dashboard.Dashboard:
    here = 'namespace=~"$namespace"'
    return (
        page("kubernetes", "Kubernetes", "Nodes, pods, and what waits for something")
        .with_variable(choice("namespace", "label_values(kube_pod_info, namespace)", METRICS))
        .with_panel(
            number(
                "Nodes that are ready",
                "none",
                metric('sum(kube_node_status_condition{condition="Ready",status="true"})', ""),
                steps=[(None, "red"), (1, "green")],
            )
        )
        .with_panel(
            number(
                "Nodes that are not",
                "none",
                metric('sum(kube_node_status_condition{condition="Ready",status!="true"})', ""),
                steps=BAD,
            )
        )
        .with_panel(
            number("Pods that run", "none", metric(f'sum(kube_pod_status_phase{{phase="Running",{here}}})', ""))
        )
        .with_panel(
            number(
                "Pods that wait", "none", metric(f'sum(kube_pod_status_phase{{phase="Pending",{here}}})', ""), steps=BAD
            )
        )
        .with_panel(
            number(
                "Pods that failed",
                "none",
                metric(f'sum(kube_pod_status_phase{{phase="Failed",{here}}})', ""),
                steps=BAD,
            )
        )
        .with_panel(
            number(
                "Restarts",
                "none",
                metric(f"sum(increase(kube_pod_container_status_restarts_total{{{here}}}[$__range]))", ""),
                description="Within the time that is shown.",
                steps=BAD,
            )
        )
        .with_row(dashboard.Row("Nodes"))
        .with_panel(
            graph(
                "CPU",
                "percentunit",
                metric(
                    f'1 - avg by (node) (rate(node_cpu_seconds_total{{{NODES},mode="idle"}}[$__rate_interval]))',
                    "{{node}}",
                ),
            )
        )
        .with_panel(
            graph(
                "Memory",
                "percentunit",
                metric(
                    f"1 - node_memory_MemAvailable_bytes{{{NODES}}} / node_memory_MemTotal_bytes{{{NODES}}}", "{{node}}"
                ),
            )
        )
        .with_panel(
            graph(
                "Disk",
                "percentunit",
                metric(
                    f"1 - node_filesystem_avail_bytes{{{DISK}}} / node_filesystem_size_bytes{{{DISK}}}",
                    "{{node}}",
                ),
            )
        )
        .with_panel(
            graph(
                "Network",
                "Bps",
                metric(
                    f"sum by (node) (rate(node_network_receive_bytes_total{{{NETWORK}}}[$__rate_interval]))",
                    "{{node}} in",
                ),
                metric(
                    f"sum by (node) (rate(node_network_transmit_bytes_total{{{NETWORK}}}[$__rate_interval]))",
                    "{{node}} out",
                ),
            )
        )
        .with_panel(
            graph(
                "Waiting for a disk",
                "percentunit",
                metric(
                    f'avg by (node) (rate(node_cpu_seconds_total{{{NODES},mode="iowait"}}[$__rate_interval]))',
                    "{{node}}",
                ),
            )
        )
        .with_panel(
            graph(
                "CPU that pods have asked for",
                "percentunit",
                metric(
                    'sum by (node) (kube_pod_container_resource_requests{resource="cpu"})'
                    ' / sum by (node) (kube_node_status_allocatable{resource="cpu"})',
                    "{{node}}",
                ),
                description="At 1 no other pod starts there, whatever the node does.",
            )
        )
        .with_row(dashboard.Row("Workloads"))
        .with_panel(
            graph(
                "Replicas that a Deployment lacks",
                "none",
                metric(
                    f"kube_deployment_spec_replicas{{{here}}} - kube_deployment_status_replicas_available{{{here}}}",
                    "{{namespace}}/{{deployment}}",
                ),
            )
        )
        .with_panel(
            graph(
                "Autoscaler",
                "none",
                metric(
                    f"kube_horizontalpodautoscaler_status_current_replicas{{{here}}}", "{{horizontalpodautoscaler}} now"
                ),
                metric(
                    f"kube_horizontalpodautoscaler_spec_max_replicas{{{here}}}", "{{horizontalpodautoscaler}} at most"
                ),
            )
        )
        .with_panel(
            graph(
                "Restarts by pod",
                "none",
                metric(
                    f"sum by (namespace, pod) (increase(kube_pod_container_status_restarts_total{{{here}}}[1h])) > 0",
                    "{{namespace}}/{{pod}}",
                ),
                description="Within an hour; a pod without any has no line.",
            )
        )
        .with_panel(
            rows(
                "Containers that wait",
                latest(
                    "sum by (namespace, pod, container, reason)"
                    f" (kube_pod_container_status_waiting_reason{{{here}}}) > 0"
                ),
            )
        )
        .with_panel(
            rows(
                "Volumes that wait",
                latest(
                    "sum by (namespace, persistentvolumeclaim, phase)"
                    f' (kube_persistentvolumeclaim_status_phase{{phase=~"Pending|Lost",{here}}}) > 0'
                ),
            )
        )
    )
