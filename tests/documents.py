"""What the documents tell people to run or to write: their blocks of code, as GitHub reads them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from markdown_it import MarkdownIt

from tests.conftest import ROOT

PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
SHELL = ("", "sh", "console")  # what is indented has no language
NOT_RUN = re.compile(r"<!-- not run: (\S.+?) -->")


@dataclass(frozen=True)
class Block:
    page: Path
    line: int
    language: str
    text: str
    reason: str  # why it is not run, where the page says so before the block

    @property
    def where(self) -> str:
        return f"{self.page.relative_to(ROOT) if self.page.is_relative_to(ROOT) else self.page.name}:{self.line}"

    def commands(self) -> Iterator[str]:
        """Each as one line. After a first line with a prompt, the lines without one are what was printed."""
        lines = re.sub(r"\\\n\s*", "", self.text).splitlines()
        prompted = lines[0].startswith("$ ")
        for line in lines:
            if line.strip() and (line.startswith("$ ") or not prompted):
                yield line.removeprefix("$ ").strip()


def blocks(page: Path) -> Iterator[Block]:
    """Indented lines that are settings, as they stand in a file of environments/, are YAML."""
    reason = ""
    for token in MarkdownIt("commonmark").parse(page.read_text()):
        if token.type not in ("fence", "code_block", "html_block"):
            # Only what stands right before the block counts: a list or an item begins in between.
            reason = reason if token.type.endswith("_open") and token.type != "paragraph_open" else ""
            continue
        found = NOT_RUN.search(token.content)
        if token.type == "html_block":
            reason = found[1] if found else ""
            continue
        assert token.map
        whole = token.type == "fence" or token.content.startswith("$ ")
        for part in [token.content] if whole else re.split(r"\n\n+", token.content):
            language = token.info or ("sh" if token.type == "fence" else "yaml" if _settings(part) else "")
            line = token.map[0] + 1 + token.content[: token.content.index(part)].count("\n")
            yield Block(page, line, language, part, reason)
        reason = ""


def _settings(text: str) -> bool:
    try:
        found: Any = yaml.safe_load(text)
    except yaml.YAMLError:
        return False
    return isinstance(found, dict)


def shell_blocks(pages: list[Path]) -> list[Block]:
    return [block for page in pages for block in blocks(page) if block.language in SHELL]
