"""What nodes there are decides what images are built for: the pipeline reads it from the registry."""

import json
from pathlib import Path

import pytest

from settings import load_settings
from tests.conftest import all_of, changed, templates_of

GENERAL = load_settings("production").eks.node_groups["general"].model_dump(mode="json")
ARM = GENERAL | {"instance_types": ["t4g.large"], "architecture": "arm64"}
IMAGES = {"image": "example.com/backend:1", "migrator_image": "example.com/migrator:1"}


@pytest.mark.parametrize(
    ("groups", "platforms", "terraform"),
    [
        ({"general": GENERAL}, "linux/amd64", ["amd64"]),
        ({"general": GENERAL, "arm": ARM}, "linux/amd64 linux/arm64", ["amd64"]),
        ({"arm": ARM}, "linux/arm64", ["arm64"]),
    ],
)
def test_the_registry_says_what_the_nodes_are(
    tmp_path: Path, groups: dict[str, object], platforms: str, terraform: list[str]
) -> None:
    settings = changed(load_settings("production"), eks={"node_groups": groups}, app=IMAGES)
    stacks = templates_of(settings, tmp_path)

    tags = [each["tags"] for each in all_of(stacks["registry"], "aws_ecr_repository")]
    assert tags == [{"Platforms": platforms}] * 2
    [release] = [each for each in all_of(stacks["app"], "helm_release") if each["name"] == "realworld-backend"]
    assert json.loads(release["values"][0])["architectures"] == terraform
