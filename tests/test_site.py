"""The site of docs/: it is built strictly, shows each block of code as one, and loads nothing from elsewhere."""

import html
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from tests.conftest import ROOT
from tests.documents import blocks
from tests.environments import environment

pytestmark = pytest.mark.slow
TOP = ("README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md", "LICENSE", "mkdocs.yml")
LOADED = re.compile(r"""<(?:script|img|link|iframe|source)\b[^>]*?\b(?:src|href)=["']?(?:https?:)?//[^"'\s>]+""")


def build(project: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    """What `make site` runs."""
    command = [str(environment("site") / "mkdocs"), "build", "--strict", "--site-dir", str(folder)]
    return subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    built = build(ROOT, folder)
    assert built.returncode == 0, built.stderr
    return folder


def page_of(source: Path) -> str:
    name = str(source.relative_to(ROOT / "docs").with_suffix("")).replace("README", "index")
    return f"{name}.html"


def test_every_page_is_there_with_each_block_of_code(site: Path) -> None:
    for source in (ROOT / "docs").rglob("*.md"):
        text = (site / page_of(source)).read_text()
        shown = [html.unescape(re.sub(r"<[^>]+>", "", each)) for each in re.findall(r"<pre.*?</pre>", text, re.DOTALL)]
        lines = {" ".join(line.split()) for block in shown for line in block.splitlines()}
        wanted = {" ".join(line.split()) for block in blocks(source) for line in block.text.splitlines()}
        lost = sorted(wanted - lines - {""})
        assert lost == [], source


def test_lists_and_tables_are_those_that_github_shows(site: Path) -> None:
    for source in (ROOT / "docs").rglob("*.md"):
        kinds = [token.type for token in MarkdownIt("commonmark").enable("table").parse(source.read_text())]
        [article] = re.findall(r"<article.*?</article>", (site / page_of(source)).read_text(), re.DOTALL)
        shown = [len(re.findall(rf"<{tag}\b", article)) for tag in ("li", "tr")]
        assert shown == [kinds.count("list_item_open"), kinds.count("tr_open")], source


def test_nothing_is_loaded_from_elsewhere(site: Path) -> None:
    pages = list(site.rglob("*.html"))

    assert len(pages) > 60
    assert {address for page in pages for address in LOADED.findall(page.read_text())} == set()
    # For a diagram the theme would load mermaid from a CDN.
    assert [page for page in pages if "mermaid" in re.findall(r'class="([^"]*)"', page.read_text())] == []
    assert LOADED.search("<script src=https://example.com/a.js>")
    assert not LOADED.search("<a href=https://example.com>")


def test_a_dead_link_a_dead_anchor_and_a_page_outside_of_the_navigation_stop_it(tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(ROOT / "docs", copy / "docs")
    for name in TOP:
        shutil.copy(ROOT / name, copy)
    with (copy / "docs/tutorial.md").open("a") as page:
        page.write("\n[One](commands.md#not-there), [two](not-there.md), [three](../README.md#not-there).\n")
    (copy / "docs/forgotten.md").write_text("# Forgotten\n")

    built = build(copy, tmp_path / "site")

    assert built.returncode != 0
    for named in ("#not-there", "'not-there.md'", "overview.md#not-there", "forgotten.md"):
        assert named in built.stderr
