"""The host that watches: its own resources, what it takes in, what it cannot reach, and the alerts of this moment."""

from grafana_foundation_sdk.builders import dashboard

from monitoring.dashboards.panels import graph, latest, metric, number, page, rows
from settings import Settings

HERE = 'job="monitoring-host"'
DATA = f'{HERE},mountpoint="/var/lib/monitoring"'
BAD: list[tuple[float | None, str]] = [(None, "green"), (1, "red")]


def page_of(_: Settings) -> dashboard.Dashboard:
    return (
        page(
            "monitoring-host",
            "Monitoring host",
            "What watches: its resources, its targets, and the alerts of this moment",
        )
        .with_panel(
            number(
                "Alerts that fire",
                "none",
                metric('sum(ALERTS{alertstate="firing",severity!="none"}) or vector(0)', ""),
                steps=BAD,
            )
        )
        .with_panel(number("Targets that are down", "none", metric("sum(up == bool 0)", ""), steps=BAD))
        .with_panel(
            number(
                "Data volume that is left",
                "percentunit",
                metric(f"node_filesystem_avail_bytes{{{DATA}}} / node_filesystem_size_bytes{{{DATA}}}", ""),
                steps=[(None, "red"), (0.15, "green")],
            )
        )
        .with_panel(number("Sources of AWS that fail", "none", metric("sum(aws_metrics_up == bool 0)", ""), steps=BAD))
        .with_panel(number("Series", "short", metric("prometheus_tsdb_head_series", "")))
        .with_panel(
            number(
                "Rules that fail",
                "none",
                metric("sum(increase(prometheus_rule_evaluation_failures_total[$__range]))", ""),
                steps=BAD,
            )
        )
        .with_panel(rows("Alerts", latest('ALERTS{severity!="none"}')))
        .with_panel(
            rows("Targets", latest("sum by (job, instance) (up)"), description="1 answers the scrape, 0 does not.")
        )
        .with_row(dashboard.Row("Host"))
        .with_panel(
            graph(
                "CPU",
                "percentunit",
                metric(f'1 - avg(rate(node_cpu_seconds_total{{{HERE},mode="idle"}}[$__rate_interval]))', "in use"),
            )
        )
        .with_panel(
            graph(
                "Memory",
                "percentunit",
                metric(
                    f"1 - node_memory_MemAvailable_bytes{{{HERE}}} / node_memory_MemTotal_bytes{{{HERE}}}", "in use"
                ),
            )
        )
        .with_panel(
            graph(
                "Data volume",
                "bytes",
                metric(f"node_filesystem_size_bytes{{{DATA}}} - node_filesystem_avail_bytes{{{DATA}}}", "in use"),
                metric(f"node_filesystem_size_bytes{{{DATA}}}", "size"),
            )
        )
        .with_row(dashboard.Row("Prometheus, Alertmanager and Loki"))
        .with_panel(
            graph(
                "Samples",
                "short",
                metric("sum(rate(prometheus_tsdb_head_samples_appended_total[$__rate_interval]))", "a second"),
            )
        )
        .with_panel(graph("Duration of a scrape", "s", metric("max by (job) (scrape_duration_seconds)", "{{job}}")))
        .with_panel(
            graph(
                "Notifications that fail",
                "none",
                metric(
                    "sum by (integration) (increase(alertmanager_notifications_failed_total[1h]))", "{{integration}}"
                ),
                description="Alerts that did not reach the topic, within an hour.",
            )
        )
        .with_panel(
            graph(
                "Logs that come in",
                "Bps",
                metric("sum(rate(loki_distributor_bytes_received_total[$__rate_interval]))", "bytes"),
                width=12,
            )
        )
        .with_panel(
            graph(
                "Logs that are refused",
                "none",
                metric("sum by (reason) (increase(loki_discarded_samples_total[1h]))", "{{reason}}"),
                width=12,
                description="Lines within an hour: too old, or too many at once.",
            )
        )
    )
