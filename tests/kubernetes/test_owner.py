"""The release of the application changes its owner, by the commands of the runbook, and goes on as it runs.

Terraform runs, with a stand-in for the provider of helm: https://developer.hashicorp.com/terraform/cli/import
"""

import json
import re
import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest

from stacks.app import NAME
from tests.conftest import ROOT, Platform
from tests.standin.workspace import Standin, standin

pytestmark = pytest.mark.slow

RUNBOOK = (ROOT / "docs" / "runbooks" / "pipelines.md").read_text()
FOLDER = "-chdir=cdktf.out/$ENVIRONMENT/stacks/app"
OWNED = {
    "namespace": {"name": "application-namespace", "namespace": "kube-system", "chart": "application-namespace"},
    "api": {"name": NAME, "namespace": "realworld", "chart": "helm"},
}


def commands() -> list[list[str]]:
    lines = re.findall(r"^ +(terraform .+)$", RUNBOOK.replace("\\\n", ""), re.MULTILINE)
    found = [shlex.split(line) for line in lines]
    assert all(words[1] == FOLDER for words in found)
    return [words[2:] for words in found]


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Standin:
    return standin("local", tmp_path_factory.mktemp("owner"))


def owning(workspace: Standin, *names: str) -> None:
    """Terraform's state has these releases."""
    override = json.loads((workspace.stacks / "app" / "standin_override.tf.json").read_text())
    provider = 'provider["registry.terraform.io/hashicorp/helm"]'
    resources = [
        {
            **{"mode": "managed", "type": "helm_release", "name": name, "provider": provider},
            "instances": [{"schema_version": 0, "attributes": {"id": name, **OWNED[name]}, "sensitive_attributes": []}],
        }
        for name in names
    ]
    empty = {"version": 4, "terraform_version": "1.11.0", "serial": 1, "lineage": "y", "outputs": {}}
    state = Path(override["terraform"]["backend"]["local"]["path"])
    state.write_text(json.dumps({**empty, "resources": resources}))


def words(result: subprocess.CompletedProcess[str]) -> str:
    assert result.returncode == 0, result.stdout + result.stderr
    return " ".join((result.stdout + result.stderr).replace("│", "").split())


def changed(plan: str) -> dict[str, str]:
    return dict(re.findall(r"# helm_release\.(\w+) (will be [\w-]+|must be replaced|will no longer be managed)", plan))


def test_terraform_takes_the_release_over_as_it_runs(local: Standin) -> None:
    """First the rights of the pipeline, and nothing else; then what it has released."""
    owning(local, "namespace")
    first, adopt = commands()
    assert local.plan("app").returncode == 0  # as make plan does: it has initialized the folder

    assert (first[0], adopt[0]) == ("apply", "import")
    taken = words(local.terraform("app", "plan", *first[1:], "-input=false", "-no-color", "-lock=false"))
    assert changed(taken) == {"namespace": "will be updated"}
    assert changed(words(local.plan("app")))["api"] == "will be created"  # which Helm refuses: the name is in use

    words(local.terraform("app", *adopt))

    plan = words(local.plan("app"))
    assert changed(plan)["api"] == "will be updated"
    assert "0 to destroy" in plan


def test_the_pipeline_takes_the_release_over_as_it_runs(local: Standin, platform: Platform) -> None:
    """Terraform forgets it: local has an image in its settings, and staging has none."""
    before, after = platform("local")["app"], platform("staging")["app"]
    assert "removed" not in before
    owning(local, "namespace", "api")

    def hand_over(template: dict[str, Any]) -> None:
        del template["resource"]["helm_release"]["api"]
        template |= {"removed": after["removed"]}

    local.edit("app", hand_over)
    plan = words(local.plan("app"))

    assert "helm_release.api will no longer be managed by Terraform, but will not be destroyed" in plan
    assert "0 to destroy" in plan
