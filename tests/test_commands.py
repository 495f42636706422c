"""Every command line of README, CONTRIBUTING and docs/ is run by a test, or read by a parser, or its page says why not.

Run: commands.yaml names the test. Read: make knows target and variables (make --dry-run runs nothing); of runbooks,
test_runbooks.py reads aws, kubectl, helm and gh. Anything else stands behind <!-- not run: reason -->.
"""

import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from markdown_it import MarkdownIt

from tests.conftest import ROOT
from tests.documents import PAGES, Block, blocks, shell_blocks

RUN: dict[str, str] = yaml.safe_load(Path(__file__).with_name("commands.yaml").read_text())
IN_RUNBOOKS = {"aws", "gh", "helm", "kubectl"}
SHELL = {"cd", "echo", "eval", "export"}  # what they are given is looked at by itself


def plain(line: str) -> str:
    return re.sub(r"\s+# .*$", "", line).strip()


def simple(line: str) -> Iterator[list[str]]:
    """The words of each program that the line starts, those of $(...) too. What is to be filled in is 1."""
    line = re.sub(r"<[^<>]+>", "1", line)
    while inner := re.search(r"\$\(([^()]*)\)", line):
        yield from simple(inner[1])
        line = line.replace(inner[0], "1")
    for part in re.split(r"\s(?:\||&&|>>?)\s", line):
        words = shlex.split(part, comments=True)
        if words:
            yield words


def refusal(words: list[str], *, in_runbook: bool = False) -> str:
    """Why these words cannot be vouched for; nothing where they can."""
    given = []
    while words and re.match(r"[A-Z_]+=", words[0]):
        given.append(words.pop(0))
    if not words or words[0] in SHELL or (in_runbook and words[0] in IN_RUNBOOKS):
        return ""
    if words[0] == "make":
        command = ["make", "--dry-run", *given, *words[1:]]
        result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        return result.stderr.strip()
    return "no test runs it: name one in tests/commands.yaml, or write <!-- not run: why --> before the block"


def uncovered(block: Block) -> list[str]:
    lines = [] if block.reason else [plain(line) for line in block.commands()]
    in_runbook = block.page.parent.name == "runbooks" and not block.language  # test_runbooks.py reads what is indented
    found = [
        f"{block.where}: {line}: {why}"
        for line in lines
        for words in simple(line)
        if (why := refusal(words, in_runbook=in_runbook)) and (line not in RUN or "make" in words)
    ]
    return list(dict.fromkeys(found))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_command_is_run_or_read_or_says_why_not(page: Path) -> None:
    assert [line for block in shell_blocks([page]) for line in uncovered(block)] == []


def inline(page: Path) -> Iterator[str]:
    """What stands in a sentence as a command of make."""
    for token in MarkdownIt("commonmark").enable("table").parse(page.read_text()):
        for part in token.children or []:
            if part.type == "code_inline" and part.content.startswith("make "):
                yield part.content


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_make_knows_what_a_sentence_tells_people_to_run(page: Path) -> None:
    found = [f"{line}: {why}" for line in inline(page) for words in simple(line) if (why := refusal(words))]
    assert found == []


def test_what_is_said_to_run_a_command_is_there_and_the_command_is_in_a_document() -> None:
    written = {plain(line) for block in shell_blocks(PAGES) for line in block.commands()}

    assert [command for command in RUN if command not in written] == []
    assert [test for test in RUN.values() if not (ROOT / test).is_file()] == []


@pytest.mark.parametrize(
    ("broken", "why"),
    [
        ("    make plna ENVIRONMENT=staging\n", "No rule to make target 'plna'"),
        ("    make deploy STACKS=eks\n", "STACKS is not a variable of this Makefile"),
        ("    echo 'select 1' | make -s pqsl ENVIRONMENT=staging\n", "No rule to make target 'pqsl'"),
        ('    eval "$(make -s enw)"\n', "No rule to make target 'enw'"),
        ("1. Do:\n\n   ```sh\n   make deploy\n   make destory\n   ```\n", "No rule to make target 'destory'"),
        ("    terraform -chdir=flat apply\n", "no test runs it"),
        ("    kubectl get nodes\n", "no test runs it"),
        ("<!-- not run: it waits -->\n\nText.\n\n    sleep 1\n", "no test runs it"),
        ("    $ make\n    Some output\n\n    $ mkae\n", "no test runs it"),
    ],
)
def test_a_command_that_would_fail_is_found(tmp_path: Path, broken: str, why: str) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"# Page\n\n{broken}")

    [line] = [line for block in blocks(page) for line in uncovered(block)]
    assert why in line


def test_settings_and_what_was_printed_are_no_commands(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "    eks:\n      name: a\n\n    $ make\n    Some output\n\n<!-- not run: it waits -->\n\n    sleep 1\n"
    )

    assert [line for block in shell_blocks([page]) for line in uncovered(block)] == []
