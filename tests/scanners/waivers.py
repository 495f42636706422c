"""Findings of scanners, and the waivers that explain those which stay: waivers.yaml."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from settings.messages import read_mapping

FILE = Path(__file__).with_name("waivers.yaml")
Names = Annotated[list[str], Field(min_length=1)]


@dataclass(frozen=True, order=True)
class Finding:
    """place: a path of the repository, <environment>/<stack>/<Terraform address>, or <environment>/<chart>/<object>."""

    scanner: str
    rule: str
    place: str
    says: str


class Review(BaseModel):
    """Until `again` that role has looked once more, or what the waiver covers is open."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    looked: date
    again: date
    who: Annotated[str, Field(min_length=3)]


class Waiver(BaseModel):
    """rules and places are globs."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    scanner: str
    rules: Names
    places: Names
    reason: Annotated[str, Field(min_length=30)]
    review: Review

    def __str__(self) -> str:
        return f"{self.scanner} {', '.join(self.rules)}"

    def covers(self, finding: Finding, rules: Iterable[str], places: Iterable[str]) -> bool:
        return (
            finding.scanner == self.scanner
            and any(fnmatchcase(finding.rule, rule) for rule in rules)
            and any(fnmatchcase(finding.place, place) for place in places)
        )


@dataclass(frozen=True)
class Verdict:
    """What makes a scan red: findings that nobody has explained, and what is wrong with waivers."""

    open: list[Finding]
    wrong: list[str]


def read(file: Path = FILE) -> list[Waiver]:
    """Raises pydantic.ValidationError, and ValueError for what is no YAML."""
    waivers = read_mapping(file)["waivers"]
    return [Waiver(scanner=scanner, **each) for scanner, listed in waivers.items() for each in listed]


def judge(findings: Collection[Finding], waivers: Collection[Waiver], silent: Collection[str], today: date) -> Verdict:
    """silent are scanners that had no answer: what they would find, and which waivers need it, nobody knows."""
    valid = [each for each in waivers if today <= each.review.again]
    unexplained = [
        finding for finding in findings if not any(each.covers(finding, each.rules, each.places) for each in valid)
    ]
    late = [
        f"{each}: the {each.review.who} was to look again until {each.review.again}"
        for each in waivers
        if today > each.review.again
    ]
    known = [each for each in waivers if each.scanner not in silent]
    return Verdict(sorted(unexplained), [*late, *_needless(findings, known)])


def _needless(findings: Collection[Finding], waivers: Collection[Waiver]) -> Iterable[str]:
    for waiver in waivers:
        parts = [(rule, [rule], waiver.places) for rule in waiver.rules]
        parts += [(place, waiver.rules, [place]) for place in waiver.places]
        for name, rules, places in parts:
            if not any(waiver.covers(finding, rules, places) for finding in findings):
                yield f"{waiver}: nothing needs {name} any more"
