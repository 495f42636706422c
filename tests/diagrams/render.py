"""python render.py: the picture on standard input, as JSON, becomes an SVG on standard output.

It runs in the environment tests/environments/diagrams.txt. `render.py digest` needs no dot: it prints what changes with
anything that is drawn, but not from one version of Graphviz and its fonts to another.
"""

import base64
import hashlib
import io
import json
import re
import sys
from html import escape
from pathlib import Path
from typing import Any

import diagrams  # type: ignore[import-not-found]
from diagrams import Cluster, Diagram, Edge, Node
from PIL import Image  # type: ignore[import-not-found]

ICONS = Path(diagrams.__file__).parents[1] / "resources"
# Measured with a wide font, and shown with what a reader has: no text is wider than its place.
MEASURED, SHOWN = "DejaVu Sans", "Helvetica, Arial, 'DejaVu Sans', sans-serif"
INK, GREY, LINE, SIZE = "#1f2328", "#57606a", "#8c959f", 48
GRAPH = {"pad": "0.3", "nodesep": "0.35", "ranksep": "0.45", "splines": "spline", "bgcolor": "#ffffff"}
GRAPH |= {"labelloc": "t", "newrank": "true", "outputorder": "edgesfirst", "fontname": MEASURED}
CLUSTER = {"pencolor": LINE, "fontcolor": INK, "fontname": f"{MEASURED} bold", "fontsize": "14", "margin": "14"}
EDGE = {"fontname": MEASURED, "penwidth": "1.4", "arrowsize": "0.8"}


def text(lines: list[str], first: int, color: str = GREY) -> str:
    """In an HTML-like label; the first line is bold where it is larger than the others."""
    rest = [f'<FONT POINT-SIZE="11" COLOR="{color}">{escape(line)}</FONT>' for line in lines]
    if first > 11:
        rest[:1] = [f'<FONT POINT-SIZE="{first}" COLOR="{INK}"><B>{escape(line)}</B></FONT>' for line in lines[:1]]
    return "<BR/>".join(rest)


def table(box: dict[str, Any], height: int = 0) -> str:
    """A box as a table of Graphviz: https://graphviz.org/doc/info/shapes.html#html"""
    span = f'COLSPAN="{box["columns"]}"'
    rows = []
    if box["icon"]:
        image = f'<IMG SCALE="TRUE" SRC="{ICONS / box["icon"]}.png"/>'
        rows.append(f'<TD {span} FIXEDSIZE="TRUE" WIDTH="{SIZE}" HEIGHT="{SIZE}" VALIGN="BOTTOM">{image}</TD>')
    if box["lines"]:
        rows.append(f'<TD {span} HEIGHT="{height}" VALIGN="TOP">{text(box["lines"], 11 if box["small"] else 13)}</TD>')
    for at in range(0, len(box["held"]), box["columns"]):
        row = box["held"][at : at + box["columns"]]
        rows.append("".join(cell(each, 17 * max(len(other["lines"]) for other in row)) for each in row))
    border = f'BORDER="1" STYLE="ROUNDED" COLOR="{LINE}" BGCOLOR="{box["fill"]}"' if box["fill"] else 'BORDER="0"'
    space = 6 if box["small"] or box["columns"] > 1 else 3
    inner = "".join(f"<TR>{row}</TR>" for row in rows)
    return f'<TABLE {border} CELLBORDER="0" CELLSPACING="0" CELLPADDING="{space}">{inner}</TABLE>'


def cell(box: dict[str, Any], height: int) -> str:
    port = f'PORT="{box["id"]}"' if box["id"] else ""
    align = "" if box["fill"] else 'VALIGN="TOP"'
    inner = table(box, height) if box["icon"] or box["lines"] or box["held"] else ""
    return f'<TD {port} {align} WIDTH="{box["width"]}">{inner}</TD>'


def draw(picture: dict[str, Any], cluster: str, nodes: dict[str, Node]) -> None:
    """What is in this cluster, and in those in it."""
    for box in picture["boxes"]:
        if box["cluster"] == cluster:
            look = {"shape": "plain", "fixedsize": "false", "fontname": MEASURED}
            nodes[box["id"]] = Node(f"<{table(box)}>", nodeid=box["id"], **look)
    for inner in picture["clusters"]:
        if inner["cluster"] == cluster:
            with Cluster(inner["label"], graph_attr=CLUSTER | {"bgcolor": inner["fill"]}):
                draw(picture, inner["label"], nodes)


def connect(arrow: dict[str, Any], nodes: dict[str, Node]) -> None:
    ends = [arrow[name].partition(":")[::2] for name in (("end", "start") if arrow["up"] else ("start", "end"))]
    (tail, tail_port), (head, head_port) = ends
    look = EDGE | {"color": arrow["color"], "style": arrow["style"]}
    look |= {"label": f"<{text(arrow['lines'], 11, arrow['color'])}>"} if arrow["lines"] else {}
    look |= {name: port for name, port in (("tailport", tail_port), ("headport", head_port)) if port}
    nodes[tail].connect(nodes[head], Edge(forward=arrow["head"] and not arrow["up"], reverse=arrow["up"], **look))


def graph(picture: dict[str, Any]) -> Any:
    label = {"label": f"<{text(picture['title'], 16)}<BR/> >"}
    diagram = Diagram(picture["title"][0], direction=picture["direction"], graph_attr=GRAPH | label)
    diagrams.setdiagram(diagram)
    nodes: dict[str, Node] = {}
    draw(picture, "", nodes)
    for arrow in picture["arrows"]:
        connect(arrow, nodes)
    return diagram.dot


def symbol(icon: str) -> str:
    """The icon with two pixels for one of the picture: a tenth of the bytes that it has in diagrams."""
    small = io.BytesIO()
    with Image.open(ICONS / f"{icon}.png") as image:
        image.convert("RGBA").resize((SIZE * 2, SIZE * 2)).save(small, "PNG", optimize=True)
    uri = f"data:image/png;base64,{base64.b64encode(small.getvalue()).decode()}"
    size = f'width="{SIZE}" height="{SIZE}"'
    return f'<symbol id="{icon}" viewBox="0 0 {SIZE} {SIZE}"><image {size} href="{uri}"/></symbol>'


def alone(svg: str, digest: str) -> str:
    """The SVG with each icon once, in itself, and without a name of a folder."""
    size = r'width="([\d.]+)px" height="([\d.]+)px"'
    image = rf'<image xlink:href="{ICONS}/([^"]+)\.png" {size}[^>]*?( x="[^"]+" y="[^"]+")/>'
    symbols = [symbol(icon) for icon in sorted({found[0] for found in re.findall(image, svg)})]
    svg = re.sub(image, r'<use href="#\1" width="\2" height="\3"\4/>', svg)
    assert str(ICONS) not in svg, "Graphviz writes an image in another way than is known here"
    svg = svg.replace(f'font-family="{MEASURED} bold"', f'font-family="{MEASURED}" font-weight="bold"')
    svg = svg.replace(f'font-family="{MEASURED}"', f'font-family="{SHOWN}"')
    head, graph_, rest = svg.partition('<g id="graph0"')
    return "\n".join([f"{head}<!-- drawn from {digest} -->", "<defs>", *symbols, "</defs>", graph_ + rest])


def main() -> None:
    drawn = graph(json.load(sys.stdin))
    source = drawn.source.replace(str(ICONS), "") + Path(__file__).read_text(encoding="utf-8")
    digest = hashlib.sha256(source.encode()).hexdigest()
    print(digest if "digest" in sys.argv else alone(drawn.pipe(format="svg", encoding="utf-8"), digest).rstrip())


if __name__ == "__main__":
    main()
