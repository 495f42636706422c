"""docs/reachability.md has every row and a picture of them, and the rows have what is configured elsewhere."""

import re
from collections import defaultdict
from collections.abc import Iterator

import yaml

from settings.messages import read_mapping
from tests.conftest import ROOT
from tests.reachability.flows import GROUNDS, OTHERS, PICTURE, ROWS, SUPERFLUOUS, Row, Side
from tests.test_docs import require

DOCUMENT = "docs/reachability.md"
ELSEWHERE = {"office": "networks of `{}`", "joined": "networks of `{}`", "role": "services of AWS: role of {}"}


def readable(side: Side) -> str:
    if isinstance(side, str):
        return side
    if isinstance(side, list):
        names = ["other pods" if each == OTHERS else str(each) for each in ([OTHERS] if side == OTHERS else side)]
        return ", ".join(names)
    [(kind, value)] = side.items()
    if kind == "all but":
        return f"everything but {', '.join(value)}"
    if kind == "services":
        return f"services of AWS: `{value}`" if isinstance(value, str) else f"services of AWS: {', '.join(value)}"
    return ELSEWHERE[kind].format(value)


def condition(row: Row) -> str:
    def text(name: str, wanted: object) -> str:
        if isinstance(wanted, dict):
            [(how, other)] = wanted.items()
            return f"`{name}` {how} `{other.removeprefix('names.').replace('_', '.')}`"
        return f"`{name}`" if wanted is True else f"`{name}: {wanted}`"

    return ", ".join(text(name, wanted) for name, wanted in row.when.items())


def table(verdict: str, last: str) -> str:
    lines = [f"| from | to | port | why | {last} |", "|---|---|---|---|---|"]
    for row in ROWS:
        if row.verdict == verdict:
            ports = ", ".join(map(str, row.port)) if isinstance(row.port, list) else str(row.port)
            ports += f", without {row.without}" if row.without else ""
            means = (
                row.held_by
                if verdict == "must not"
                else [f"`{each}`" if "/" in each else each for each in row.rests_on]
            )
            why = f"{row.why} (with {condition(row)})" if row.when else row.why
            cells = [readable(row.source), readable(row.target), ports, why, ", ".join(means) or "-"]
            lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def test_the_document_has_every_row() -> None:
    for verdict, title, last in (
        ("must", "Must work", "rests on"),
        ("must not", "Must not", "held by"),
        ("open", "Open, and known", "rests on"),
    ):
        require(DOCUMENT, rf"(?<=## {title}\n\n).*?(?=\n\n##|\n\n[A-Z])", table(verdict, last))
    lists = [f"- *other pods*: {', '.join(OTHERS)}"]
    lists += [f"- *{name}*: {', '.join(f'`{each}`' for each in several)}" for name, several in GROUNDS.items()]
    require(DOCUMENT, r"(?<=These names are lists:\n\n).*?(?=\n\n)", "\n".join(lists))
    gone = "\n".join(f"- `{path}`: {why}" for path, why in SUPERFLUOUS.items())
    require(DOCUMENT, r"(?<=Missed by no row:\n\n).*?(?=\n\n)", gone)


def drawn(side: Side, *, target: bool) -> Iterator[str]:
    names = side if isinstance(side, list) else [side] if isinstance(side, str) else [*side]
    for name in ["others" if side == OTHERS or each == OTHERS else each for each in names]:
        places = {box: place for place, boxes in PICTURE.items() for box, several in boxes.items() if name in several}
        # The internet is drawn twice: those who ask, and those who are asked.
        yield from (box for box, place in places.items() if name != "internet" or (place != "outside") is target)


def test_the_picture_has_what_must_work() -> None:
    ids = {box: f"n{number}" for number, box in enumerate(box for boxes in PICTURE.values() for box in boxes)}
    arrows: dict[tuple[str, str], list[str]] = defaultdict(list)
    for row in ROWS:
        for source in drawn(row.source, target=False) if row.verdict == "must" else ():
            for target in drawn(row.target, target=True):
                ports = row.port if isinstance(row.port, list) else [row.port]
                arrows[source, target] += [port for port in map(str, ports) if port not in arrows[source, target]]
    lines, places = ["graph LR"], {place: f"p{number}" for number, place in enumerate(PICTURE)}
    for place, boxes in PICTURE.items():
        lines += [f"  subgraph {places[place]} [{place}]", *(f"    {ids[box]}[{box}]" for box in boxes), "  end"]
    lines += [
        f'  {ids[one]} -->|"{", ".join(ports)}"| {ids[other]}' for (one, other), ports in arrows.items() if one != other
    ]
    require(DOCUMENT, r"graph LR\n.*?(?=\n```)", "\n".join(lines))


def test_prometheus_reaches_all_that_it_scrapes() -> None:
    text = re.sub(r"@\{\w+\}", "x", (ROOT / "monitoring/prometheus/prometheus.yml").read_text())
    found = {
        config["port"]
        for job in yaml.safe_load(text)["scrape_configs"]
        for kind in ("ec2_sd_configs", "dns_sd_configs")
        for config in job.get(kind, [])
    }
    rows = [row for row in ROWS if row.source == "monitoring host" and row.verdict == "must"]
    assert found - {row.port for row in rows} == set()
    assert len(found) == 3


def test_the_registries_of_the_monitoring_host_are_named() -> None:
    images = read_mapping(ROOT / "monitoring" / "pins.yaml")["images"].values()
    [row] = [row for row in ROWS if (row.source, row.target) == ("monitoring host", "internet")]
    assert {image.split("/")[0] for image in images} == set(re.findall(r"\w+\.io", row.why))
