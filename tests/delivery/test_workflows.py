"""What holds for every workflow, here and in the repository of the application."""

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from operations.cluster.programs import VERSIONS
from settings import load_settings
from tests.conftest import ROOT, Platform
from tests.delivery.workflows import FOLDERS, all_jobs, all_steps, files

JOBS = all_jobs()
FILES = files()
WORKFLOWS = [path for path in FILES if path.parent.name == "workflows"]
SCRIPTS = sorted(path for folder in FOLDERS.values() for path in folder.glob("scripts/*.sh"))
BIN = Path(sys.executable).parent

READ, IDENTITY = {"contents": "read"}, {"contents": "read", "id-token": "write"}
PERMISSIONS: dict[str, dict[str, str]] = {
    "build-and-deploy.yml, job build": READ,
    "build-and-deploy.yml, job images": IDENTITY,
    "build-and-deploy.yml, job scan": {},
    "build-and-deploy.yml, job staging": IDENTITY,
    "build-and-deploy.yml, job production": IDENTITY,
    "migrations.yml, job review": READ,
    "check.yml, job check": READ,
    "plan.yml, job plan": IDENTITY,
    "plan.yml, job comment": {"contents": "read", "pull-requests": "write"},
    "deploy.yml, job plan": IDENTITY,
    "deploy.yml, job staging": IDENTITY,
    "deploy.yml, job staging-cluster": IDENTITY,
    "deploy.yml, job production": IDENTITY,
    "deploy.yml, job production-cluster": IDENTITY,
    "drift.yml, job look": IDENTITY,
    "drift.yml, job issue": {"contents": "read", "issues": "write"},
    "restore-drill.yml, job drill": IDENTITY,
    "runner-token.yml, job token": IDENTITY | {"issues": "read"},
}
SECRETS = {"runner-token.yml": {"RUNNER_APP_PRIVATE_KEY"}}


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", FILES, ids=name)
def test_every_action_is_a_commit_with_its_version_beside_it(path: Path) -> None:
    used = [
        line.strip().removeprefix("- ") for line in path.read_text().splitlines() if re.match(r"\s*(- )?uses:", line)
    ]

    assert used
    for line in used:
        own = re.fullmatch(r"uses: \$/\.github/actions/[a-z-]+", line)
        assert own or re.fullmatch(r"uses: [\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", line), line


def test_an_image_that_an_action_runs_never_changes() -> None:
    images = [step["with"]["image"] for _, step in all_steps(FILES) if step.get("uses", "").startswith("docker/")
              and "image" in step.get("with", {})]  # fmt: skip

    assert len(images) == 1
    assert all(re.fullmatch(r"docker\.io/[\w/-]+:[\w.-]+@sha256:[0-9a-f]{64}", each) for each in images)


def test_an_action_has_one_version() -> None:
    pins: dict[str, set[str]] = {}
    for path in FILES:
        for action, pin in re.findall(r"uses: ([\w-]+/[\w-]+)@(.+)", path.read_text()):
            pins.setdefault(action, set()).add(pin)

    assert {action: found for action, found in pins.items() if len(found) > 1} == {}


def test_every_job_has_the_permissions_that_it_needs() -> None:
    assert {str(job): dict(job.permissions) for job in JOBS} == PERMISSIONS


@pytest.mark.parametrize("path", WORKFLOWS, ids=name)
def test_a_workflow_gives_nothing_by_default(path: Path) -> None:
    workflow = yaml.safe_load(path.read_text())

    assert workflow["permissions"] == {}
    assert all("permissions" in job and "timeout-minutes" in job for job in workflow["jobs"].values())
    assert set(re.findall(r"secrets\.(\w+)", path.read_text())) == SECRETS.get(path.name, set())


def test_no_job_leaves_its_token_in_the_checkout() -> None:
    checkouts = [step for _, step in all_steps(FILES) if step.get("uses", "").startswith("actions/checkout@")]

    assert checkouts
    assert all(step["with"]["persist-credentials"] is False for step in checkouts)


def test_nothing_is_written_into_a_shell() -> None:
    """What GitHub fills in reaches a script as a variable, never as a part of it."""
    scripts = [(file, step["run"]) for file, step in all_steps(FILES) if "run" in step]

    assert [file for file, script in scripts if "${{" in script] == []
    assert [file for file, script in scripts if len(script.splitlines()) > 10] == []


def test_a_job_with_an_identity_runs_no_scanner() -> None:
    ours = ("actions/", "aws-actions/", "azure/setup-", "docker/setup-", "hashicorp/setup-", "$/")

    for job in JOBS:
        if job.has_identity or job.permissions.get("id-token"):
            assert [each["uses"] for each in job.steps if not each.get("uses", "$/").startswith(ours)] == [], job


def test_a_deploy_is_never_cancelled_and_never_alone_with_another() -> None:
    groups = []
    for job in JOBS:
        if job.content.get("environment"):
            concurrency = job.content["concurrency"]
            assert concurrency["cancel-in-progress"] is False, job
            groups.append(f"{job.repository} {concurrency['group']}")

    assert len(groups) == len(set(groups)) == 8


def test_production_comes_after_staging_with_the_same_images() -> None:
    jobs = {job.name: job for job in JOBS if job.file == "build-and-deploy.yml"}

    assert set(jobs["production"].content["needs"]) >= {"staging", "scan", "images"}
    assert set(jobs["staging"].content["needs"]) >= {"scan", "images"}

    def release(name: str) -> dict[str, Any]:
        return {key: value for key, value in jobs[name].steps[-1]["env"].items() if key in ("BACKEND", "MIGRATOR")}

    assert release("production") == release("staging")
    assert jobs["production"].steps[-1]["run"] == jobs["staging"].steps[-1]["run"]
    assert set(release("staging").values()) == {
        "${{ needs.images.outputs.backend }}",
        "${{ needs.images.outputs.migrator }}",
    }


def test_what_was_approved_is_what_is_applied() -> None:
    jobs = {job.name: job for job in JOBS if job.file == "deploy.yml"}
    for environment in ("staging", "production"):
        artifacts = [step["with"]["name"] for step in jobs[environment].steps if "download" in step.get("uses", "")]
        assert artifacts == [f"plans-{environment}"]
        assert jobs[environment].steps[-1]["run"] == f"make deploy PLANS=plans ENVIRONMENT={environment}"
        assert jobs[environment].content["environment"] == environment


def test_a_pipeline_is_never_asked() -> None:
    deploys = [step["run"] for _, step in all_steps(FILES) if "make deploy" in step.get("run", "")]

    assert len(deploys) == 4
    assert [run for run in deploys if "PLANS=" not in run and "YES=1" not in run] == []


def test_the_cluster_is_deployed_where_it_can_be_reached(platform: Platform) -> None:
    inside = sorted(stack for stack, template in platform("staging").items() if "aws" not in template["provider"])

    for job in [job for job in JOBS if job.name.endswith("-cluster")]:
        assert f'STACK="{" ".join(inside)}"' in job.steps[-1]["run"]
    self_hosted = {str(job) for job in JOBS if "self-hosted" in job.content["runs-on"]}
    assert self_hosted == {
        "build-and-deploy.yml, job staging",
        "build-and-deploy.yml, job production",
        "deploy.yml, job staging-cluster",
        "deploy.yml, job production-cluster",
    }


def test_the_tools_of_a_release_are_those_that_the_charts_are_tested_with() -> None:
    steps = [step for file, step in all_steps(FILES) if file == "build-and-deploy.yml"]
    versions = {
        kind: {step["with"]["version"] for step in steps if step.get("uses", "").startswith(f"azure/setup-{kind}@")}
        for kind in ("helm", "kubectl")
    }
    [node] = {step["with"]["node-version"] for step in steps if "node-version" in step.get("with", {})}
    dockerfile = (ROOT / "realworld-example-app" / "Dockerfile").read_text()

    assert versions["helm"] == {f"v{VERSIONS['helm']}"}
    assert {".".join(each.split(".")[:2]) for each in versions["kubectl"]} == {
        f"v{load_settings('production').eks.kubernetes_version}"
    }
    assert re.search(rf"library/node:{node}\.", dockerfile)


def test_the_gate_stops_what_could_have_been_fixed() -> None:
    [scan] = [step["with"] for _, step in all_steps(FILES) if step.get("uses", "").startswith("anchore/scan-action@")]

    assert scan["fail-build"] is True
    assert scan["only-fixed"] is True
    assert scan["severity-cutoff"] == "high"


def test_zizmor_finds_nothing() -> None:
    result = subprocess.run(
        [BIN / "zizmor", "--offline", "--quiet", *FOLDERS.values()], capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize("folder", FOLDERS.values(), ids=FOLDERS.keys())
def test_actionlint_finds_nothing(folder: Path) -> None:
    command: list[str | Path] = [
        BIN / "actionlint",
        "-config-file",
        folder / "actionlint.yaml",
        *folder.glob("workflows/*.yml"),
    ]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize("script", SCRIPTS, ids=name)
def test_shellcheck_finds_nothing(script: Path) -> None:
    shellcheck = shutil.which("shellcheck")
    if shellcheck is None:
        pytest.skip("shellcheck is not on PATH: apt-get install shellcheck")
    result = subprocess.run([shellcheck, script], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout
    assert script.stat().st_mode & 0o111, f"{name(script)} cannot be run: chmod +x"


def test_every_script_is_used() -> None:
    text = "".join(path.read_text() for path in WORKFLOWS)

    assert {path.name for path in SCRIPTS} == set(re.findall(r"\.github/scripts/([\w-]+\.sh)", text))
