"""The few kinds of panels that our dashboards are made of. Their places follow from their order and width."""

import string
from collections.abc import Sequence
from typing import Any

from grafana_foundation_sdk.builders import bargauge, common, dashboard, logs, loki, prometheus, stat, table, timeseries
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.models import common as kinds
from grafana_foundation_sdk.models import dashboard as models
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

METRICS = models.DataSourceRef(type_val="prometheus", uid="prometheus")
LOGS = models.DataSourceRef(type_val="loki", uid="loki")
WIDTH = 24  # columns of a dashboard

Panel = Builder[models.Panel]
Query = prometheus.Dataquery | loki.Dataquery
Steps = Sequence[tuple[float | None, str]]  # from that value on that colour; the first one has no value
FINE: Steps = [(None, "green")]


def metric(expression: str, legend: str) -> prometheus.Dataquery:
    return prometheus.Dataquery().expr(expression).legend_format(legend).datasource(METRICS).range()


def latest(expression: str, legend: str = "") -> prometheus.Dataquery:
    """The values of this moment, without those of before."""
    return prometheus.Dataquery().expr(expression).legend_format(legend).datasource(METRICS).instant()


def stream(expression: str, legend: str = "") -> loki.Dataquery:
    return loki.Dataquery().expr(expression).legend_format(legend).datasource(LOGS)


def graph(
    title: str, unit: str, *queries: Query, width: int = 8, description: str = "", stacked: bool = False
) -> Panel:
    panel = timeseries.Panel().unit(unit).min(0).line_width(1).fill_opacity(40 if stacked else 10)
    panel.legend(common.VizLegendOptions().show_legend(True).display_mode(kinds.LegendDisplayMode.LIST))
    panel.tooltip(common.VizTooltipOptions().mode(kinds.TooltipDisplayMode.MULTI))
    if stacked:
        panel.stacking(common.StackingConfig().mode(kinds.StackingMode.NORMAL))
    return _panel(panel, title, queries, width=width, height=8, description=description)


def number(title: str, unit: str, query: Query, *, width: int = 4, description: str = "", steps: Steps = FINE) -> Panel:
    panel = stat.Panel().unit(unit).thresholds(_thresholds(steps)).color_mode(kinds.BigValueColorMode.VALUE)
    return _panel(panel, title, [query], width=width, height=4, description=description)


def bars(title: str, unit: str, query: Query, *, width: int = 12, description: str = "", steps: Steps = FINE) -> Panel:
    """A bar for each series, from 0 to 1."""
    panel = bargauge.Panel().unit(unit).min(0).max(1).thresholds(_thresholds(steps))
    panel.orientation(kinds.VizOrientation.HORIZONTAL)
    return _panel(panel, title, [query], width=width, height=8, description=description)


def rows(title: str, query: prometheus.Dataquery, *, width: int = 12, description: str = "") -> Panel:
    """A row for each series, and a column for each label."""
    query.format(PromQueryFormat.TABLE)
    return _panel(table.Panel(), title, [query], width=width, height=8, description=description)


def lines(title: str, query: loki.Dataquery) -> Panel:
    panel = logs.Panel().show_time(True).wrap_log_message(True).enable_log_details(True)
    panel.sort_order(kinds.LogsSortOrder.DESCENDING)
    return _panel(panel, title, [query], width=WIDTH, height=16, description="")


def choice(name: str, query: str, source: models.DataSourceRef, *, everything: str = ".*") -> dashboard.QueryVariable:
    """A variable with some of the values of a label, or everything. query is label_values(...)."""
    variable = dashboard.QueryVariable(name).label(name).query(query).datasource(source).multi(True)
    variable.refresh(models.VariableRefresh.ON_TIME_RANGE_CHANGED).sort(models.VariableSort.ALPHABETICAL_ASC)
    chosen = models.VariableOption(text="All", value="$__all", selected=True)
    return variable.include_all(True).all_value(everything).current(chosen)


def page(uid: str, title: str, description: str) -> dashboard.Dashboard:
    """A dashboard without panels. The uid is part of its address."""
    made = dashboard.Dashboard(title).uid(uid).description(description).tags(["platform"]).readonly()
    return made.time("now-6h", "now").refresh("1m").timezone("browser")


def _panel(panel: Any, title: str, queries: Sequence[Query], *, width: int, height: int, description: str) -> Panel:
    panel.title(title).span(width).height(height).datasource(
        LOGS if isinstance(queries[0], loki.Dataquery) else METRICS
    )
    if description:
        panel.description(description)
    for letter, query in zip(string.ascii_uppercase, queries, strict=False):
        panel.with_target(query.ref_id(letter))
    made: Panel = panel
    return made


def _thresholds(steps: Steps) -> dashboard.ThresholdsConfig:
    limits = [models.Threshold(value=value, color=color) for value, color in steps]
    return dashboard.ThresholdsConfig().mode(models.ThresholdsMode.ABSOLUTE).steps(limits)
