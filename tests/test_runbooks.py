"""The commands of the runbooks, read by the programs that they are for: each is complete, and knows its environment."""

import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path

import botocore.session
import pytest
from botocore import xform_name

from operations.cluster.programs import carried
from operations.commands.shell import HOSTS
from operations.support import load
from tests.conftest import ROOT

RUNBOOKS = sorted((ROOT / "docs" / "runbooks").glob("*.md"))
GLOBAL = {"--query", "--output", "--region"}  # options that every command of aws has
NOWHERE = "http://127.0.0.1:1"


def commands(path: Path, program: str) -> Iterator[list[str]]:
    """The words of each command that starts with the program. What is to be filled in, or only known later, is x."""
    text = re.sub(r"\\\n\s+", "", path.read_text())
    # Lines of code, and code inside of a line, which may go on in the next.
    spans = re.findall(r"^ {4,}(?=[a-z])(.+)$", text, re.MULTILINE) + re.findall(r"`([^`]+)`", text)
    while spans:
        span = spans.pop()
        span, inner = re.subn(r"\$\(([^()]*)\)", lambda match: spans.append(match[1]) or "x", span)  # type: ignore[func-returns-value]
        if inner:
            spans.append(span)
            continue
        for part in re.split(r"\s(?:\||&&)\s", span):
            words = shlex.split(re.sub(r"<[^<>]+>|\$[A-Z_]+", "1", " ".join(part.split())), comments=True)
            while words and re.match(r"(export|[A-Z]+=.*)$", words[0]):
                words.pop(0)
            if words and words[0] == program and len(words) > 1:
                yield words


UPGRADES = ["kubernetes.md", "postgresql.md", "node-image.md", "provider.md", "cdk-terrain.md"]
HEADINGS = ["What will happen", "Before", "Steps", "Rollback"]


@pytest.mark.parametrize("page", UPGRADES)
def test_an_upgrade_says_what_happens_what_to_check_what_to_do_and_how_to_go_back(page: str) -> None:
    first = (ROOT / "docs" / "runbooks" / page).read_text().partition("\n# ")[0]
    parts = re.split(r"^## (.+)\n", first, flags=re.MULTILINE)[1:]

    assert parts[::2] == HEADINGS
    assert all(len(text.split()) > 3 for text in parts[1::2])
    assert re.search(r"^ {4,}make plan ", parts[5], re.MULTILINE), "a step shows what it is going to change"


def test_what_has_to_be_upgraded_is_led_to_its_page() -> None:
    products = load().products

    assert {name: products[name].runbook for name in ("Kubernetes", "PostgreSQL", "CDKTF")} == {
        "Kubernetes": "docs/runbooks/kubernetes.md",
        "PostgreSQL": "docs/runbooks/postgresql.md",
        "CDKTF": "docs/runbooks/cdk-terrain.md",
    }


def every(program: str) -> list[tuple[str, list[str]]]:
    return [(path.name, words) for path in RUNBOOKS for words in commands(path, program)]


def ids(value: object) -> str:
    return " ".join(value) if isinstance(value, list) else str(value)


@pytest.mark.parametrize(("page", "words"), every("make"), ids=ids)
def test_make_is_told_its_environment(page: str, words: list[str]) -> None:
    result = subprocess.run(["make", "--dry-run", *words[1:]], cwd=ROOT, capture_output=True, text=True, check=False)

    assert result.returncode == 0, result.stderr
    assert any(word.startswith("ENVIRONMENT=") for word in words), f"{page} would work on local"


@pytest.mark.parametrize(("page", "words"), every("aws"), ids=ids)
def test_aws_gets_the_arguments_that_it_needs(page: str, words: list[str]) -> None:
    assert leads_to(page, "README.md#a-shell-for-the-environment")
    _, service, operation, *rest = words
    given = {word for word in rest if word.startswith("--")}
    needed, known = members(service, operation, rest[0] if operation == "wait" else "")

    assert given >= needed, f"{page} leaves out {needed - given}"
    assert given <= known | GLOBAL


def members(service: str, operation: str, waiter: str = "") -> tuple[set[str], set[str]]:
    session, service = botocore.session.get_session(), {"s3api": "s3"}.get(service, service)
    model = session.get_service_model(service)
    if waiter:
        waits = session.get_waiter_model(service)
        operation = {xform_name(each, "-"): waits.get_waiter(each).operation for each in waits.waiter_names}[waiter]
        operation = xform_name(operation, "-")
    names = {xform_name(name, "-"): name for name in model.operation_names}
    shape = model.operation_model(names[operation]).input_shape
    assert shape is not None

    def options(members: Iterator[str]) -> set[str]:
        return {f"--{xform_name(member, '-')}" for member in members}

    return options(iter(shape.required_members)), options(iter(shape.members))


@pytest.mark.slow
@pytest.mark.usefixtures("_helm")
@pytest.mark.parametrize(("page", "words"), every("kubectl") + every("helm"), ids=ids)
def test_what_asks_the_cluster_is_complete_but_for_the_cluster(page: str, words: list[str], tmp_path: Path) -> None:
    assert leads_to(page, "README.md#a-shell-for-the-environment")
    if "/crds" in words[-1] or words[1] == "pull":
        pytest.skip("it asks a repository of charts: tests/kubernetes/test_pinned_charts.py runs it")
    server = ["--server", NOWHERE] if words[0] == "kubectl" else ["--kube-apiserver", NOWHERE]
    command = [str(carried(words[0])), *words[1:], *server]

    result = subprocess.run(command, env={"HOME": str(tmp_path)}, capture_output=True, text=True, check=False)

    assert result.returncode != 0
    assert "refused" in result.stderr, "it asks for nothing but a cluster"
    # Nodes have no namespace, and uncordon takes nothing else.
    assert {"--namespace", "-n", "--all-namespaces"} & set(words) or {"node", "nodes", "uncordon"} & set(words)


@pytest.mark.parametrize(("page", "words"), every("gh"), ids=ids)
def test_github_is_told_its_repository(page: str, words: list[str]) -> None:
    assert {"--repo", "--org", "api"} & set(words), page


def leads_to(page: str, link: str) -> bool:
    return page == "README.md" or link in (ROOT / "docs" / "runbooks" / page).read_text()


@pytest.mark.parametrize("page", RUNBOOKS, ids=lambda page: page.name)
def test_a_way_in_is_the_command_that_closes_it_again(page: Path) -> None:
    by_hand = {"aws ssm start-session", "aws eks update-kubeconfig", "psql host", "ssh"}

    assert [way for way in by_hand if re.search(rf"\b{way}\b", page.read_text())] == []
    hosts = {word for words in commands(page, "make") if "shell" in words for word in words if word.startswith("HOST=")}
    assert hosts <= {f"HOST={host}" for host in HOSTS}
    assert all(any(word.startswith("HOST=") for word in words) for words in commands(page, "make") if "shell" in words)


def test_there_are_commands_of_each_kind() -> None:
    counts = {program: len(every(program)) for program in ("make", "aws", "kubectl", "helm", "gh")}
    assert all(count > 2 for count in counts.values()), counts
    assert {"outputs", "kubeconfig", "psql", "shell"} <= {word for _, words in every("make") for word in words}
