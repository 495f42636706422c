"""Which pictures there are, how one becomes an SVG, and what an SVG says."""

import json
import subprocess
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from xml.etree import ElementTree

from tests.diagrams import Picture
from tests.diagrams.architecture import architecture
from tests.diagrams.code import Code
from tests.diagrams.flows import flows
from tests.diagrams.reachability import reachability
from tests.diagrams.stacks import stacks
from tests.environments import environment

ENVIRONMENT = "production"
PICTURES: dict[str, Callable[[Code], Picture]] = {
    "stacks": stacks,
    "architecture": architecture,
    "flows": flows,
    "reachability": reachability,
}
SVG = "{http://www.w3.org/2000/svg}"


def path(name: str) -> Path:
    return Path(__file__).parents[2] / "docs" / "diagrams" / f"{name}.svg"


def rendered(picture: Picture, *arguments: str) -> str:
    program = [str(environment("diagrams") / "python"), str(Path(__file__).with_name("render.py")), *arguments]
    given = json.dumps(asdict(picture))
    return subprocess.run(program, input=given, check=True, stdout=subprocess.PIPE, text=True, encoding="utf-8").stdout


def said(svg: str) -> list[str]:
    """As Picture.said. Where each of it is drawn differs with the version of Graphviz and the fonts that it finds."""
    found = []
    for group in ElementTree.fromstring(svg).iter(f"{SVG}g"):
        name = f"{group.get('class')} {group.findtext(f'{SVG}title', '').removeprefix('cluster_')}"
        icons = [
            f"[{each.get('href', '')[1:]}]" if each.tag == f"{SVG}use" else each.text or "" for each in group.iter()
        ]
        parts = [
            part for part, each in zip(icons, group.iter(), strict=True) if each.tag in (f"{SVG}use", f"{SVG}text")
        ]
        if group.get("class") == "cluster":
            found.append(name)
        elif group.get("class") in ("node", "edge"):
            found.append(" / ".join([name, *parts]))
    return sorted(found)
