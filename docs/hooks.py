"""What mkdocs does not know of this repository: pages beside docs/, and lists as GitHub reads them."""

import posixpath
import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File

ROOT = Path(__file__).parents[1]
PAGES = {
    "README.md": "overview.md",
    "CONTRIBUTING.md": "contributing.md",
    "SECURITY.md": "security.md",
    "CHANGELOG.md": "changelog.md",
    "LICENSE": "LICENSE",
}
SOURCES = {page: source for source, page in PAGES.items()}
ITEM = re.compile(r"(\d+\. |- )")


def on_files(files: Any, config: Any) -> None:
    for source, page in PAGES.items():
        files.append(File.generated(config, page, abs_src_path=str(ROOT / source)))


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    here = page.file.src_uri
    source = SOURCES.get(here, f"docs/{here}")

    def moved(match: re.Match[str]) -> str:
        target = posixpath.normpath(posixpath.join(posixpath.dirname(source), match[1]))
        if target not in PAGES and here not in SOURCES:
            return match[0]
        return "](" + posixpath.relpath(PAGES.get(target, target.removeprefix("docs/")), posixpath.dirname(here) or ".")

    # Releases are a page of GitHub: it knows of which repository it shows a file, and this site does not.
    markdown = re.sub(r"^\[[^\]]+\]: \.\./\.\./.*$", "", markdown, flags=re.MULTILINE)
    return _indented(re.sub(r"\]\((?!\w+:)([^)#\s]+)", moved, markdown))


def _indented(markdown: str) -> str:
    """Python-Markdown wants four spaces for what belongs to an item of a list, CommonMark as many as its mark has.

    It wants an empty line between a paragraph and an item, too.
    """
    lines: list[str] = [""]
    width, paragraphs = 0, True
    for line in markdown.splitlines():
        if item := ITEM.match(line):
            if lines[-1] and paragraphs:
                lines.append("")
            width, paragraphs = len(item[1]), False
        elif not line or not line.startswith(" " * max(width, 1)):
            width = width if not line else 0
            paragraphs = True
        lines.append(" " * (4 - width) + line if width and not item and line else line)
    return "\n".join(lines)
