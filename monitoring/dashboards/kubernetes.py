"""The cluster: its nodes, its pods, what keeps them running, and their volumes."""

from grafana_foundation_sdk.models.dashboard import Dashboard

from monitoring.dashboards.panels import build, graph, metric_variable, number, rows_of

NODE = 'job="node-exporter",node=~"$node"'
DISKS = 'fstype!~"tmpfs|overlay|squashfs",mountpoint!~".*/kubernetes.io~csi/.*"'
VOLUMES = 'job="node-exporter",mountpoint=~".*/kubernetes.io~csi/.*"'
AUTOSCALER = "{{namespace}}/{{horizontalpodautoscaler}}"
IN_NAMESPACE = 'namespace=~"$namespace"'


def node_rate(metric: str, matchers: str) -> str:
    return f"sum by (node) (rate({metric}{{{NODE},{matchers}}}[$__rate_interval]))"


def dashboard() -> Dashboard:
    nodes = [
        number(
            "Nodes ready",
            "none",
            {"ready": 'sum(kube_node_status_condition{condition="Ready",status="true"})'},
            width=4,
        ),
        number(
            "Nodes not ready",
            "none",
            {"not ready": 'count(kube_node_status_condition{condition="Ready",status="true"} == 0) or vector(0)'},
            width=4,
            steps={1: "red"},
        ),
        number("Pods running", "none", {"running": 'sum(kube_pod_status_phase{phase="Running"})'}, width=4),
        number(
            "Pods pending or failed",
            "none",
            {"pending or failed": 'sum(kube_pod_status_phase{phase=~"Pending|Failed|Unknown"})'},
            width=4,
            steps={1: "orange"},
        ),
        number(
            "Replicas missing",
            "none",
            {"missing": "sum(kube_deployment_spec_replicas) - sum(kube_deployment_status_replicas_available)"},
            width=4,
            steps={1: "orange"},
        ),
        number(
            "Restarts",
            "none",
            {"restarts": "ceil(sum(increase(kube_pod_container_status_restarts_total[$__range])))"},
            width=4,
            steps={1: "orange"},
            description="Of all containers, over the time that is shown.",
        ),
    ]
    return build(
        "kubernetes",
        "Kubernetes",
        {
            "Cluster": nodes,
            "Nodes": [
                graph(
                    "CPU in use",
                    "percentunit",
                    {
                        "{{node}}": f'1 - avg by (node) (rate(node_cpu_seconds_total{{{NODE},mode="idle"}}'
                        "[$__rate_interval]))"
                    },
                    most=1,
                ),
                graph(
                    "Memory in use",
                    "percentunit",
                    {
                        "{{node}}": f"1 - node_memory_MemAvailable_bytes{{{NODE}}}"
                        f" / node_memory_MemTotal_bytes{{{NODE}}}"
                    },
                    most=1,
                    description="Without what the kernel would give back at once.",
                ),
                graph(
                    "Disk in use",
                    "percentunit",
                    {
                        "{{node}} {{mountpoint}}": "1 - max by (node, mountpoint) ("
                        f"node_filesystem_avail_bytes{{{NODE},{DISKS}}} / node_filesystem_size_bytes{{{NODE},{DISKS}}})"
                    },
                    most=1,
                    limits={0.85: "red"},
                    description="The disks of the nodes themselves; FilesystemFilling fires at the line.",
                ),
                graph(
                    "Network",
                    "Bps",
                    {
                        "{{node}} in": node_rate("node_network_receive_bytes_total", 'device!~"lo|eni.*|veth.*"'),
                        "{{node}} out": node_rate("node_network_transmit_bytes_total", 'device!~"lo|eni.*|veth.*"'),
                    },
                    description="Without the interfaces of single pods, whose traffic those of the node carry too.",
                ),
                graph(
                    "CPU that pods have requested",
                    "percentunit",
                    {
                        "{{node}}": 'sum by (node) (kube_pod_container_resource_requests{resource="cpu",node=~"$node"})'
                        ' / sum by (node) (kube_node_status_allocatable{resource="cpu",node=~"$node"})'
                    },
                    most=1,
                    description="Near 100 percent no other pod starts there, however idle the node is.",
                ),
                graph(
                    "Load for each core",
                    "none",
                    {
                        "{{node}}": f"node_load5{{{NODE}}} / on (node) count by (node) "
                        f'(node_cpu_seconds_total{{{NODE},mode="idle"}})'
                    },
                    description="More than 1 for long: processes wait for a core.",
                ),
            ],
            "Pods": [
                graph(
                    "Pods by phase",
                    "none",
                    {"{{phase}}": f"sum by (phase) (kube_pod_status_phase{{{IN_NAMESPACE}}})"},
                    stacked=True,
                ),
                graph(
                    "Restarts in an hour",
                    "none",
                    {
                        "{{namespace}}/{{pod}} {{container}}": "increase("
                        f"kube_pod_container_status_restarts_total{{{IN_NAMESPACE}}}[1h]) > 0"
                    },
                ),
                rows_of(
                    "Containers that wait",
                    "none",
                    "sum by (namespace, pod, container, reason) ("
                    f"kube_pod_container_status_waiting_reason{{{IN_NAMESPACE}}}) > 0",
                    width=8,
                    description="With the reason of the kubelet, such as ImagePullBackOff. None is the good case.",
                ),
            ],
            "Workloads": [
                graph(
                    "Replicas of deployments",
                    "none",
                    {
                        "{{namespace}}/{{deployment}} wanted": f"kube_deployment_spec_replicas{{{IN_NAMESPACE}}}",
                        "{{namespace}}/{{deployment}} available": "kube_deployment_status_replicas_available"
                        f"{{{IN_NAMESPACE}}}",
                    },
                    width=12,
                ),
                graph(
                    "Horizontal autoscaling",
                    "none",
                    {
                        f"{AUTOSCALER} {legend}": f"kube_horizontalpodautoscaler_{metric}{{{IN_NAMESPACE}}}"
                        for legend, metric in {
                            "now": "status_current_replicas",
                            "wanted": "status_desired_replicas",
                            "at most": "spec_max_replicas",
                        }.items()
                    },
                    width=12,
                    description="Wanted at the most for long: more is needed than it may give.",
                ),
            ],
            "Volumes": [
                graph(
                    "Volumes in use",
                    "percentunit",
                    {
                        "{{namespace}}/{{persistentvolumeclaim}}": "(1 - label_replace("
                        f"node_filesystem_avail_bytes{{{VOLUMES}}} / node_filesystem_size_bytes{{{VOLUMES}}}, "
                        '"volumename", "$1", "mountpoint", ".*/kubernetes.io~csi/([^/]+)/.*")) * on (volumename) '
                        "group_left (namespace, persistentvolumeclaim) "
                        f"kube_persistentvolumeclaim_info{{{IN_NAMESPACE}}}"
                    },
                    width=12,
                    most=1,
                    limits={0.85: "red"},
                    description="PersistentVolumeFilling fires at the line.",
                ),
                rows_of(
                    "Claims by phase",
                    "none",
                    "sum by (namespace, persistentvolumeclaim, phase) ("
                    f"kube_persistentvolumeclaim_status_phase{{{IN_NAMESPACE}}}) > 0",
                    description="Pending for long: no volume can be made for it. Lost: its volume is gone.",
                ),
            ],
        },
        description="What kube-state-metrics and the node exporters of the cluster tell.",
        variables=[
            metric_variable("namespace", "kube_pod_status_phase", "namespace"),
            metric_variable("node", 'node_uname_info{job="node-exporter"}', "node"),
        ],
    )
