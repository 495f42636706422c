"""What plain Terraform has made in a flat project comes under the stacks, by the commands of docs/adoption.md."""

import json
import os
import re
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from simulator.process import start, stop
from tests.conftest import ROOT
from tests.project import Project, Result, copy_of_project

pytestmark = pytest.mark.slow

HERE = Path(__file__).parent
STACKS = "iam vpc registry dns database eks"
COMMANDS = [
    line.strip().replace("staging", "local")
    for line in re.findall(r"^ {4,}(?=\w)(.*)$", (ROOT / "docs" / "adoption.md").read_text(), re.MULTILINE)
]
MAKE = """#!/bin/sh
for each; do case "$each" in *=*) export "$each" ;; -*) ;; *) target="$each" ;; esac; done
exec "{python}" -m operations "$target"
"""


def merge(settings: dict[str, Any], more: dict[str, Any]) -> dict[str, Any]:
    for name, value in more.items():
        settings[name] = merge(settings.get(name) or {}, value) if isinstance(value, dict) else value
    return settings


@dataclass(frozen=True)
class Both:
    """A copy of the platform, and beside it, in the folder flat, the other project."""

    platform: Project

    @property
    def flat(self) -> Path:
        return self.platform.path / "flat"

    @property
    def settings(self) -> Path:
        return self.platform.path / "environments" / "local.yaml"

    def run(self, command: str, **variables: str) -> Result:
        """With the make of the test, which has everything installed."""
        path = f"{self.platform.path / 'bin'}:{os.environ['PATH']}"
        given = {name: value for name, value in self.platform.variables().items() if name != "ENVIRONMENT"}
        return self.platform.run("bash", "-o", "pipefail", "-c", command, **given | variables | {"PATH": path})

    def documented(self, *words: str, **variables: str) -> Result:
        """The command of the document that has these words."""
        [command] = [each for each in COMMANDS if all(word in each for word in words)]
        return self.run(command, **variables)

    def ids(self) -> dict[str, set[str]]:
        """Of everything that the other project manages, by type."""
        found: dict[str, set[str]] = {}
        for each in json.loads(self.run("terraform -chdir=flat state pull").output)["resources"]:
            if each["mode"] == "managed":
                keys = {instance["attributes"]["id"] for instance in each["instances"]}
                found[each["type"]] = found.get(each["type"], set()) | keys
        return found


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Both]:
    found = Both(copy_of_project(tmp_path_factory.mktemp("adoption") / "copy"))
    folder = found.platform.path / ".local"
    start(folder)
    (found.platform.path / "bin").mkdir()
    make = found.platform.path / "bin" / "make"
    make.write_text(MAKE.format(python=sys.executable))
    make.chmod(0o755)
    found.flat.mkdir()
    for file in HERE.glob("*.tf"):
        shutil.copy(file, found.flat)
    made = found.run("terraform -chdir=flat init -no-color && terraform -chdir=flat apply -no-color -auto-approve")
    assert made.code == 0, made.output
    yield found
    stop(folder)


def test_a_flat_project_comes_under_the_stacks_with_nothing_destroyed(both: Both) -> None:
    before, untouched = both.ids(), both.settings.read_text()
    assert both.documented("flat plan -detailed-exitcode").code == 0

    # What the settings have to say comes first, and only then the imports.
    refused = both.documented("state pull | make")
    assert refused.code == 1
    assert "Traceback" not in refused.output
    assert both.settings.read_text() == untouched
    wanted = yaml.safe_load(refused.output.partition("Write there:\n")[2])
    assert wanted["vpc"]["subnets"]["private"] == {"us-east-1a": "10.0.11.0/24", "us-east-1b": "10.0.12.0/24"}
    both.settings.write_text(yaml.safe_dump(merge(yaml.safe_load(untouched), wanted)))
    adopted = both.documented("state pull | make")
    assert adopted.code == 0, adopted.output
    section = yaml.safe_load(both.settings.read_text())["adopt"]

    plan = both.documented("make plan", STACK=STACKS)
    assert plan.code == 0, plan.output
    rows = {
        stack: tuple(map(int, row.split())) for stack, row in re.findall(r"^(\w+)((?: +\d+){5})", plan.output, re.M)
    }
    assert set(rows) == set(STACKS.split())
    assert {(replaced, deleted) for _, _, replaced, deleted, _ in rows.values()} == {(0, 0)}, plan.output
    created = set(re.findall(r"^create +\w+: (\S+)$", plan.output, re.M))
    imports = {address for named in section.values() for address in named}
    assert not created & imports
    kept = {"aws_vpc", "aws_nat_gateway", "aws_internet_gateway", "aws_ecr_repository", "aws_route53_zone"}
    assert not {address.split(".")[0] for address in created} & (kept | {"aws_db_instance", "aws_eks_cluster"}) - {
        "aws_ecr_repository"
    }

    deployed = both.documented("make deploy", STACK=STACKS)
    assert deployed.code == 0, deployed.output
    again = both.documented("make plan", STACK=STACKS, DETAILED_EXITCODE="1", DETAILS="1")
    assert again.code == 0, again.output

    # The other project lets go, and both say that nothing is left to do.
    released = both.documented("state rm", "sh)")
    assert released.code == 0, released.output
    (both.flat / "flat.tf").write_text((HERE / "flat.tf").read_text().partition("locals {")[0])
    left = both.run("terraform -chdir=flat plan -no-color -detailed-exitcode")
    assert left.code == 0, left.output
    assert both.ids().keys() == {"aws_iam_role"}
    ours = set(both.platform.ids().values())
    for kind in kept | {
        "aws_subnet",
        "aws_eip",
        "aws_db_instance",
        "aws_db_subnet_group",
        "aws_eks_cluster",
        "aws_route",
    }:
        assert before[kind] <= ours, kind
    both.settings.write_text(both.settings.read_text().partition("adopt:\n")[0])
    assert both.documented("make plan", STACK="vpc database", DETAILED_EXITCODE="1").code == 0
