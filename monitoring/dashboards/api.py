"""The API: its objectives, its requests by route, what the load balancer sees, and its pods."""

from urllib.parse import quote

from grafana_foundation_sdk.models.dashboard import Dashboard

from monitoring.dashboards.panels import build, graph, link, log_lines, metric_variable, number, rows_of
from monitoring.slo_rules import PAGE, TICKET, error_budget
from settings import Settings

# app.kubernetes.io/name of the chart, which the log agent makes the label app.
APP = "realworld-backend"
LOGS = f"/d/logs?var-app={APP}"
# As the preload errors.cjs writes it, which no other line of the API has.
FAILED = '"level":"error"'
REQUESTS = 'http_server_request_duration_seconds_count{job="api",http_route=~"$route"}'
ERRORS = 'http_server_request_duration_seconds_count{job="api",http_route=~"$route",http_response_status_code=~"5.."}'
BUCKETS = 'http_server_request_duration_seconds_bucket{job="api",http_route=~"$route"}'
# The address of a target to the name of its pod; those of Jobs have no metrics, and an address may have been theirs.
POD_OF = (
    'topk by (instance) (1, label_replace(last_over_time(kube_pod_info{created_by_kind="ReplicaSet"}[$__range]),'
    ' "instance", "$1:9464", "pod_ip", "(.+)"))'
)


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
            "Is it us?": [
                graph(
                    "Share of failures, by who saw them",
                    "percentunit",
                    {
                        "pods": f"(sum(rate({ERRORS}[$__rate_interval])) or vector(0))"
                        f" / sum(rate({REQUESTS}[$__rate_interval]))",
                        "load balancer": "sum(aws_alb_elb_5xx_per_second)"
                        " / (sum(aws_alb_requests_per_second) + sum(aws_alb_elb_5xx_per_second) > 0)",
                        "probe": '1 - avg(probe_success{job="probe"})',
                    },
                    width=12,
                    description="Pods: the application, or what it asks. Only the load balancer: it finds no pod that "
                    "answers. Only the probe: resolver, certificate, or the way to the load balancer.",
                ),
                graph(
                    "Alerts since when",
                    "none",
                    {"{{alertname}}": 'max by (alertname) (ALERTS{alertstate="firing",severity!="none"})'},
                    width=12,
                ),
                rows_of(
                    "Failed requests by route and pod",
                    "none",
                    f"topk(10, sum by (http_route, pod) (increase({ERRORS}[$__range])"
                    f" * on (instance) group_left (pod) {POD_OF}) > 0)",
                    description="Over the time that is shown. A row leads to what its pod wrote.",
                ).data_links(
                    [
                        link(
                            "Failed requests of this pod",
                            f"{LOGS}&var-pod=${{__data.fields.pod}}&var-search={quote(FAILED)}&${{__url_time_range}}",
                        )
                    ]
                ),
                log_lines("Failed requests", f'{{app="{APP}"}} |= `{FAILED}`', width=12, height=8),
            ],
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
