"""The monitoring host: its machine, what Prometheus and Loki take in, and who answers."""

from grafana_foundation_sdk.models.dashboard import Dashboard

from monitoring.dashboards.panels import build, graph, number, rows_of

HOST = 'job="monitoring-host"'
FIRING = 'ALERTS{alertstate="firing",alertname!="Watchdog"}'
UNDELIVERED = 'increase(alertmanager_notifications_failed_total{job="alertmanager"}[$__range])'
FAILING = 'prometheus_rule_evaluation_failures_total{job="prometheus"}'
DATA = f'{HOST},mountpoint="/var/lib/monitoring"'


def dashboard() -> Dashboard:
    return build(
        "monitoring-host",
        "Monitoring host",
        {
            "Alerts and targets": [
                number(
                    "Targets that do not answer",
                    "none",
                    {"down": "count(up == 0) or vector(0)"},
                    steps={1: "red"},
                ),
                number(
                    "Alerts that fire",
                    "none",
                    {"firing": f"count({FIRING}) or vector(0)"},
                    steps={1: "red"},
                    description="Without Watchdog, which fires always.",
                ),
                number(
                    "Messages that were not delivered",
                    "none",
                    {"failed": f"ceil(sum({UNDELIVERED}))"},
                    steps={1: "red"},
                    description="Of Alertmanager to the topic, over the time that is shown.",
                ),
                number(
                    "AWS last asked",
                    "s",
                    {"ago": f"time() - max(node_textfile_mtime_seconds{{{HOST}}})"},
                    steps={600: "red"},
                    description="Metrics of AWS come from a timer; AwsMetricsStale fires after ten minutes.",
                ),
                rows_of(
                    "Firing alerts",
                    "none",
                    f"count by (alertname, severity, instance, namespace, pod) ({FIRING})",
                ),
                rows_of(
                    "Targets",
                    "none",
                    "min by (job, instance) (up)",
                    description="1 answers, 0 does not.",
                ),
                graph("Sources in AWS that answer", "none", {"{{source}}": "aws_metrics_up"}, width=6, most=1),
                graph("Targets that answer", "none", {"{{job}}": "sum by (job) (up)"}, width=6),
                graph(
                    "Rules that fail per second",
                    "none",
                    {"{{rule_group}}": f"sum by (rule_group) (rate({FAILING}[$__rate_interval])) > 0"},
                    width=6,
                    description="A rule that fails fires no alert. No line is the good case.",
                ),
                graph("Time of a scrape", "s", {"{{job}}": "max by (job) (scrape_duration_seconds)"}, width=6),
            ],
            "Machine": [
                graph(
                    "CPU in use",
                    "percentunit",
                    {"in use": f'1 - avg(rate(node_cpu_seconds_total{{{HOST},mode="idle"}}[$__rate_interval]))'},
                    most=1,
                ),
                graph(
                    "Memory",
                    "bytes",
                    {
                        "in use": f"node_memory_MemTotal_bytes{{{HOST}}} - node_memory_MemAvailable_bytes{{{HOST}}}",
                        "all": f"node_memory_MemTotal_bytes{{{HOST}}}",
                    },
                ),
                graph(
                    "Data volume",
                    "bytes",
                    {
                        "in use": f"node_filesystem_size_bytes{{{DATA}}} - node_filesystem_avail_bytes{{{DATA}}}",
                        "all": f"node_filesystem_size_bytes{{{DATA}}}",
                    },
                    description="Metrics and logs. FilesystemFilling fires when less than 15 percent are left.",
                ),
            ],
            "Prometheus": [
                graph("Series in memory", "short", {"series": 'prometheus_tsdb_head_series{job="prometheus"}'}),
                graph(
                    "Samples per second",
                    "short",
                    {
                        "samples": "sum(rate(prometheus_tsdb_head_samples_appended_total"
                        '{job="prometheus"}[$__rate_interval]))'
                    },
                ),
                graph(
                    "Size of the blocks",
                    "bytes",
                    {"blocks": 'prometheus_tsdb_storage_blocks_bytes{job="prometheus"}'},
                    description="May fill half of the data volume; after that the oldest block goes.",
                ),
            ],
            "Loki": [
                graph(
                    "Bytes per second",
                    "Bps",
                    {"received": 'sum(rate(loki_distributor_bytes_received_total{job="loki"}[$__rate_interval]))'},
                ),
                graph(
                    "Lines per second",
                    "short",
                    {"received": 'sum(rate(loki_distributor_lines_received_total{job="loki"}[$__rate_interval]))'},
                ),
                graph(
                    "Lines refused per second",
                    "short",
                    {
                        "{{reason}}": 'sum by (reason) (rate(loki_discarded_samples_total{job="loki"}'
                        "[$__rate_interval]))"
                    },
                    width=4,
                    description="Too old, or too many: then the log agent sends them again.",
                ),
                graph(
                    "Lines cut per second",
                    "short",
                    {"longer than 256 KiB": 'sum(rate(loki_mutated_samples_total{job="loki"}[$__rate_interval]))'},
                    width=4,
                ),
            ],
        },
        description="The machine outside of the cluster that watches it.",
    )
