"""Pictures of what main.py synthesizes: read from the Terraform JSON, and drawn by diagrams and Graphviz.

`make diagram` writes docs/diagrams/, and test_diagrams.py compares what stands there with the code.
"""

from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class Box:
    """An icon, named as in diagrams, over lines of text, of which the first is bold, over other boxes in columns.

    With a fill it is a card. Arrows begin and end at a box of the picture, <id>, or at one that this holds, <id>:<id>.
    """

    id: str = ""
    lines: list[str] = field(default_factory=list)
    icon: str = ""
    held: list["Box"] = field(default_factory=list)
    columns: int = 1
    fill: str = ""
    width: int = 0
    cluster: str = ""
    small: bool = False

    def said(self) -> list[str]:
        icon = [f"[{self.icon}]"] if self.icon else []
        return [*icon, *self.lines, *(text for each in self.held for text in each.said())]


@dataclass(frozen=True, kw_only=True)
class Arrow:
    """Of those that go `up`, the end is drawn above the start."""

    start: str
    end: str
    lines: list[str] = field(default_factory=list)
    color: str = "#57606a"
    style: str = "solid"
    up: bool = False
    head: bool = True


@dataclass(frozen=True, kw_only=True)
class Cluster:
    label: str
    cluster: str = ""
    fill: str = "#f6f8fa"


@dataclass(frozen=True, kw_only=True)
class Picture:
    """What is on a picture. The lines after the first of its title say how to read it."""

    title: list[str]
    direction: str
    clusters: list[Cluster]
    boxes: list[Box]
    arrows: list[Arrow]

    def said(self) -> list[str]:
        """Each cluster, box and arrow that is seen, with its icons and its text."""
        ends = [(each, (each.end, each.start) if each.up else (each.start, each.end)) for each in self.arrows]
        return sorted(
            [
                *(f"cluster {each.label}" for each in self.clusters),
                *(" / ".join([f"node {each.id}", *each.said()]) for each in self.boxes),
                *(" / ".join([f"edge {a}->{b}", *each.lines]) for each, (a, b) in ends if each.style != "invis"),
            ]
        )
