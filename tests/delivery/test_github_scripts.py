"""What the pipelines of the platform write: a comment, an issue, a token that nobody sees, and what GitHub knows."""

import json
import re
import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.conftest import ROOT
from tests.delivery.conftest import PLATFORM, Machine

TOKEN = "AABBCCDDEEFFGGHHIIJJKKLLMMNNO"


def comment(machine: Machine, report: str, existing: str = "") -> subprocess.CompletedProcess[str]:
    (machine.folder / "report.md").write_text(report)
    machine.answers = {"gh": f"[[ $* != *paginate* ]] || echo '{existing}'"}
    return machine.run(PLATFORM / "comment.sh", "../report.md", NUMBER="12")


def test_the_first_plan_is_a_new_comment(machine: Machine) -> None:
    assert comment(machine, "### Plan of staging\n").returncode == 0

    [sent] = machine.notes("gh api --silent")
    assert "--method POST repos/acme/platform/issues/12/comments" in sent
    assert machine.text("comment.md") == "<!-- plan -->\n### Plan of staging\n"


def test_the_next_plan_takes_the_place_of_the_comment(machine: Machine) -> None:
    comment(machine, "again", existing="99")

    [sent] = machine.notes("gh api --silent")
    assert "--method PATCH repos/acme/platform/issues/comments/99" in sent


def test_a_plan_that_is_too_long_for_a_comment_is_cut(machine: Machine) -> None:
    comment(machine, "x" * 70000)

    assert len(machine.text("comment.md")) < 65536
    assert machine.text("comment.md").endswith("the rest is in the artifacts of the run.\n")


def drift(machine: Machine, changes: object, open_issue: str = "") -> subprocess.CompletedProcess[str]:
    folder = machine.folder / "drift-staging"
    folder.mkdir()
    (folder / "drift.json").write_text(json.dumps({"environment": "staging", "drift": changes}))
    (folder / "drift.md").write_text("### Drift of staging\n")
    machine.answers = {"gh": f"[[ $* != *'issue list'* ]] || echo '{open_issue}'"}
    return machine.run(PLATFORM / "drift.sh", "../drift-staging")


@pytest.mark.parametrize(
    ("changes", "open_issue", "call"),
    [
        (True, "", "gh issue create --repo acme/platform --title staging is not as it was deployed"),
        (True, "5", "gh issue edit 5 --repo acme/platform"),
        (False, "5", "gh issue close 5 --repo acme/platform"),
        (False, "", None),
    ],
)
def test_there_is_one_issue_as_long_as_something_drifted(
    machine: Machine, changes: bool, open_issue: str, call: str | None
) -> None:
    result = drift(machine, changes, open_issue)

    assert result.returncode == 0, result.stderr
    done = [note for note in machine.notes("gh issue") if "gh issue list" not in note]
    assert len(done) == (1 if call else 0)
    assert all(note.startswith(str(call)) for note in done)
    if changes:
        assert machine.text("issue.md").endswith("### Drift of staging\n")
        assert "https://github.com/acme/platform/actions/runs/7" in machine.text("issue.md")


def test_a_look_that_does_not_say_closes_no_issue(machine: Machine) -> None:
    assert drift(machine, None, "5").returncode == 1
    assert machine.notes("gh issue close") == []


def token(machine: Machine, answer: str) -> subprocess.CompletedProcess[str]:
    machine.answers = {"gh": f"echo '{answer}'", "aws": 'cat >"$RUNNER_TEMP/stdin"; echo 3'}
    return machine.run(PLATFORM / "runner-token.sh", PARAMETER="/realworld-staging/runner/registration-token")


def test_the_token_goes_to_the_parameter_and_nowhere_else(machine: Machine) -> None:
    result = token(machine, TOKEN)

    assert result.returncode == 0, result.stderr
    assert json.loads(machine.text("stdin")) == {
        "Name": "/realworld-staging/runner/registration-token",
        "Value": TOKEN,
        "Type": "SecureString",
        "Overwrite": True,
    }
    assert "orgs/acme/actions/runners/registration-token" in machine.notes("gh api")[0]
    # GitHub takes this line out of the log, and the token out of all that follow.
    assert result.stdout == f"::add-mask::{TOKEN}\n3\n"
    assert TOKEN not in result.stderr + machine.text("notes")


@pytest.mark.parametrize("answer", ["", "null"])
def test_without_a_token_nothing_is_overwritten(machine: Machine, answer: str) -> None:
    assert token(machine, answer).returncode == 1
    assert machine.notes("aws") == []


PINNED = ROOT / "ansible/roles/github_runner/defaults/main.yml"
OURS = PINNED.read_text().split('github_runner_version: "')[1].split('"')[0]
TITLE = "staging is not as it was deployed"


def ago(**time: float) -> str:
    return f"{datetime.now(UTC) - timedelta(**time):%Y-%m-%dT%H:%M:%SZ}"


def runner(name: str, status: str, *labels: str) -> dict[str, Any]:
    return {"id": name, "name": name, "status": status, "busy": False, "labels": [{"name": each} for each in labels]}


def release(version: str, published: str, *, prerelease: bool = False) -> dict[str, Any]:
    return {"tag_name": f"v{version}", "published_at": published, "prerelease": prerelease}


def told(machine: Machine, runners: list[Any], releases: list[Any], issues: list[Any]) -> dict[str, int]:
    """The metrics that the workflow sends."""
    for name, answer in (("runners", {"runners": runners}), ("releases", releases), ("issues", issues)):
        (machine.folder / name).write_text(json.dumps(answer))
    defaults = machine.folder / "checkout" / PINNED.relative_to(ROOT)
    defaults.parent.mkdir(parents=True)
    shutil.copy(PINNED, defaults)
    machine.answers = {
        "gh": 'echo "$GH_TOKEN" >>"$RUNNER_TEMP/tokens"\n'
        "case $* in *orgs/acme/actions/runners*) cat ../runners ;; *actions/runner/releases*) cat ../releases ;;\n"
        "'issue list '*) cat ../issues ;; esac",
        "aws": "",
    }
    given = {"GH_TOKEN": "app", "ISSUES_TOKEN": "job", "PREFIX": "realworld-staging", "DRIFT": TITLE}
    result = machine.run(PLATFORM / "runner-state.sh", **given)
    assert result.returncode == 0, result.stderr
    # Neither token may do what the other one does.
    assert machine.text("tokens").split() == ["app", "app", "job"]
    [note] = machine.notes("aws")
    command = "aws cloudwatch put-metric-data --namespace realworld-staging/github --metric-data "
    assert note.startswith(command)
    pairs = (metric.split(",") for metric in note.removeprefix(command).split())
    return {name.removeprefix("MetricName="): int(value.removeprefix("Value=")) for name, value in pairs}


def test_all_is_well_at_github(machine: Machine) -> None:
    runners = [runner("a", "online", "self-hosted", "realworld-staging")]
    releases = [
        release(OURS, ago(days=5)),
        release("2.1.0", ago(days=50)),
        release("9.0.0", ago(days=1), prerelease=True),
    ]

    found = told(machine, runners, releases, [{"title": f"{TITLE}?", "createdAt": ago(days=9)}])

    assert found == {"RunnersOnline": 1, "RunnerReleaseAge": 0, "DriftIssueAge": 0}


def test_github_has_no_runner_and_a_newer_release_and_an_issue_is_open(machine: Machine) -> None:
    runners = [
        runner("a", "offline", "self-hosted", "realworld-staging"),
        runner("b", "online", "self-hosted", "realworld-production"),
    ]
    newer = [release("9.0.2", ago(days=1)), release("9.0.1", ago(days=21)), release(OURS, ago(days=60))]

    found = told(machine, runners, newer, [{"title": TITLE, "createdAt": ago(days=3)}])

    assert found.pop("RunnersOnline") == 0
    assert {name: seconds // 86400 for name, seconds in found.items()} == {"RunnerReleaseAge": 21, "DriftIssueAge": 3}


def test_a_release_that_github_lists_no_more_is_older_than_all(machine: Machine) -> None:
    found = told(machine, [], [release("9.0.2", ago(days=1)), release("9.0.1", ago(days=100))], [])

    assert found["RunnerReleaseAge"] // 86400 == 100


def test_the_issue_is_looked_for_by_the_title_that_it_is_opened_with() -> None:
    [title] = re.findall(r'title="\$environment (.+)"', (PLATFORM / "drift.sh").read_text())
    readers = [PLATFORM.parent / "workflows/runner-token.yml", ROOT / "docs/runbooks/pipelines.md"]
    assert [path.name for path in readers if title not in path.read_text()] == []
