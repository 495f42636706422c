"""docs/reachability.md has every row, and the rows have what is configured elsewhere."""

import re

import yaml

from settings.messages import read_mapping
from tests.conftest import ROOT
from tests.reachability.flows import GROUNDS, OTHERS, ROWS, SUPERFLUOUS, Row, Side
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
    [row] = [row for row in ROWS if (row.source, row.target, row.port) == ("monitoring host", "internet", 443)]
    assert {image.split("/")[0] for image in images} == set(re.findall(r"\w+\.io", row.why))
