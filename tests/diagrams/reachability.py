"""Who has to reach whom: the rows of tests/reachability/flows.yaml that must work, with their ports."""

from collections import defaultdict
from collections.abc import Iterator

from tests.diagrams import Arrow, Box, Cluster, Picture
from tests.diagrams.code import Code
from tests.reachability.flows import OTHERS, PICTURE, ROWS, Side


def reachability(_: Code) -> Picture:
    arrows: dict[tuple[str, str], list[str]] = defaultdict(list)
    for row in (each for each in ROWS if each.verdict == "must"):
        for start in _boxes(row.source, target=False):
            for end in _boxes(row.target, target=True):
                ports = map(str, row.port if isinstance(row.port, list) else [row.port])
                arrows[start, end] += [port for port in ports if port not in arrows[start, end]]
    return Picture(
        title=["Who has to reach whom", "With ports, of TCP where nothing else is said. All environments together."],
        direction="LR",
        clusters=[Cluster(label=place) for place in reversed(PICTURE)],
        boxes=[Box(id=box, lines=[box], cluster=place) for place, boxes in PICTURE.items() for box in boxes],
        arrows=[
            Arrow(start=one, end=other, lines=[", ".join(arrows[one, other])]) for one, other in arrows if one != other
        ],
    )


def _boxes(side: Side, *, target: bool) -> Iterator[str]:
    names = side if isinstance(side, list) else [side] if isinstance(side, str) else [*side]
    for name in ["others" if OTHERS in (side, each) else each for each in names]:
        places = {box: place for place, boxes in PICTURE.items() for box, several in boxes.items() if name in several}
        # The internet is drawn twice: those who ask, and those who are asked.
        yield from (box for box, place in places.items() if name != "internet" or (place != "outside") is target)
