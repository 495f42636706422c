"""What the README claims, sentence by sentence, and what shows it."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import yaml
from markdown_it import MarkdownIt

README = Path(__file__).parents[2] / "README.md"
WORDS = {"code_inline": "`{}`", "softbreak": " ", "image": ""}  # all else is its own text
HEAD = ("| claim | what shows it | what it said | on |", "|---|---|---|---|")
TABLE = re.compile(rf"{re.escape(HEAD[0])}\n.*?(?=\n\n)", re.DOTALL)
ROW = re.compile(r"^(\| .+? \| `.+?` \|)(.*)$", re.MULTILINE)


@dataclass(frozen=True)
class Claim:
    """sentences: how those of the README begin that this shows. figure: what the command prints, with groups to tell.

    A claim is shown by a command of the README, or by tests, which are among those of make test.
    """

    claim: str
    sentences: Sequence[str]
    command: str = ""
    figure: str = ""
    tests: Sequence[str] = ()

    @property
    def shown_by(self) -> str:
        return self.command or f"pytest {' '.join(self.tests)}"


def read(text: str) -> tuple[list[Claim], list[str]]:
    """The claims of claims.yaml, and how the sentences begin that claim nothing."""
    content: Mapping[str, Any] = yaml.safe_load(text)
    return [Claim(**row) for row in content["claims"]], list(content["others"])


CLAIMS, OTHERS = read(Path(__file__).with_name("claims.yaml").read_text())


def sentences(text: str) -> list[str]:
    """Those of the prose: no headings, tables, pictures and commands, and of a link its words."""
    tokens = MarkdownIt("commonmark").enable("table").parse(text)
    prose = [
        "".join(WORDS.get(each.type, "{}").format(each.content) for each in inline.children or ())
        for opened, inline in pairwise(tokens)
        if opened.type == "paragraph_open"
    ]
    return [sentence for paragraph in prose for sentence in re.split(r"(?<=\D[.:]) (?=[A-Z`])", paragraph) if sentence]


def without_command(text: str, claims: Iterable[Claim], others: Iterable[str]) -> list[str]:
    """The sentences for which nobody has said what shows them, or that they claim nothing."""
    known = (*(each for claim in claims for each in claim.sentences), *others)
    return [sentence for sentence in sentences(text) if not sentence.startswith(known)]


def written(text: str, said: Mapping[str, str], day: str) -> str:
    """The README with a row for each claim. said: what came of its command or tests, by Claim.shown_by.

    What nothing came of keeps what it said, and on which day.
    """
    before = dict(ROW.findall(text))
    rows = []
    for each in CLAIMS:
        start = f"| {each.claim} | `{each.shown_by}` |"
        rows.append(
            f"{start} {said[each.shown_by]} | {day} |"
            if each.shown_by in said
            else start + before.get(start, " - | - |")
        )
    return TABLE.sub(lambda _: "\n".join([*HEAD, *rows]), text)
