"""What containers have written, by namespace, pod, container and application."""

from grafana_foundation_sdk.builders import dashboard

from monitoring.dashboards.panels import LOGS, choice, graph, lines, page, stream
from settings import Settings

LABELS = ("namespace", "app", "pod", "container")


def page_of(_: Settings) -> dashboard.Dashboard:
    selector = "{" + ", ".join(f'{label}=~"${label}"' for label in LABELS) + "}"
    found = f"{selector} |~ `(?i)$search`"
    made = page("logs", "Logs", "What containers have written")
    for label in LABELS:
        # Loki refuses a query of which every part may be empty. Only the namespace is in every line.
        everything = ".+" if label == "namespace" else ".*"
        made.with_variable(choice(label, f"label_values({label})", LOGS, everything=everything))
    return (
        made.with_variable(dashboard.TextBoxVariable("search").label("search").description("a regular expression"))
        .with_panel(
            graph(
                "Lines by application",
                "none",
                stream(f"sum by (app) (count_over_time({found} [$__auto]))", "{{app}}"),
                width=12,
                stacked=True,
            )
        )
        .with_panel(
            graph(
                "Bytes by namespace",
                "Bps",
                stream(f"sum by (namespace) (bytes_rate({selector} [$__auto]))", "{{namespace}}"),
                width=12,
                description="What is searched for does not matter here.",
                stacked=True,
            )
        )
        .with_panel(lines("Lines", stream(found)))
    )
