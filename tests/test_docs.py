"""What the documents say about the code is what the code does."""

import os
import re
from importlib import import_module
from pathlib import Path
from textwrap import fill

import pytest

from operations.commands.deploy import LAST_SCREEN
from operations.engine.synthesis import read_graph
from operations.plans.prices import TABLE, of
from settings import load_settings
from tests.conftest import Platform, templates_of
from tests.documents import blocks

ROOT = Path(__file__).parents[1]
NOT_OURS = {".venv", "node_modules", ".local", ".pytest_cache"}
DOCUMENTS = sorted(
    document
    for path in ROOT.iterdir()
    if path.name not in NOT_OURS
    for document in (path.glob("**/*.md") if path.is_dir() else [path])
    if document.suffix == ".md"
)


@pytest.fixture(scope="module")
def reads(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """What each stack reads, both in the order in which main.py builds them."""
    folder = tmp_path_factory.mktemp("out")
    names = [*templates_of(load_settings("local"), folder)]
    dependencies = read_graph(folder).dependencies
    return {name: sorted(dependencies[name], key=names.index) for name in names}


def require(document: str, pattern: str, expected: str) -> None:
    """The document has this text, of which there is one, in the place of the pattern; with UPDATE_DOCS=1 it gets it."""
    path = ROOT / document
    if "UPDATE_DOCS" in os.environ:
        path.write_text(re.sub(pattern, lambda _: expected, path.read_text(), flags=re.DOTALL))
    [found] = re.findall(pattern, path.read_text(), re.DOTALL)
    assert found == expected, f"{document} has to have this (UPDATE_DOCS=1 make unit writes it):\n{expected}"


def test_the_table_has_every_stack_with_its_docstring_and_what_it_reads(reads: dict[str, list[str]]) -> None:
    rows = ["| stack | what it owns | depends on |", "|---|---|---|"]
    for name, needed in reads.items():
        text = import_module(f"stacks.{name}").__doc__
        assert text, f"stacks/{name}.py: line 1 says in a docstring what the stack owns"
        owns = " ".join(text.split("\n\n")[0].split()).removesuffix(".")
        rows.append(f"| `{name}` | {owns} | {', '.join(f'`{each}`' for each in needed) or '-'} |")
    require("README.md", r"\| stack \| what it owns \|.*?(?=\n\n)", "\n".join(rows))


def test_the_readme_says_what_each_environment_costs(platform: Platform) -> None:
    rows = ["| environment | a month |", "|---|---:|"]
    for environment in ("staging", "production"):
        resources = [each["resource"] for each in platform(environment).values()]
        kinds = [(kind, each) for every in resources for kind, named in every.items() for each in named.values()]
        rows.append(f"| `{environment}` | ${sum(of(kind, each) or 0 for kind, each in kinds):,.0f} |")
    said = f"List prices of {TABLE['region']} on {TABLE['dated']}, without {TABLE['left_out']}."
    text = "\n".join([*rows, "", fill(said, 120, break_on_hyphens=False)])
    require("README.md", r"\| environment \| a month.*?(?=\n\n\S+ [^\n]*`catalogue/prices)", text)


@pytest.mark.parametrize("page", ["README.md", "docs/tutorial.md"])
def test_the_output_of_a_deploy_ends_as_a_deploy_does(page: str) -> None:
    assert [block for block in blocks(ROOT / page) if block.text.endswith(f"\n{LAST_SCREEN}\n")]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(document: Path) -> None:
    links = re.findall(r"\]\(([^)#]+)[^)]*\)", document.read_text())

    missing = [link for link in links if "://" not in link and not (document.parent / link).exists()]
    assert missing == []
