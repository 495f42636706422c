"""The API: its objectives, its requests by route, what the load balancer sees, and the processes."""

from grafana_foundation_sdk.builders import dashboard

from monitoring.dashboards.panels import METRICS, bars, choice, graph, metric, number, page
from monitoring.slo_rules import error_budget
from settings import Settings

REQUESTS = 'http_server_request_duration_seconds_count{job="api",http_route=~"$route"}'
FAILED = 'http_server_request_duration_seconds_count{job="api",http_route=~"$route",http_response_status_code=~"5.."}'
DURATIONS = 'http_server_request_duration_seconds_bucket{job="api",http_route=~"$route"}'


def page_of(settings: Settings) -> dashboard.Dashboard:
    def quantile(share: float) -> str:
        return f"histogram_quantile({share}, sum by (le) (rate({DURATIONS}[$__rate_interval])))"

    burning = [
        metric(f'slo:sli_error:ratio_rate1h{{slo="{name}"}} / {error_budget(slo)}', name)
        for name, slo in settings.monitoring.slos.items()
    ]
    return (
        page("api", "API", "Objectives, requests by route, the load balancer, and the processes")
        .with_variable(
            choice("route", 'label_values(http_server_request_duration_seconds_count{job="api"}, http_route)', METRICS)
        )
        .link(dashboard.DashboardLink("Logs of the API").url("/d/logs?var-app=realworld-backend").keep_time(True))
        .with_row(dashboard.Row("Objectives"))
        .with_panel(
            bars(
                "Error budget that is left",
                "percentunit",
                metric("slo:error_budget_remaining:ratio", "{{slo}}"),
                description="Of what may fail within the window of the objective. Below 0 the objective is missed.",
                steps=[(None, "red"), (0.0, "orange"), (0.25, "green")],
            )
        )
        .with_panel(
            graph(
                "Burn rate over an hour",
                "none",
                *burning,
                width=12,
                description="At 1 the budget lasts exactly for its window. Over 14.4 somebody is paged.",
            )
        )
        .with_row(dashboard.Row("Requests"))
        .with_panel(
            graph(
                "Requests by route",
                "reqps",
                metric(f"sum by (http_route) (rate({REQUESTS}[$__rate_interval]))", "{{http_route}}"),
                stacked=True,
            )
        )
        .with_panel(
            graph(
                "Share that fails, by route",
                "percentunit",
                metric(
                    f"sum by (http_route) (rate({FAILED}[$__rate_interval]))"
                    f" / sum by (http_route) (rate({REQUESTS}[$__rate_interval]))",
                    "{{http_route}}",
                ),
                description="Answers with a status of 500 or more. A route without one has no line.",
            )
        )
        .with_panel(
            graph("Duration", "s", *(metric(quantile(share), f"p{share * 100:g}") for share in (0.5, 0.95, 0.99)))
        )
        .with_panel(
            graph(
                "p95 by route",
                "s",
                metric(
                    f"histogram_quantile(0.95, sum by (le, http_route) (rate({DURATIONS}[$__rate_interval])))",
                    "{{http_route}}",
                ),
                width=12,
            )
        )
        .with_panel(
            graph(
                "Answers by status",
                "reqps",
                metric(
                    f"sum by (http_response_status_code) (rate({REQUESTS}[$__rate_interval]))",
                    "{{http_response_status_code}}",
                ),
                width=12,
                stacked=True,
            )
        )
        .with_row(dashboard.Row("Edge"))
        .with_panel(
            graph(
                "Requests at the load balancer",
                "reqps",
                metric("sum(aws_alb_requests_per_second)", "requests"),
                metric("sum(aws_alb_target_5xx_per_second)", "errors of pods"),
                metric("sum(aws_alb_elb_5xx_per_second)", "errors of the load balancer"),
                description="From CloudWatch, two to three minutes late. Only this sees what never reached a pod.",
            )
        )
        .with_panel(
            graph(
                "Duration at the load balancer",
                "s",
                metric("aws_alb_target_response_time_seconds", "{{load_balancer}} average"),
            )
        )
        .with_panel(
            graph(
                "Pods behind the load balancer",
                "none",
                metric("max by (load_balancer) (aws_alb_healthy_hosts)", "healthy"),
                metric("max by (load_balancer) (aws_alb_unhealthy_hosts)", "unhealthy"),
            )
        )
        .with_panel(
            number(
                "Probe of /api/tags",
                "percentunit",
                metric('avg_over_time(probe_success{job="probe"}[$__range])', ""),
                width=6,
                description="Share of the probes from the monitoring host that succeeded.",
                steps=[(None, "red"), (0.99, "green")],
            )
        )
        .with_panel(number("Duration of the probe", "s", metric('probe_duration_seconds{job="probe"}', ""), width=6))
        .with_panel(
            number(
                "Certificate ends in",
                "dtdurations",
                metric('probe_ssl_earliest_cert_expiry{job="probe"} - time()', ""),
                width=6,
                steps=[(None, "red"), (14 * 86400, "green")],
            )
        )
        .with_panel(number("Pods that answer the scrape", "none", metric('sum(up{job="api"})', ""), width=6))
        .with_row(dashboard.Row("Processes"))
        .with_panel(
            graph(
                "Event loop in use",
                "percentunit",
                metric('nodejs_eventloop_utilization{job="api"}', "{{instance}}"),
                description="Near 1 the process cannot take more, however much CPU the node has.",
            )
        )
        .with_panel(
            graph("Event loop delay, p99", "s", metric('nodejs_eventloop_delay_p99{job="api"}', "{{instance}}"))
        )
        .with_panel(
            graph("Heap", "bytes", metric('sum by (instance) (v8js_memory_heap_used{job="api"})', "{{instance}}"))
        )
    )
