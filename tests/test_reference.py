"""Tables of docs/ that are written from the code, with UPDATE_DOCS=1: outputs, commands, decisions."""

import re
from typing import Any, get_args, get_type_hints

import outputs
from tests.conftest import ENVIRONMENTS, ROOT, Platform
from tests.test_docs import require
from tests.test_platform import READ

TYPES: dict[Any, str] = {str: "string", list[str]: "list(string)", dict[str, str]: "map(string)"}
MAKEFILE = (ROOT / "Makefile").read_text()


def output_rows(platform: Platform) -> list[str]:
    readers: dict[tuple[str, str], set[str]] = {}
    for environment in ENVIRONMENTS:
        for reader, template in platform(environment).items():
            for read in READ.findall(str(template)):
                readers.setdefault(read, set()).add(reader)
    rows = ["| stack | output | type | sensitive | what it is | read by |", "|---|---|---|---|---|---|"]
    for contract in (each for name, each in vars(outputs).items() if name.endswith("Outputs")):
        stack = contract.__name__.removesuffix("Outputs").lower()
        for name, hint in get_type_hints(contract, include_extras=True).items():
            output = platform("production")[stack]["output"][name]
            assert len(output["description"].split()) > 1, f"outputs.py: say what {name} of {stack} is"
            cells = [stack, f"`{name}`", TYPES[get_args(hint)[0]], "yes" if output.get("sensitive") else "no"]
            known = ", ".join(f"`{each}`" for each in sorted(readers.get((stack, name), ()))) or "-"
            rows.append(f"| {' | '.join([*cells, output['description'], known])} |")
    return rows


def test_every_output_has_its_row(platform: Platform) -> None:
    require("docs/outputs.md", r"\| stack \| output .*?(?=\n\n)", "\n".join(output_rows(platform)))


def test_every_command_has_its_row() -> None:
    targets = dict(re.findall(r"^([a-z-]+):.*?## (.+)$", MAKEFILE, re.MULTILINE))
    phony = set(re.findall(r"^\.PHONY: (\S+)$", MAKEFILE, re.MULTILINE))
    assert phony - targets.keys() == {"programs"}, "a target that people call says behind ## what it does"
    rows = ["| command | what it does |", "|---|---|"]
    rows += [f"| `make {name}` | {text.replace('$$', '$').replace('|', '&#124;')} |" for name, text in targets.items()]
    require("docs/commands.md", r"\| command \|.*?(?=\n\n)", "\n".join(rows))


def test_every_variable_is_explained() -> None:
    [names] = re.findall(r"^VARIABLES = ((?:.*\\\n)*.*)$", MAKEFILE, re.MULTILINE)
    table = re.search(r"\| variable \|.*?(?=\n\n)", (ROOT / "docs/commands.md").read_text(), re.DOTALL)

    assert table
    assert sorted(re.findall(r"^\| `(\w+)", table[0], re.MULTILINE)) == sorted(names.replace("\\", "").split())


def test_the_decisions_are_listed() -> None:
    pages = sorted((ROOT / "docs/adr").glob("0*.md"))
    rows = [
        re.sub(r"^# (\d+\.) (.*)", rf"\1 [\2]({page.name})", page.read_text().splitlines()[0], count=1)
        for page in pages
    ]
    require("docs/adr/README.md", r"1\. \[.*?(?=\n\Z)", "\n".join(rows))
