"""What the dashboards share: panels with a title, a unit and queries, and how they become a dashboard.

Panels are 24 columns to a line; what does not fit goes to the next line.
"""

from collections.abc import Mapping, Sequence

from grafana_foundation_sdk.builders import common, dashboard, logs, loki, prometheus, stat, table, timeseries
from grafana_foundation_sdk.models.common import (
    BigValueGraphMode,
    GraphGradientMode,
    GraphThresholdsStyleMode,
    LegendDisplayMode,
    LegendPlacement,
    LogsSortOrder,
    SortOrder,
    StackingMode,
    TooltipDisplayMode,
)
from grafana_foundation_sdk.models.dashboard import (
    Dashboard,
    DashboardCursorSync,
    DashboardLinkType,
    DataSourceRef,
    DataTransformerConfig,
    Panel,
    RowPanel,
    Threshold,
    ThresholdsMode,
    VariableOption,
    VariableRefresh,
    VariableSort,
)
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

from monitoring.dashboards.changes import marks

PROMETHEUS = DataSourceRef(type_val="prometheus", uid="prometheus")
LOKI = DataSourceRef(type_val="loki", uid="loki")
# That of prometheus.yml: $__rate_interval then covers four scrapes at least.
SCRAPE_INTERVAL = "30s"

AnyPanel = timeseries.Panel | stat.Panel | table.Panel | logs.Panel
Rows = Mapping[str, Sequence[AnyPanel]]
Steps = Mapping[float, str]
# Legend to expression.
Queries = Mapping[str, str]


def _colors(steps: Steps, base: str) -> dashboard.ThresholdsConfig:
    above = [Threshold(value=value, color=color) for value, color in steps.items()]
    return dashboard.ThresholdsConfig().mode(ThresholdsMode.ABSOLUTE).steps([Threshold(color=base), *above])


def _metrics(queries: Queries) -> list[prometheus.Dataquery]:
    return [
        prometheus.Dataquery().ref_id(f"Q{place}").datasource(PROMETHEUS).expr(expression).legend_format(legend)
        .range().interval(SCRAPE_INTERVAL)
        for place, (legend, expression) in enumerate(queries.items())
    ]  # fmt: skip


def _graph(title: str, unit: str, width: int, description: str, stacked: bool) -> timeseries.Panel:
    panel = (
        timeseries.Panel()
        .title(title)
        .unit(unit)
        .span(width)
        .height(8)
        .fill_opacity(40 if stacked else 8)
        .gradient_mode(GraphGradientMode.OPACITY)
        .legend(common.VizLegendOptions().display_mode(LegendDisplayMode.LIST).placement(LegendPlacement.BOTTOM)
                .show_legend(True))
        .tooltip(common.VizTooltipOptions().mode(TooltipDisplayMode.MULTI).sort(SortOrder.DESCENDING))
    )  # fmt: skip
    if stacked:
        panel.stacking(common.StackingConfig().mode(StackingMode.NORMAL))
    return panel.description(description) if description else panel


def graph(
    title: str,
    unit: str,
    queries: Queries,
    *,
    width: int = 8,
    description: str = "",
    limits: Steps | None = None,
    stacked: bool = False,
    most: float | None = None,
) -> timeseries.Panel:
    """Lines over time. limits are drawn as dashed lines; most is the end of the scale."""
    panel = _graph(title, unit, width, description, stacked).datasource(PROMETHEUS).min(0)
    panel.targets(list(_metrics(queries)))
    if limits:
        panel.thresholds(_colors(limits, "transparent"))
        panel.thresholds_style(common.GraphThresholdsStyleConfig().mode(GraphThresholdsStyleMode.DASHED))
    return panel if most is None else panel.max(most)


def log_graph(title: str, queries: Queries, *, width: int = 12, description: str = "") -> timeseries.Panel:
    """Numbers of lines, one on top of the other."""
    targets = [
        loki.Dataquery().ref_id(f"Q{place}").datasource(LOKI).expr(expression).legend_format(legend).query_type("range")
        for place, (legend, expression) in enumerate(queries.items())
    ]
    panel = _graph(title, "short", width, description, stacked=True).datasource(LOKI).min(0)
    return panel.targets(list(targets))


def log_lines(title: str, expression: str, *, width: int = 24, height: int = 16) -> logs.Panel:
    query = loki.Dataquery().ref_id("Q0").datasource(LOKI).expr(expression).query_type("range").max_lines(1000)
    panel = logs.Panel().title(title).datasource(LOKI).span(width).height(height).with_target(query)
    return panel.show_time(True).wrap_log_message(True).enable_log_details(True).sort_order(LogsSortOrder.DESCENDING)


def number(
    title: str,
    unit: str,
    queries: Queries,
    *,
    width: int = 6,
    description: str = "",
    steps: Steps | None = None,
    base: str = "green",
) -> stat.Panel:
    """The newest values, large. steps are the colors from a value on."""
    panel = (
        stat.Panel()
        .title(title)
        .unit(unit)
        .span(width)
        .height(4)
        .datasource(PROMETHEUS)
        .targets(list(_metrics(queries)))
        .thresholds(_colors(steps or {}, base if steps else "blue"))
        .graph_mode(BigValueGraphMode.AREA)
        .reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]))
    )
    return panel.description(description) if description else panel


def rows_of(title: str, unit: str, expression: str, *, width: int = 12, description: str = "") -> table.Panel:
    """A table with a column for each label of an instant vector, and its value."""
    query = prometheus.Dataquery().ref_id("Q0").datasource(PROMETHEUS).expr(expression).instant()
    panel = (
        table.Panel()
        .title(title)
        .unit(unit)
        .span(width)
        .height(8)
        .datasource(PROMETHEUS)
        .with_target(query.format(PromQueryFormat.TABLE))
        .with_transformation(DataTransformerConfig(id_val="organize", options={"excludeByName": {"Time": True}}))
        .filterable(True)
    )
    return panel.description(description) if description else panel


def metric_variable(name: str, metric: str, label: str) -> dashboard.QueryVariable:
    query: dict[str, object] = {"query": f"label_values({metric}, {label})", "refId": "variable"}
    return _variable(name, query).datasource(PROMETHEUS).all_value(".*")


def log_variable(name: str, stream: str, *, required: bool) -> dashboard.QueryVariable:
    """A label of the lines that stream selects. Loki refuses a selector in which every label may be empty."""
    query: dict[str, object] = {"label": name, "stream": stream, "type": 1, "refId": "variable"}
    return _variable(name, query).datasource(LOKI).all_value(".+" if required else ".*")


def _variable(name: str, query: dict[str, object]) -> dashboard.QueryVariable:
    everything = VariableOption(selected=True, text="All", value="$__all")
    variable = dashboard.QueryVariable(name).query(query).multi(True).include_all(True).current(everything)
    return variable.refresh(VariableRefresh.ON_TIME_RANGE_CHANGED).sort(VariableSort.ALPHABETICAL_ASC)


def link(title: str, url: str) -> dashboard.DashboardLink:
    """To another dashboard, which shows the same time."""
    return dashboard.DashboardLink(title).type(DashboardLinkType.LINK).url(url).icon("dashboard").keep_time(True)


def build(
    uid: str,
    title: str,
    rows: Rows,
    *,
    description: str,
    variables: Sequence[dashboard.QueryVariable | dashboard.TextBoxVariable] = (),
    links: Sequence[dashboard.DashboardLink] = (),
    since: str = "now-6h",
) -> Dashboard:
    """uid is the address of the dashboard: links and bookmarks hold it."""
    board = dashboard.Dashboard(title).uid(uid).description(description).tags(["platform"]).readonly()
    board.time(since, "now").refresh("1m").tooltip(DashboardCursorSync.CROSSHAIR)
    board.variables(list(variables)).links(list(links))
    board.annotations([mark.datasource(PROMETHEUS) for mark in marks()])
    for heading, panels in rows.items():
        board.with_row(dashboard.Row(heading))
        for panel in panels:
            board.with_panel(panel)
    built = board.build()
    for place, each in enumerate(built.panels or [], start=1):
        if isinstance(each, Panel | RowPanel):
            each.id_val = place
    return built
