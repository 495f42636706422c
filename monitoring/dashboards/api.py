"""The API: its objectives, its requests by route, what the load balancer sees, and its pods."""

from grafana_foundation_sdk.models.dashboard import Dashboard

from monitoring.dashboards.panels import build, graph, link, metric_variable, number
from monitoring.slo_rules import PAGE, TICKET, error_budget
from settings import Settings

# app.kubernetes.io/name of the chart, which the log agent makes the label app.
APP = "realworld-backend"
LOGS = f"/d/logs?var-app={APP}"
REQUESTS = 'http_server_request_duration_seconds_count{job="api",http_route=~"$route"}'
ERRORS = 'http_server_request_duration_seconds_count{job="api",http_route=~"$route",http_response_status_code=~"5.."}'
BUCKETS = 'http_server_request_duration_seconds_bucket{job="api",http_route=~"$route"}'


def rate(series: str, by: str) -> str:
    return f"sum by ({by}) (rate({series}[$__rate_interval]))"


def quantile(share: float) -> str:
    return f"histogram_quantile({share}, {rate(BUCKETS, 'http_route, le')})"


def dashboard(settings: Settings) -> Dashboard:
    slos = settings.monitoring.slos
    burning = [
        graph(
            f"Burn rate over {burn.long}",
            "none",
            {
                name: f'slo:sli_error:ratio_rate{burn.long}{{slo="{name}"}} / {error_budget(slo):g}'
                for name, slo in slos.items()
            },
            width=6,
            limits={burn.factor: "red" if burn in PAGE else "orange"},
            description=f"1 uses up the whole error budget within its window. More than {burn.factor:g}, and as much "
            f"over {burn.short}: {'a page' if burn in PAGE else 'a ticket'}.",
        )
        for burn in (*PAGE, *TICKET)
    ]
    per_route = {
        "Requests": [
            graph("Requests per second", "reqps", {"{{http_route}}": rate(REQUESTS, "http_route")}),
            graph(
                "Share of errors",
                "percentunit",
                {
                    "{{http_route}}": f"({rate(ERRORS, 'http_route')} or 0 * {rate(REQUESTS, 'http_route')})"
                    f" / ({rate(REQUESTS, 'http_route')} > 0)"
                },
                description="Answers with a status of 500 or more. unmatched: no route of the application takes it.",
            ).links([link("Lines of the API", f"{LOGS}&${{__url_time_range}}")]),
            graph(
                "Answers per second by status",
                "reqps",
                {"{{http_response_status_code}}": rate(REQUESTS, "http_response_status_code")},
                stacked=True,
            ),
        ],
        "Latency": [
            graph(f"Latency, p{share * 100:g}", "s", {"{{http_route}}": quantile(share)}, description=text)
            for share, text in {
                0.5: "Half of the requests took no longer. Quantiles are interpolated between bounds of the histogram.",
                0.95: "One request in twenty took longer.",
                0.99: "One request in a hundred took longer.",
            }.items()
        ],
    }
    return build(
        "api",
        "API",
        {
            "Objectives": [
                number(
                    "Error budget remaining",
                    "percentunit",
                    {"{{slo}}": "slo:error_budget_remaining:ratio"},
                    width=24,
                    steps={0: "orange", 0.25: "green"},
                    base="red",
                    description="What is left of the bad events that an objective allows over its window; "
                    "below 0 it is missed.",
                ),
                *burning,
            ],
            **per_route,
            "Edge": [
                graph(
                    "Requests and errors at the load balancer",
                    "reqps",
                    {
                        "requests": "sum(aws_alb_requests_per_second)",
                        "errors of pods": "sum(aws_alb_target_5xx_per_second)",
                        "errors of the load balancer": "sum(aws_alb_elb_5xx_per_second)",
                    },
                    description="CloudWatch has a minute after some two minutes. What reaches no pod is no request "
                    "here, but an error of the load balancer.",
                    width=12,
                ),
                graph(
                    "Time to an answer, from outside",
                    "s",
                    {
                        "pods, as the load balancer sees them": "max(aws_alb_target_response_time_seconds)",
                        "the probe of /api/tags": 'max(probe_duration_seconds{job="probe"})',
                    },
                    width=12,
                ),
                number(
                    "Healthy pods",
                    "none",
                    {"healthy": "min(aws_alb_healthy_hosts)"},
                    steps={1: "green"},
                    base="red",
                ),
                number("Unhealthy pods", "none", {"unhealthy": "max(aws_alb_unhealthy_hosts)"}, steps={1: "orange"}),
                number(
                    "Certificate ends in",
                    "s",
                    {"certificate": 'min(probe_ssl_earliest_cert_expiry{job="probe"}) - time()'},
                    steps={14 * 86400: "green"},
                    base="red",
                    description="Before the domain is delegated there is none.",
                ),
                number(
                    "Probes that succeed",
                    "percentunit",
                    {"probes": 'avg(avg_over_time(probe_success{job="probe"}[$__range]))'},
                    steps={0.99: "green"},
                    base="orange",
                ),
            ],
            "Pods": [
                graph(
                    "Event loop in use",
                    "percentunit",
                    {"{{instance}}": 'nodejs_eventloop_utilization{job="api"}'},
                    most=1,
                ),
                graph(
                    "Delay of the event loop, p99",
                    "s",
                    {"{{instance}}": 'nodejs_eventloop_delay_p99{job="api"}'},
                    description="How long a callback waits: above some 100 ms something computes for too long.",
                ),
                graph("Heap in use", "bytes", {"{{instance}}": 'sum by (instance) (v8js_memory_heap_used{job="api"})'}),
            ],
        },
        description="Rate, errors and duration of the requests, and the objectives that they are held against.",
        variables=[metric_variable("route", 'http_server_request_duration_seconds_count{job="api"}', "http_route")],
        links=[link("Logs of the API", LOGS)],
    )
