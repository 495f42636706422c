"""Workflows of GitHub as data: which jobs there are, how they are started, and which roles of AWS they take."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.conftest import ROOT

FOLDERS = {"platform": ROOT / ".github", "application": ROOT / "realworld-example-app" / ".github"}
MAIN = "refs/heads/main"
TAKE_ROLE = "aws-actions/configure-aws-credentials"


@dataclass(frozen=True)
class Run:
    """One way in which a workflow starts."""

    event: str
    ref: str
    fork: bool = False

    def __str__(self) -> str:
        return f"{self.event} of {'a fork' if self.fork else self.ref}"


CONDITIONS: dict[str, Callable[[Run], bool]] = {
    "github.event_name == 'push'": lambda run: run.event == "push",
    f"github.ref == '{MAIN}'": lambda run: run.ref == MAIN,
    f"github.ref == '{MAIN}' && !cancelled()": lambda run: run.ref == MAIN,
    "github.event.pull_request.head.repo.full_name == github.repository": lambda run: (
        run.event == "pull_request" and not run.fork
    ),
}


@dataclass(frozen=True)
class Role:
    """A role that a step takes."""

    arn: str
    seconds: int


@dataclass(frozen=True)
class Job:
    repository: str
    file: str
    name: str
    content: Mapping[str, Any]
    triggers: Mapping[str, Any]

    def __str__(self) -> str:
        return f"{self.file}, job {self.name}"

    @property
    def permissions(self) -> Mapping[str, str]:
        found: Mapping[str, str] = self.content.get("permissions", {})
        return found

    @property
    def has_identity(self) -> bool:
        return self.permissions.get("id-token") == "write"

    @property
    def steps(self) -> list[dict[str, Any]]:
        return list(self.content["steps"])

    def runs(self) -> list[Run]:
        """Those that reach this job."""
        found = [run for event, filters in self.triggers.items() for run in _runs(event, filters)]
        condition = CONDITIONS.get(str(self.content.get("if", "")))
        # What is not among the conditions above counts as if it let everything through.
        return [run for run in found if condition is None or condition(run)]

    def legs(self) -> list[dict[str, str]]:
        """What the matrix is in each of its jobs."""
        matrix = self.content.get("strategy", {}).get("matrix", {})
        if "include" in matrix:
            return list(matrix["include"])
        [(name, values)] = matrix.items() if matrix else [("", [""])]
        return [{name: value} for value in values]

    def environment(self, leg: Mapping[str, str], variables: Mapping[str, str]) -> str:
        found = self.content.get("environment", "")
        return resolved(found["name"] if isinstance(found, dict) else found, leg, variables)

    def roles(self, leg: Mapping[str, str], variables: Mapping[str, str]) -> list[Role]:
        taken = [step["with"] for step in self.steps if step.get("uses", "").startswith(f"{TAKE_ROLE}@")]
        return [
            Role(
                resolved(each["role-to-assume"], leg, variables).strip(), int(each.get("role-duration-seconds", "3600"))
            )
            for each in taken
        ]


def _runs(event: str, filters: Any) -> list[Run]:
    branches = (filters or {}).get("branches") if isinstance(filters, dict) else None
    if event == "push":
        return [Run(event, f"refs/heads/{branch}") for branch in branches or ["main", "any"]]
    if event == "pull_request":
        return [Run(event, "refs/pull/1/merge"), Run(event, "refs/pull/2/merge", fork=True)]
    if event == "schedule":
        return [Run(event, MAIN)]
    if event == "workflow_dispatch":
        return [Run(event, MAIN), Run(event, "refs/heads/any")]
    raise ValueError(f"nobody has thought about {event} yet")


def resolved(text: str, leg: Mapping[str, str], variables: Mapping[str, str]) -> str:
    """A text of a workflow with the variables of GitHub and the values of the matrix filled in."""

    def value(match: re.Match[str]) -> str:
        context, _, name = match[1].partition(".")
        if context == "vars":
            return variables[name]
        if context == "matrix":
            return resolved(leg[name], leg, variables)
        raise ValueError(f"{match[0]} cannot be known before the job runs")

    return re.sub(r"\$\{\{ *([\w.-]+) *\}\}", value, text)


def load(repository: str, path: Path) -> list[Job]:
    workflow = yaml.safe_load(path.read_text())
    triggers = workflow.get("on", workflow.get(True))  # on is a boolean in the YAML of PyYAML
    if not isinstance(triggers, dict):
        triggers = dict.fromkeys([triggers] if isinstance(triggers, str) else triggers)
    return [Job(repository, path.name, name, content, triggers) for name, content in workflow["jobs"].items()]


def all_jobs() -> list[Job]:
    return [
        job
        for repository, folder in FOLDERS.items()
        for path in sorted(folder.glob("workflows/*.yml"))
        for job in load(repository, path)
    ]


def step(file: str, name: str) -> dict[str, Any]:
    """The one step of that name in a workflow."""
    [found] = [each for job in all_jobs() if job.file == file for each in job.steps if each.get("name") == name]
    return found


def files() -> list[Path]:
    """Everything in which an action may be used."""
    return [
        path
        for folder in FOLDERS.values()
        for path in sorted([*folder.glob("workflows/*.yml"), *folder.glob("actions/*/*.yml")])
    ]


def all_steps(paths: list[Path]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every step of workflows and of actions, with the name of its file."""
    for path in paths:
        content = yaml.safe_load(path.read_text())
        for each in [*content.get("jobs", {}).values(), content.get("runs", {})]:
            yield from ((path.name, step) for step in each.get("steps", []))
