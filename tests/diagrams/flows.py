"""What flows where: requests, logs, metrics, images and secrets, each in a lane of its own."""

from pathlib import Path
from typing import Any, NamedTuple

import yaml

from tests.diagrams import Arrow, Box, Cluster, Picture
from tests.diagrams.code import Code, Resource, icon


class End(NamedTuple):
    """`at` is the path of a construct, or Kind/name of an object of a chart. What is outside of AWS may have none."""

    at: str = ""
    icon: str = ""
    outside: bool = False


class Flow(NamedTuple):
    start: str
    end: str
    label: str
    at: str
    text: str


_WRITTEN: dict[str, Any] = yaml.safe_load(Path(__file__).with_name("flows.yaml").read_text(encoding="utf-8"))
ENDS = {name: End(**end) for name, end in _WRITTEN["ends"].items()}
FLOWS = {lane: [Flow(*flow) for flow in flows] for lane, flows in _WRITTEN["flows"].items()}
COLORS = ("#0969da", "#1a7f37", "#bc4c00", "#8250df", "#cf222e")


def found(code: Code, at: str) -> Resource | None:
    """The construct with this path, if there is one."""
    return next((each for each in code.resources() if "/".join(each.path) == at), None)


def flows(code: Code) -> Picture:
    boxes, arrows = [], []
    for (lane, drawn), color in zip(FLOWS.items(), COLORS, strict=True):
        for name in dict.fromkeys(end for flow in drawn for end in (flow.start, flow.end)):
            end, resource = ENDS[name], found(code, ENDS[name].at)
            where = "outside" if end.outside else f"stack {resource.stack}" if resource else end.at.split("/")[0]
            look = end.icon or icon([resource.kind] if resource else [])
            boxes.append(Box(id=f"{lane}/{name}", icon=look, lines=[name, where], cluster=lane))
        for start, end_, label, *_ in drawn:
            arrows.append(
                Arrow(start=f"{lane}/{start}", end=f"{lane}/{end_}", lines=[label] if label else [], color=color)
            )
    return Picture(
        title=[f"What flows where in {code.environment}"],
        direction="LR",
        clusters=[Cluster(label=lane) for lane in reversed(FLOWS)],  # Graphviz puts the last on top
        boxes=boxes,
        arrows=arrows,
    )
