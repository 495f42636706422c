"""A finding without a waiver is red, and so is a waiver that nothing needs, or that nobody has looked at in time."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from pydantic import ValidationError

from tests.scanners import __main__ as scan
from tests.scanners.scanners import SCANNERS, zizmor
from tests.scanners.subject import SOURCE
from tests.scanners.waivers import Finding, Waiver, judge, read

TODAY = date(2026, 11, 27)
OPEN_GROUP = Finding("checkov", "CKV_AWS_24", "staging/vpc/aws_security_group.planted", "from everywhere")
BUCKET = Finding("checkov", "CKV2_AWS_61", "staging/state/aws_s3_bucket.bucket", "without a lifecycle")


WAIVER = {
    "scanner": "checkov",
    "reason": "Because this test is about something else than its reason",
    "review": {"looked": TODAY, "again": TODAY, "who": "platform team"},
}


def waiver(*, rules: list[str], places: list[str]) -> Waiver:
    return Waiver.model_validate({**WAIVER, "rules": rules, "places": places})


def test_a_finding_that_no_waiver_explains_is_open() -> None:
    of_buckets = waiver(rules=["CKV2_AWS_61"], places=["*/state/aws_s3_bucket.*"])

    assert judge([BUCKET], [of_buckets], (), TODAY).open == []
    assert judge([BUCKET, OPEN_GROUP], [of_buckets], (), TODAY).open == [OPEN_GROUP]


@pytest.mark.parametrize(
    ("rules", "places"),
    [(["CKV_AWS_18"], ["*"]), (["CKV2_AWS_61"], ["production/*"]), (["CKV2_AWS_6"], ["*"])],
)
def test_neither_another_rule_nor_another_place_is_explained(rules: list[str], places: list[str]) -> None:
    assert judge([BUCKET], [waiver(rules=rules, places=places)], (), TODAY).open == [BUCKET]


@pytest.mark.parametrize(
    ("rules", "places", "needless"),
    [
        (["CKV2_AWS_61"], ["*/state/*"], []),
        (["CKV2_AWS_61", "CKV_AWS_18"], ["*/state/*"], ["CKV_AWS_18"]),
        (["CKV2_AWS_61"], ["*/state/*", "*/runner/*"], ["*/runner/*"]),
    ],
)
def test_each_rule_and_each_place_of_a_waiver_is_needed(
    rules: list[str], places: list[str], needless: list[str]
) -> None:
    verdict = judge([BUCKET], [waiver(rules=rules, places=places)], (), TODAY)

    named = f"checkov {', '.join(rules)}"
    assert verdict.wrong == [f"{named}: nothing needs {name} any more" for name in needless]


def test_a_scanner_without_an_answer_makes_no_waiver_needless() -> None:
    assert judge([], [waiver(rules=["CKV2_AWS_61"], places=["*"])], ["checkov"], TODAY).wrong == []


def test_a_waiver_ends_on_the_day_on_which_somebody_looks_again() -> None:
    late = judge([BUCKET], [waiver(rules=["CKV2_AWS_61"], places=["*"])], (), TODAY + timedelta(days=1))

    assert late.open == [BUCKET]
    assert late.wrong == ["checkov CKV2_AWS_61: the platform team was to look again until 2026-11-27"]


@pytest.mark.parametrize(
    "wrong", [{"reason": "false positive"}, {"rules": []}, {"places": []}, {"review": {}}, {"until": TODAY}]
)
def test_a_waiver_says_what_and_where_and_why_and_who_looks_again(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Waiver.model_validate({**WAIVER, "rules": ["CKV2_AWS_61"], "places": ["*"], **wrong})


def test_waivers_are_for_scanners_that_there_are() -> None:
    assert {each.scanner for each in read()} <= set(SCANNERS)


WORKFLOW = """name: planted
on: issues
permissions: {}
jobs:
  planted:
    name: Say the title
    runs-on: ubuntu-24.04
    permissions: {}
    steps:
      - name: Say it
        run: echo ${{ github.event.issue.title }}
"""


def test_make_scan_prints_what_is_open_and_what_is_needless(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With zizmor alone, and a workflow that runs what anybody writes into the title of an issue."""

    def plant(folder: Path) -> None:
        for place in (".github", "realworld-example-app/.github"):
            (folder / SOURCE / place / "workflows").mkdir(parents=True)
            (folder / SOURCE / place / "workflows" / "planted.yml").write_text(WORKFLOW)

    monkeypatch.setattr("tests.scanners.subject.write", plant)
    monkeypatch.setattr(scan, "SCANNERS", {"zizmor": zizmor})
    monkeypatch.setattr(scan, "read", lambda: [each for each in read() if each.scanner == "zizmor"])

    assert scan.main() == 1
    said = capsys.readouterr().out
    assert "open: zizmor template-injection .github/workflows/planted.yml: line " in said
    assert "waiver: zizmor concurrency-limits: nothing needs .github/workflows/deploy.yml any more" in said
