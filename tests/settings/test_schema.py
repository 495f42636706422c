"""What editors are told about settings files is what the models take: environments/settings.schema.json."""

import json
import os
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator
from pydantic import ValidationError
from pydantic.json_schema import GenerateJsonSchema

from settings import Settings
from settings.loading import ENVIRONMENTS

SCHEMA = ENVIRONMENTS / "settings.schema.json"


class ForEditors(GenerateJsonSchema):
    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002
        return False  # "Max Storage Gb" would stand above what max_storage_gb is

    def dict_schema(self, schema: Any) -> dict[str, Any]:
        made = super().dict_schema(schema)
        # The models refuse a key that does not have the pattern, JSON Schema lets it be anything.
        return made | ({"additionalProperties": False} if "patternProperties" in made else {})


def generated() -> dict[str, Any]:
    schema = Settings.model_json_schema(schema_generator=ForEditors)
    schema["required"].remove("environment")  # it is the name of the file
    del schema["properties"]["environment"]
    return schema


def values(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((ENVIRONMENTS / f"{name}.yaml").read_text())
    return loaded


def changed(path: str, value: object) -> dict[str, Any]:
    """The settings of production with another value in one place."""
    settings = values("production")
    *areas, last = path.split(".")
    place = settings
    for area in areas:
        place = place.setdefault(area, {})
    place[last] = value
    return settings


def accepted(settings: dict[str, Any]) -> bool:
    try:
        Settings.model_validate(settings | {"environment": "production"})
    except ValidationError:
        return False
    return True


def test_the_committed_schema_is_that_of_the_models() -> None:
    text = json.dumps(generated(), indent=2) + "\n"
    if "UPDATE_DOCS" in os.environ:
        SCHEMA.write_text(text)
    assert SCHEMA.read_text() == text, "UPDATE_DOCS=1 make unit writes it"


@pytest.mark.parametrize("path", sorted(ENVIRONMENTS.glob("*.yaml")), ids=lambda path: path.stem)
def test_every_environment_names_the_schema_and_has_its_form(path: Any) -> None:
    assert path.read_text().startswith(f"# yaml-language-server: $schema={SCHEMA.name}\n")
    assert list(Draft202012Validator(generated()).iter_errors(values(path.stem))) == []


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("accuont", "111122223333"),
        ("account", 111122223333),
        ("project", "aws-platform"),
        ("project", "real--world"),
        ("region", "us-east-9"),
        ("region", "ap-southeast-6"),
        ("vpc.cidr", "8.8.0.0/16"),
        ("vpc.cidr", "10.0.0.0/24"),
        ("vpc.zones", ["us-east-1a"]),
        ("vpc.zones", ["us-east-1a", "us-east-1a"]),
        ("vpc.nat", "none"),
        ("vpc.interface_endpoints", ["sts", "s3"]),
        ("eks.service_cidr", "172.20.0.0/8"),
        ("eks.public_access_cidrs", ["0.0.0.0/0"]),
        ("eks.kubernetes_version", "1.30"),
        ("eks.node_groups.General", {"instance_types": ["m7i.large"], "min_size": 1, "max_size": 1}),
        ("eks.node_groups.general.instance_types", ["t3.huge"]),
        ("eks.addon_versions", {"vpc-cni": "latest"}),
        ("database.instance_class", "db.t4g.enormous"),
        ("database.log_retention_days", 8),
        ("monitoring.instance_type", "m7g.large"),
        ("monitoring.alert_emails", ["nobody"]),
        ("monitoring.slos", {"slow": {"indicator": "latency", "objective": 99, "threshold_seconds": 0.3}}),
        ("app.image", "repository/backend:latest"),
        ("app.rate_limit", {"requests": 1}),
    ],
)
def test_what_the_schema_refuses_is_refused_by_the_models_too(path: str, value: object) -> None:
    settings = changed(path, value)

    assert list(Draft202012Validator(generated()).iter_errors(settings))
    assert not accepted(settings)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("vpc.cidr", "172.31.0.0/20"),
        ("vpc.nat_zone", None),
        ("eks.service_cidr", "192.168.0.0/17"),
        ("eks.public_access_cidrs", ["203.0.113.7"]),
        ("eks.node_groups.general.instance_types", ["m7i.metal-24xl", "c5n.18xlarge"]),
        ("database.instance_class", "db.r6gd.2xlarge"),
        ("monitoring.slos", {"fast": {"indicator": "latency", "objective": 99, "threshold_seconds": 0.25}}),
    ],
)
def test_what_the_models_take_is_not_marked_by_editors(path: str, value: object) -> None:
    settings = changed(path, value)

    assert accepted(settings)
    assert list(Draft202012Validator(generated()).iter_errors(settings)) == []
