"""The how-to pages that change the project are followed on a copy: their patches apply, and do what the pages say."""

import json
import re
import shutil
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.conftest import ROOT
from tests.documents import blocks
from tests.project import Project, copy_of_project
from tests.settings.test_reference import merged

pytestmark = pytest.mark.slow
PAGES = ROOT / "docs/how-to"
TESTS = ("__init__.py", "conftest.py", "test_addresses.py", "addresses")


def of(page: str, language: str) -> list[str]:
    return [block.text for block in blocks(PAGES / f"{page}.md") if block.language == language]


def settings(project: Project, name: str, *changes: str) -> None:
    path = project.path / "environments" / f"{name}.yaml"
    values = yaml.safe_load(path.read_text())
    for change in changes:
        values = merged(values, yaml.safe_load(change))
    path.write_text(yaml.safe_dump(values))


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """With a bucket, a setting, an output, a renamed construct, a node group and an environment, as the pages say."""
    project = copy_of_project(tmp_path_factory.mktemp("howto") / "project")
    (project.path / "tests").mkdir()
    for name in TESTS:
        source = ROOT / "tests" / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, project.path / "tests" / name)
    for page in ("resource", "setting", "output", "rename"):
        [patch] = of(page, "diff")
        (project.path / "change.patch").write_text(patch)
        applied = project.run("git", "apply", "--unidiff-zero", "change.patch")
        assert applied.code == 0, f"docs/how-to/{page}.md: {applied.output}"
    [copied] = [block for block in of("environment", "") if block.startswith("cp ")]
    assert project.run(*copied.split()).code == 0
    settings(project, "demo", *of("environment", "yaml"), *of("node-group", "yaml"), *of("setting", "yaml"))
    return project


@pytest.fixture(scope="module")
def demo(project: Project) -> dict[str, Any]:
    """The stacks of the environment that was added."""
    result = project.run(sys.executable, "main.py", ENVIRONMENT="demo", CDKTF_OUTDIR="out")
    assert result.code == 0, result.output
    return {
        path.parent.name: json.loads(path.read_text()) for path in (project.path / "out").glob("stacks/*/cdk.tf.json")
    }


def test_the_bucket_is_named_after_the_environment_and_loses_old_versions(demo: dict[str, Any]) -> None:
    [bucket] = demo["registry"]["resource"]["aws_s3_bucket"].values()

    assert bucket["bucket"] == "realworld-demo-reports-111122223333"
    assert demo["registry"]["resource"]["aws_s3_bucket_lifecycle_configuration"]


def test_the_setting_reaches_the_database(demo: dict[str, Any]) -> None:
    [database] = demo["database"]["resource"]["aws_db_instance"].values()

    assert database["performance_insights_retention_period"] == 31


def test_a_wrong_value_of_the_setting_is_refused_with_its_description(project: Project) -> None:
    before = (project.path / "environments/demo.yaml").read_text()
    settings(project, "demo", "database: {insights_retention_days: 30}")
    refused = project.run(sys.executable, "main.py", ENVIRONMENT="demo", CDKTF_OUTDIR="refused")
    (project.path / "environments/demo.yaml").write_text(before)

    assert refused.code == 1
    assert "7 (free), 31, 62, 93 or 731 days that Performance Insights keeps" in refused.output


def test_the_output_is_published(demo: dict[str, Any]) -> None:
    assert demo["registry"]["output"]["images_key_arn"]["description"] == "Key that encrypts the images."


def test_the_node_group_stands_beside_the_other(demo: dict[str, Any]) -> None:
    groups = demo["eks"]["resource"]["aws_eks_node_group"].values()

    assert {group["node_group_name_prefix"]: group["ami_type"] for group in groups} == {
        "general-": "AL2023_x86_64_STANDARD",
        "arm-": "AL2023_ARM_64_STANDARD",
    }
    [backend, *_] = demo["registry"]["resource"]["aws_ecr_repository"].values()
    assert backend["tags"]["Platforms"] == "linux/amd64 linux/arm64"


def test_the_environment_has_names_of_its_own(demo: dict[str, Any]) -> None:
    [network] = demo["vpc"]["resource"]["aws_vpc"].values()

    assert network["cidr_block"] == "10.40.0.0/16"
    assert demo["vpc"]["terraform"]["backend"]["s3"]["key"] == "demo/vpc.tfstate"
    assert "aws_iam_openid_connect_provider" not in demo["iam"]["resource"]


def test_a_renamed_id_is_refused_until_its_move_is_written_down(project: Project) -> None:
    def unit() -> tuple[int, str]:
        command = (sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/test_addresses.py")
        result = project.run(*command, "-k", "do_not_move and (production or demo)")
        return result.code, result.output

    [entry] = of("rename", "yaml")
    entry = re.sub(r"\d{4}-\d\d-\d\d", str(date.today()), entry)
    moves = project.path / "stacks/moves.yaml"

    code, said = unit()
    assert (code, entry.splitlines()[1].strip() in said) == (1, True), said
    moves.write_text(moves.read_text().replace("\n{}\n", f"\n{entry}"))
    code, said = unit()
    assert code == 0, said
    written = {path.stem for path in Path(project.path / "tests/addresses/demo").iterdir()}
    assert {"vpc", "eks", "database"} <= written
