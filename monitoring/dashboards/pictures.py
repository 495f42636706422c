"""Draws the dashboards for docs/dashboards: what they are made of is real, the data is that of pictures.yaml.

Usage: python -m monitoring.dashboards.pictures
"""

import json
import re
from collections.abc import Iterator
from html import escape
from pathlib import Path
from random import Random
from typing import Any

from monitoring.dashboards import dashboards
from settings import load_settings
from settings.messages import read_mapping

FOLDER = Path(__file__).parents[2] / "docs" / "dashboards"
DATA = read_mapping(Path(__file__).with_name("pictures.yaml"))
COLUMN, LINE, GAP, POINTS = 50, 30, 6, 48
COLORS = ("#73bf69", "#5794f2", "#ff9830", "#b877d9", "#f2cc0c", "#ff7383", "#8ab8ff", "#96d98d")
NAMED = {"green": "#73bf69", "orange": "#ff9830", "red": "#f2495c", "blue": "#5794f2"}
BRIGHT, RULE, MIDDLE, BOLD = "#ccccdc", "#2c3037", 'text-anchor="middle"', 'font-weight="600"'


def text(x: float, y: float, words: str, size: int = 11, color: str = "#9fa7b3", extra: str = "") -> str:
    return f'<text x="{x:g}" y="{y:g}" font-size="{size}" fill="{color}" {extra}>{escape(words)}</text>'


def shown(value: float, unit: str) -> str:
    """A number as Grafana writes it, more or less."""
    if unit == "percentunit":
        value, unit = 100 * value, "percent"
    sizes = DATA["sizes"][unit]
    name = next((name for name, size in sizes.items() if abs(value) >= size), [*sizes][-1])
    return f"{value / sizes[name]:.3g}{name}"


def scale(most: float, unit: str) -> float:
    """The end of an axis: four round steps, which hold what is most."""
    step, factors = (1.0, (1, 2, 4, 8)) if unit == "bytes" else (1e-6, (1, 2, 2.5, 5))
    while 4 * factors[-1] * step < most:
        step *= 16 if unit == "bytes" else 10
    return next(4 * factor * step for factor in factors if 4 * factor * step >= most)


def line_names(panel: dict[str, Any]) -> list[str]:
    """The legends, with examples for their labels."""
    found = []
    for legend in (target["legendFormat"] for target in panel["targets"]):
        examples = {label: DATA["labels"][label] for label in re.findall(r"\{\{(\w+)\}\}", legend)}
        for place in range(min(map(len, examples.values()), default=1)):
            name = legend
            for label, values in examples.items():
                name = name.replace(f"{{{{{label}}}}}", values[place])
            found.append(name)
    return found[: len(COLORS)]


def line(seed: str, low: float, high: float) -> list[float]:
    """A gentle up and down. Only + - * /, so that every machine draws the same."""
    dice = Random(seed)
    knots = [dice.random() for _ in range(7)]
    points = []
    for point in range(POINTS):
        at, part = divmod(point * (len(knots) - 1) / POINTS, 1)
        smooth = part * part * (3 - 2 * part)
        level = knots[int(at)] * (1 - smooth) + knots[int(at) + 1] * smooth
        points.append(low + (high - low) * (0.85 * level + 0.15 * dice.random()))
    return points


def lines_of(panel: dict[str, Any]) -> list[tuple[str, list[float]]]:
    title, names = panel["title"], line_names(panel)
    ranges = DATA["panels"].get(title, DATA["units"][panel["fieldConfig"]["defaults"]["unit"]])
    if isinstance(ranges, dict):
        pairs = [next(pair for word, pair in ranges.items() if word in name) for name in names]
    else:
        # Each line keeps to a part of the range, as things that differ in size do.
        low, part = ranges[0], (ranges[1] - ranges[0]) / (len(names) + 1)
        pairs = [(low + place * part, low + (place + 2) * part) for place in range(len(names))]
    return [(name, line(f"{title} {name}", *pair)) for name, pair in zip(names, pairs, strict=True)]


def graph(panel: dict[str, Any], w: float, h: float) -> Iterator[str]:
    defaults = panel["fieldConfig"]["defaults"]
    lines, stacked = lines_of(panel), "stacking" in defaults["custom"]
    for place in range(1, len(lines) if stacked else 0):
        lines[place] = (lines[place][0], [a + b for a, b in zip(lines[place][1], lines[place - 1][1], strict=True)])
    limits = defaults.get("thresholds", {"steps": []})["steps"][1:]
    highest = max([max(points) for _, points in lines] + [step["value"] for step in limits])
    most = defaults.get("max") or scale(1.05 * highest or 1, defaults["unit"])
    left, right, top, bottom = 62, w - 12, 38, h - 46

    def y(value: float) -> float:
        return bottom - (bottom - top) * value / most

    for step in range(5):
        level = most * step / 4
        yield f'<path d="M{left} {y(level):.0f}H{right:g}" stroke="{RULE}"/>'
        yield text(left - 6, round(y(level)) + 4, shown(level, defaults["unit"]), 10, extra='text-anchor="end"')
        if 0 < step < 4:
            yield text(round(left + (right - left) * step / 4), bottom + 15, f"{10 + step}:00", 10, extra=MIDDLE)
    for place, (_, values) in reversed(list(enumerate(lines))):
        points = " ".join(f"{left + (right - left) * at / (POINTS - 1):.0f},{y(v):.0f}" for at, v in enumerate(values))
        area, opacity = f"{left},{bottom:g} {points} {right:g},{bottom:g}", 0.35 if stacked else 0.06
        yield f'<polygon points="{area}" fill="{COLORS[place]}" fill-opacity="{opacity}"/>'
        yield f'<polyline points="{points}" fill="none" stroke="{COLORS[place]}" stroke-width="1.5"/>'
    for each in limits:
        stroke = f'stroke="{NAMED[each["color"]]}" stroke-dasharray="7 5"'
        yield f'<path d="M{left} {y(each["value"]):.0f}H{right:g}" {stroke}/>'
    release = round(left + 0.8 * (right - left))
    yield f'<path d="M{release} {top}V{bottom:g}" stroke="{NAMED["blue"]}" stroke-dasharray="3 3"/>'
    x = 12.0
    for place, (name, _) in enumerate(lines):
        if place and x + 28 + 6.2 * len(name) > w - 20:
            yield text(x, h - 12, f"+ {len(lines) - place}")
            break
        yield f'<path d="M{x:g} {h - 16:g}h12" stroke="{COLORS[place]}" stroke-width="3"/>'
        yield text(x + 17, h - 12, name)
        x += 32 + round(6.2 * len(name))


def number(panel: dict[str, Any], w: float, h: float) -> Iterator[str]:
    defaults, lines = panel["fieldConfig"]["defaults"], lines_of(panel)
    part = w / len(lines)
    for place, (name, values) in enumerate(lines):
        steps = [step for step in defaults["thresholds"]["steps"] if (step["value"] or 0) <= max(values[-1], 0)]
        color, x, most = NAMED[steps[-1]["color"]], place * part, 1.6 * max(values) or 1
        curve = " ".join(f"{x + part * at / (POINTS - 1):.0f},{h - 34 * v / most:.0f}" for at, v in enumerate(values))
        points = f"{x:g},{h:g} {curve} {x + part:g},{h:g}"
        yield f'<polygon points="{points}" fill="{color}" fill-opacity="0.15"/>'
        yield text(x + part / 2, h / 2 + 18, shown(values[-1], defaults["unit"]), 30, color, f"{MIDDLE} {BOLD}")
        if len(lines) > 1:
            yield text(x + part / 2, h / 2 + 36, name, 11, extra=MIDDLE)


def table(panel: dict[str, Any], w: float, h: float) -> Iterator[str]:
    [labels, *_] = re.findall(r"by \(([^)]*)\)", panel["targets"][0]["expr"])
    columns, rows = [*labels.split(", "), "Value"], DATA["tables"][panel["title"]]
    for place, column in enumerate(columns):
        x = round(12 + (w - 12) * place / len(columns))
        yield text(x, 50, column, 11, "#6e9fff")
        yield from (text(x, 80 + 28 * at, str(row[place]), 11, BRIGHT) for at, row in enumerate(rows))
    yield from (f'<path d="M12 {60 + 28 * at}H{w - 12:g}" stroke="{RULE}"/>' for at in range(len(rows) + 1))
    if not rows:
        yield text(w / 2, h / 2 + 20, "No data", 13, extra=MIDDLE)


def logs(_: dict[str, Any], __: float, h: float) -> Iterator[str]:
    dice = Random("logs")
    for at in range(int((h - 44) / 22)):
        words, seconds = dice.choice(DATA["lines"]), 3599 - 7 * at - dice.randrange(5)
        color, y = NAMED["red" if words.startswith("error") else "green"], 42 + 22 * at
        yield f'<path d="M12 {y}v16" stroke="{color}" stroke-width="3"/>'
        stamp = f"2026-01-01 13:{seconds // 60:02}:{seconds % 60:02}.{dice.randrange(1000):03}"
        yield text(24, y + 12, f"{stamp}  {words}", 12, BRIGHT, 'font-family="monospace"')


def picture(board: dict[str, Any]) -> str:
    kinds = {"timeseries": graph, "stat": number, "table": table, "logs": logs}
    variables = board["templating"].get("list", [])
    width, top = 24 * COLUMN + GAP, 100 if variables else 72
    height = top + LINE * max(panel["gridPos"]["y"] + panel["gridPos"]["h"] for panel in board["panels"])
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" '
        f'aria-label="{escape(board["title"])}, synthetic data" font-family="Inter, Helvetica, Arial, sans-serif">',
        f'<rect width="{width}" height="{height}" fill="#111217"/>',
        text(14, 36, board["title"], 22, "#e6e6f0", BOLD),
        text(14, 58, board["description"], 12),
        f'<rect x="{width - 138}" y="18" width="126" height="26" rx="13" fill="none" stroke="#ff9830"/>',
        text(width - 75, 35, "synthetic data", 13, "#ff9830", MIDDLE),
    ]
    x = 14
    for name, chosen in ((each["name"], "All" if each["type"] == "query" else "") for each in variables):
        box = 46 + 7 * len(name)
        parts.append(f'<rect x="{x}" y="70" width="{box}" height="22" rx="3" fill="none" stroke="#3a3f47"/>')
        parts += [text(x + 8, 85, name, 11, "#6e9fff"), text(x + box - 24, 85, chosen, 11, BRIGHT)]
        x += box + 8
    for panel in board["panels"]:
        place = panel["gridPos"]
        w, h = place["w"] * COLUMN - GAP, place["h"] * LINE - GAP
        parts.append(f'<g transform="translate({GAP + place["x"] * COLUMN},{top + place["y"] * LINE})">')
        if panel["type"] == "row":
            parts.append(text(8, 19, panel["title"], 14, BRIGHT, BOLD))
        else:
            parts.append(f'<rect width="{w}" height="{h}" rx="3" fill="#181b1f" stroke="{RULE}"/>')
            parts.append(text(12, 22, panel["title"], 13, BRIGHT, BOLD))
            parts += kinds[panel["type"]](panel, w, h)
        parts.append("</g>")
    return "\n".join([*parts, "</svg>", ""])


def pictures() -> dict[str, str]:
    """Name of the file to SVG."""
    return {f"{uid}.svg": picture(json.loads(board)) for uid, board in dashboards(load_settings("local")).items()}


if __name__ == "__main__":
    for name, drawn in pictures().items():
        (FOLDER / name).write_text(drawn, encoding="utf-8")
