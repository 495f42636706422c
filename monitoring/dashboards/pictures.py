"""Pictures of the dashboards for the documents: their layout, with data that is made up.

python -m monitoring.dashboards.pictures draws those of the environment local into docs/dashboards.
"""

import math
import random
from collections.abc import Callable
from pathlib import Path
from xml.sax.saxutils import escape

from grafana_foundation_sdk.models.dashboard import Dashboard, Panel, RowPanel

from monitoring.dashboards import build
from settings import load_settings

FOLDER = Path(__file__).parents[2] / "docs" / "dashboards"
COLUMN, LINE, TOP = 50, 34, 56  # pixels: a column of the grid, a line of it, and what is above
PAGE, CARD, EDGE, TEXT, FAINT = "#f4f5f5", "#ffffff", "#d8d9da", "#24292e", "#6e7781"
LINES = ("#3274d9", "#37872d", "#e0752d", "#8f3bb8", "#c4162a", "#1f9e9e")
GREEN = LINES[1]
# By unit, the most that is drawn, and how it is written.
UNITS: dict[str, tuple[float, Callable[[float], str]]] = {
    "Bps": (4e6, lambda value: f"{value / 1e6:.1f} MB/s"),
    "dtdurations": (90, lambda value: f"{value:.0f} hours"),
    "bytes": (8e9, lambda value: f"{value / 1e9:.1f} GB"),
    "iops": (400, lambda value: f"{value:.0f} io/s"),
    "none": (8, lambda value: f"{value:.0f}"),
    "percent": (100, lambda value: f"{value:.0f}%"),
    "percentunit": (1, lambda value: f"{value:.0%}"),
    "reqps": (120, lambda value: f"{value:.0f} req/s"),
    "s": (0.8, lambda value: f"{value * 1000:.0f} ms"),
    "short": (90e3, lambda value: f"{value / 1e3:.0f} K"),
}


def draw(dashboard: Dashboard) -> str:
    """An SVG. The same dashboard gives the same picture."""
    panels = dashboard.panels or []
    height = TOP + LINE * max(_place(panel)[1] + _place(panel)[3] for panel in panels) + 8
    width = COLUMN * 24 + 8
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif">',
        f'<rect width="{width}" height="{height}" fill="{PAGE}"/>',
        _text(12, 34, dashboard.title or "", size=22, weight="bold"),
        _text(width - 12, 34, "synthetic data", size=16, color="#c4162a", anchor="end"),
    ]
    for panel in panels:
        # What is made up belongs to the panel, so another panel does not change it.
        parts += _panel(panel, random.Random(f"{dashboard.uid} {panel.title}"))
    return "\n".join([*parts, "</svg>", ""])


def _place(panel: Panel | RowPanel) -> tuple[int, int, int, int]:
    grid = panel.grid_pos
    assert grid
    return grid.x, grid.y, grid.w, grid.h


def _panel(panel: Panel | RowPanel, chance: random.Random) -> list[str]:
    column, line, columns, lines = _place(panel)
    x, y = column * COLUMN + 8, line * LINE + TOP
    width, height = columns * COLUMN - 8, lines * LINE - 8
    if isinstance(panel, RowPanel):
        return [_text(x + 4, y + 20, f"▾ {panel.title}", size=15, weight="bold")]
    parts = [
        f'<rect x="{x}" y="{y}" width="{width}" height="{height}" rx="3" fill="{CARD}" stroke="{EDGE}"/>',
        _text(x + 10, y + 20, panel.title or "", size=13, weight="bold"),
    ]
    defaults = panel.field_config.defaults if panel.field_config else None
    most, written = UNITS[defaults.unit if defaults and defaults.unit else "none"]
    names = [_name(str(getattr(target, "legend_format", ""))) for target in panel.targets or []]
    inside = (x + 10, y + 32, width - 20, height - 42)
    if panel.type_val == "timeseries":
        return parts + _curves(inside, names, most, written, chance)
    if panel.type_val == "stat":
        return [
            *parts,
            _text(
                x + width / 2,
                y + height / 2 + 22,
                written(most * 0.62),
                size=30,
                color=GREEN,
                anchor="middle",
            ),
        ]
    if panel.type_val == "bargauge":
        return parts + _bars(inside, chance)
    return parts + _written(inside, panel.type_val == "logs", chance)


def _name(legend: str) -> str:
    """A label of the legend stands for its values."""
    return legend.replace("{{", "").replace("}}", "") or "value"


def _curves(
    box: tuple[float, ...], names: list[str], most: float, written: Callable[[float], str], chance: random.Random
) -> list[str]:
    x, y, width, height = box
    left, right, bottom, high = x + 62, x + width, y + height - 22, height - 34
    parts = []
    for share in (0, 0.5, 1):
        level = bottom - high * share
        parts.append(_rect(left, level, right - left, 1, EDGE))
        parts.append(_text(left - 6, level + 4, written(most * share), size=10, color=FAINT, anchor="end"))
    at = left
    for number, name in enumerate(names):
        color = LINES[number % len(LINES)]
        base, swing, phase = chance.uniform(0.2, 0.7), chance.uniform(0.05, 0.2), chance.uniform(0, 6)
        points = []
        for step in range(61):
            value = base + swing * math.sin(phase + step / 9) + chance.uniform(-0.03, 0.03)
            points.append(f"{left + (right - left) * step / 60:.0f},{bottom - high * min(max(value, 0), 1):.0f}")
        parts.append(f'<polyline points="{" ".join(points)}" fill="none" stroke="{color}" stroke-width="1.5"/>')
        parts.append(_rect(at, y + height - 9, 12, 3, color))
        parts.append(_text(at + 16, y + height - 3, name, size=10, color=FAINT))
        at += 24 + 5.6 * len(name)
    return parts


def _bars(box: tuple[float, ...], chance: random.Random) -> list[str]:
    x, y, width, height = box
    parts = []
    for number in range(4):
        share, top = chance.uniform(0.3, 0.95), y + number * height / 4 + 8
        parts.append(_text(x, top + 22, f"objective {number + 1}", size=11, color=FAINT))
        parts.append(_rect(x + 90, top, width - 150, 32, PAGE))
        parts.append(_rect(x + 90, top, (width - 150) * share, 32, GREEN))
        parts.append(_text(x + width, top + 22, f"{share:.0%}", size=14, color=GREEN, anchor="end"))
    return parts


def _written(box: tuple[float, ...], logs: bool, chance: random.Random) -> list[str]:
    """Lines of a log or of a table, as grey bars: what would stand there is not made up."""
    x, y, width, height = box
    parts = []
    for number in range(int(height // 22)):
        top = y + number * 22
        parts.append(_rect(x, top + 20, width, 1, EDGE))
        # A time and a message, or the columns of a table.
        shares = {0: 0.09, 0.12: chance.uniform(0.3, 0.8)} if logs else dict.fromkeys((0, 0.3, 0.6, 0.85), 0.09)
        parts += [_rect(x + width * start, top + 7, width * share, 7, EDGE) for start, share in shares.items()]
    return parts


def _rect(x: float, y: float, width: float, height: float, color: str) -> str:
    return f'<rect x="{x:.0f}" y="{y:.0f}" width="{width:.0f}" height="{height:.0f}" fill="{color}"/>'


def _text(
    x: float, y: float, text: str, *, size: int, color: str = TEXT, weight: str = "normal", anchor: str = "start"
) -> str:
    look = f'font-size="{size}" font-weight="{weight}" fill="{color}" text-anchor="{anchor}"'
    return f'<text x="{x:.0f}" y="{y:.0f}" {look}>{escape(text)}</text>'


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for uid, made in build(load_settings("local")).items():
        (FOLDER / f"{uid}.svg").write_text(draw(made), encoding="utf-8")
        print(FOLDER / f"{uid}.svg")
