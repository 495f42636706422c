"""Renovate looks after every version that is pinned."""

import json
import re
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.scanners.subject import tracked

CONFIGURATION = json.loads((ROOT / ".github" / "renovate.json").read_text())
PIN = re.compile(
    r"==\d|@sha256:[0-9a-f]{64}|uses: \S+@[0-9a-f]{40}"
    r"|^(?!.*(?:apiVersion|pattern)).*version\"?:? *[=:] *[\"']?v?\d+\.\d+\.\d+"
    r"|^    \"\S+\": \"\d+\.\d+\.\d+|VERSION = [\d.]+$",
    re.IGNORECASE,
)
# The files that managers of Renovate find by themselves: docs.renovatebot.com/modules/manager.
BUILT_IN = {
    "pipenv": r"(^|/)Pipfile$",
    "npm": r"(^|/)package\.json$",
    "dockerfile": r"(^|/)Dockerfile$",
    "ansible-galaxy": r"(^|/)requirements\.ya?ml$",
}
NOT_PINNED = {
    "monitoring/images.yaml": "what was read of the images that pins.yaml pins",
    "charts/application-namespace/Chart.yaml": "a chart of our own",
    "realworld-example-app/helm/Chart.yaml": "a chart of our own",
}
OLDEST = "github_runner_oldest_version"  # what GitHub registers, which is no choice of ours


def files() -> list[str]:
    return [
        name
        for name in tracked()
        if (name.startswith("tests/environments/") or not name.startswith(("tests/", "docs/")))
        and "lock" not in Path(name).name
        and not name.endswith(".md")
    ]


def pins() -> list[tuple[str, int, str]]:
    return [
        (name, number, line)
        for name in files()
        if name not in NOT_PINNED and Path(name).suffix in (".yml", ".yaml", ".json", ".txt", ".in", "")
        for number, line in enumerate((ROOT / name).read_text().splitlines(), 1)
        if PIN.search(line) and OLDEST not in line
    ]


def looked_after(name: str) -> set[int]:
    """The lines of a file in which Renovate finds something."""
    text = (ROOT / name).read_text()
    given = [
        *CONFIGURATION["pip_requirements"]["managerFilePatterns"],
        *CONFIGURATION["pip-compile"]["managerFilePatterns"],
    ]
    patterns = [*BUILT_IN.values(), *(own[1:-1] for own in given), r"^tests/environments/\w+\.in$"]
    if any(re.search(pattern, name) for pattern in patterns):
        return set(range(1, text.count("\n") + 2))
    found = set()
    if any(re.search(own[1:-1], name) for own in CONFIGURATION["github-actions"]["managerFilePatterns"]):
        found |= {number for number, line in enumerate(text.splitlines(), 1) if re.search(r"uses: \S+@", line)}
    for manager in CONFIGURATION["customManagers"]:
        if any(re.search(own[1:-1], name) for own in manager["managerFilePatterns"]):
            for pattern in manager["matchStrings"]:
                for match in re.finditer(pattern.replace("(?<", "(?P<"), text):
                    found.add(text.count("\n", 0, match.start("currentValue")) + 1)
    return found


def test_every_pin_is_found() -> None:
    found = pins()
    assert len(found) > 80
    missing = [f"{name}:{number}: {line.strip()}" for name, number, line in found if number not in looked_after(name)]
    assert missing == [], "add a manager for these to .github/renovate.json"


@pytest.mark.parametrize("manager", CONFIGURATION["customManagers"], ids=lambda each: each.get("depNameTemplate", "-"))
def test_every_manager_finds_something_in_each_of_its_files(manager: dict[str, list[str]]) -> None:
    for own in manager["managerFilePatterns"]:
        [name] = [each for each in files() if re.search(own[1:-1], each)]
        for pattern in manager["matchStrings"]:
            assert re.search(pattern.replace("(?<", "(?P<"), (ROOT / name).read_text()), name
