"""What the documents say about the code is what the code does."""

import json
import re
from pathlib import Path

import pytest

from imports.engine import App
from main import build
from settings import load_settings

ROOT = Path(__file__).parents[1]
NOT_OURS = {".venv", "node_modules", ".local"}
DOCUMENTS = sorted(
    document
    for path in ROOT.iterdir()
    if path.name not in NOT_OURS
    for document in (path.glob("**/*.md") if path.is_dir() else [path])
    if document.suffix == ".md"
)


def test_the_diagram_shows_who_reads_whom(tmp_path: Path) -> None:
    app = App(outdir=str(tmp_path))
    build(app, load_settings("local"))
    app.synth()
    stacks = json.loads((tmp_path / "manifest.json").read_text())["stacks"]

    [diagram] = re.findall(r"```mermaid\ngraph LR\n(.*?)```", (ROOT / "docs/architecture.md").read_text(), re.S)
    arrows = set(re.findall(r"(\w+) --> (\w+)", diagram))
    assert arrows == {(name, needed) for name, stack in stacks.items() for needed in stack["dependencies"]}
    assert set(re.findall(r"\w+", diagram)) == stacks.keys()


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(document: Path) -> None:
    links = re.findall(r"\]\(([^)#]+)[^)]*\)", document.read_text())

    missing = [link for link in links if "://" not in link and not (document.parent / link).exists()]
    assert missing == []
