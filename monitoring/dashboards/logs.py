"""What the containers of the cluster write, by the labels that the log agent gives."""

from grafana_foundation_sdk.builders.dashboard import TextBoxVariable
from grafana_foundation_sdk.models.dashboard import Dashboard

from monitoring.dashboards.panels import build, log_graph, log_lines, log_variable

STREAM = '{namespace=~"$namespace",app=~"$app",pod=~"$pod",container=~"$container"}'
# In back quotes, so that a regular expression needs no second backslash.
FOUND = STREAM + " |~ `(?i)$search`"
TROUBLE = FOUND + " |~ `(?i)(error|exception|fatal|panic)`"


def dashboard() -> Dashboard:
    return build(
        "logs",
        "Logs",
        {
            "Volume": [
                log_graph("Lines by app", {"{{app}}": f"sum by (app) (count_over_time({FOUND} [$__auto]))"}),
                log_graph(
                    "Lines about trouble, by pod",
                    {"{{pod}}": f"sum by (pod) (count_over_time({TROUBLE} [$__auto]))"},
                    description="Those with error, exception, fatal or panic in them, in any case of letters.",
                ),
            ],
            "Lines": [log_lines("Newest lines", FOUND)],
        },
        description="The search is a regular expression, in any case of letters. At most 1000 lines, newest first.",
        variables=[
            log_variable("namespace", "", required=True),
            log_variable("app", '{namespace=~"$namespace"}', required=False),
            log_variable("pod", '{namespace=~"$namespace",app=~"$app"}', required=False),
            log_variable("container", '{namespace=~"$namespace",app=~"$app",pod=~"$pod"}', required=False),
            TextBoxVariable("search").label("Search").default_value(""),
        ],
        since="now-1h",
    )
