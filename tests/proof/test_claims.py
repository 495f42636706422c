"""The README claims nothing that no command shows."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.proof import __main__ as proof
from tests.proof.claims import CLAIMS, OTHERS, README, TABLE, Claim, sentences, without_command


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
        "def test_b(): pass\n"
    )
    file = tmp_path / "results.xml"
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--rootdir={tmp_path}", "some"]
    subprocess.run([*command, f"--junitxml={file}"], cwd=tmp_path, check=True, capture_output=True)

    outcomes = proof.results(file)
    assert sorted(outcomes) == [f"some/test_some.py::{name}" for name in ("test_a[1]", "test_a[2]", "test_b")]
    assert proof.tell(["some"], outcomes) == "3 passed, 0 s"
    assert proof.tell(["some/test_some.py::test_a", "some/test_some.py"], outcomes) == "3 passed, 0 s"
    assert proof.tell(["some/test_some.py::test_ab"], outcomes) == ""
    assert proof.tell(["some", "others"], outcomes) == ""


@pytest.mark.parametrize(
    ("figure", "code", "said"), [(r"it took (\d) of (\d)", 0, "| 3 4 |"), ("it took 5", 1, "does not print it took 5")]
)
def test_the_table_is_written_where_each_command_says_what_it_should(
    figure: str,
    code: int,
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    readme = tmp_path / "README.md"
    readme.write_text("| claim | what shows it | what it said | on |\n|---|---|---|---|\n\nEnd\n")
    results = tmp_path / "results.xml"
    results.write_text("<testsuites/>")
    for module in ("claims", "__main__"):
        monkeypatch.setattr(f"tests.proof.{module}.CLAIMS", [Claim("It is fast", [], "echo it took 3 of 4", figure)])
    monkeypatch.setattr(proof, "README", readme)
    monkeypatch.setattr(proof, "RESULTS", results)
    monkeypatch.setattr(proof, "COMMANDS", ["echo it took 3 of 4"])

    assert proof.main() == code
    assert said in capsys.readouterr().out
    assert ("It is fast" in readme.read_text()) == (code == 0)


def test_a_command_that_fails_ends_the_proof(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(proof, "COMMANDS", ["false", "echo later"])
    before = README.read_text()
    assert proof.main() == 1
    assert "false failed" in capsys.readouterr().out
    assert README.read_text() == before
