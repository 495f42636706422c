"""The README claims nothing that no command shows."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.proof import __main__ as proof
from tests.proof.claims import CLAIMS, HEAD, OTHERS, README, TABLE, Claim, sentences, without_command


def test_each_sentence_of_the_readme_has_what_shows_it_or_claims_nothing() -> None:
    told = without_command(README.read_text(), CLAIMS, OTHERS)
    assert not told, "Say in tests/proof/claims.yaml what shows these, or that they claim nothing"


@pytest.mark.parametrize("claim", ["It costs nothing.", "- It costs nothing", "[It costs nothing](docs/prices.md)."])
def test_a_new_claim_is_told(claim: str) -> None:
    text = README.read_text().replace("\n## Stacks\n", f"\n{claim}\n\n## Stacks\n")
    assert [each.rstrip(".") for each in without_command(text, CLAIMS, OTHERS)] == ["It costs nothing"]


def test_what_the_readme_no_longer_says_needs_nothing() -> None:
    said = sentences(README.read_text())
    named = [*(each for claim in CLAIMS for each in claim.sentences), *OTHERS]
    assert [each for each in named if not any(sentence.startswith(each) for sentence in said)] == []


def test_the_table_has_each_claim_and_what_shows_it() -> None:
    rows = TABLE.search(README.read_text())
    assert rows
    cells = [row.split(" | ")[:2] for row in rows[0].splitlines()[2:]]
    assert cells == [[f"| {claim.claim}", f"`{claim.shown_by}`"] for claim in CLAIMS]


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.claim)
def test_what_shows_a_claim_exists(claim: Claim) -> None:
    assert bool(claim.command) != bool(claim.tests)
    assert claim.command in ("", *proof.COMMANDS)
    for path, _, name in (test.partition("::") for test in claim.tests):
        assert (ROOT / path).exists()
        assert not name or f"\ndef {name}(" in (ROOT / path).read_text()


def test_what_tests_said(tmp_path: Path) -> None:
    (tmp_path / "some").mkdir()
    (tmp_path / "some" / "test_some.py").write_text(
        "import pytest\n@pytest.mark.parametrize('n', [1, 2])\ndef test_a(n): pass\ndef test_ab(): pytest.skip('no')\n"
        "def test_b(): pass\ndef test_c(): assert False\n"
    )
    file = tmp_path / "results.xml"
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--rootdir={tmp_path}", "some"]
    subprocess.run([*command, f"--junitxml={file}"], cwd=tmp_path, check=False, capture_output=True)

    outcomes = proof.results(file)
    assert sorted(outcomes) == [f"some/test_some.py::{name}" for name in ("test_a[1]", "test_a[2]", "test_b", "test_c")]
    assert proof.tell(["some/test_some.py::test_a", "some/test_some.py::test_b"], outcomes) == "3 passed, 0 s"
    assert proof.tell(["some"], outcomes) == ""
    assert proof.tell(["some/test_some.py::test_ab"], outcomes) == ""
    assert proof.tell(["some", "others"], outcomes) == ""


@pytest.mark.parametrize(
    ("command", "code", "row", "told"),
    [
        ("echo it took 3 of 4", 0, "| 3 4 | 20", ""),
        ("echo it took 5", 1, "| 1 2 | before |", "does not print it took"),
        ("expr it took 3 of 4", 1, "| 1 2 | before |", "expr it took 3 of 4 failed"),
    ],
)
def test_a_row_is_written_where_its_command_says_what_it_should(
    command: str,
    code: int,
    row: str,
    told: str,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    readme = tmp_path / "README.md"
    lines = [*HEAD, f"| It is fast | `{command}` | 1 2 | before |", "| It was here | `echo old` | 7 | before |"]
    readme.write_text("\n".join([*lines, "", "End", ""]))
    for module in ("claims", "__main__"):
        claims = [Claim("It is fast", [], command, r"it took (\d) of (\d)"), Claim("It is new", [], "echo new", "new")]
        monkeypatch.setattr(f"tests.proof.{module}.CLAIMS", claims)
    monkeypatch.setattr(proof, "README", readme)
    monkeypatch.setattr(proof, "RESULTS", tmp_path / "results.xml")

    assert proof.main([command]) == code
    printed = capsys.readouterr().out
    assert told in printed
    assert (f".venv/bin/python -m tests.proof '{command}'" in printed) == bool(code)
    [*head, first, second, _, end] = readme.read_text().splitlines()
    assert (*head,) == HEAD
    assert first.startswith(f"| It is fast | `{command}` {row}")
    assert (second, end) == ("| It is new | `echo new` | - | - |", "End")


def test_a_command_runs_as_from_a_shell(monkeypatch: pytest.MonkeyPatch) -> None:
    """A make below a make below a make prints its folder, also with -s, and so `eval "$(make -s env)"` failed."""
    monkeypatch.setenv("MAKELEVEL", "2")
    monkeypatch.setenv("MAKEFLAGS", "w")
    code, printed = proof._run("make --silent help")
    assert code == 0
    assert "make[" not in printed


def test_what_fails_in_the_tests_leaves_its_row_alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    cases = {"a": "", "b": "<failure/>"}
    tests = [
        f"<testcase classname='tests.{name}' name='x' time='2'>{inner}</testcase>" for name, inner in cases.items()
    ]
    (tmp_path / "run.xml").write_text(f"<testsuite>{''.join(tests)}</testsuite>")
    (tmp_path / "run.sh").write_text(f"cp {tmp_path}/run.xml {tmp_path}/results.xml\nexit 1\n")
    command = f"sh {tmp_path}/run.sh"
    (tmp_path / "README.md").write_text("\n".join([*HEAD, "", ""]))
    for module in ("claims", "__main__"):
        claims = [Claim(f"It is {name}", [], tests=[f"tests/{name}.py"]) for name in cases]
        monkeypatch.setattr(f"tests.proof.{module}.CLAIMS", claims)
    for name, value in {"README": "README.md", "RESULTS": "results.xml"}.items():
        monkeypatch.setattr(proof, name, tmp_path / value)
    monkeypatch.setattr(proof, "TESTS", command)

    assert proof.main([command]) == 1
    [_, _, passed, failed] = (tmp_path / "README.md").read_text().strip().splitlines()
    assert passed.startswith("| It is a | `pytest tests/a.py` | 1 passed, 2 s | 20")
    assert failed == "| It is b | `pytest tests/b.py` | - | - |"


def test_results_of_an_earlier_run_show_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "results.xml").write_text("<s><testcase classname='tests.a' name='x' time='2'/></s>")
    (tmp_path / "README.md").write_text("\n".join([*HEAD, "", ""]))
    for module in ("claims", "__main__"):
        monkeypatch.setattr(f"tests.proof.{module}.CLAIMS", [Claim("It is a", [], tests=["tests/a.py"])])
    for name, value in {"README": "README.md", "RESULTS": "results.xml"}.items():
        monkeypatch.setattr(proof, name, tmp_path / value)
    monkeypatch.setattr(proof, "TESTS", "false")

    assert proof.main(["false"]) == 1
    assert "| It is a | `pytest tests/a.py` | - | - |" in (tmp_path / "README.md").read_text()
