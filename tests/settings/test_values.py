"""What a settings file names becomes ids and names in AWS: each is named once, or one message says which is not."""

import copy
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_origin

import pytest
import yaml
from pydantic import BaseModel

from imports.engine import App
from main import build
from settings import Settings, SettingsError, load_settings
from settings.loading import ENVIRONMENTS
from settings.messages import model_in

ADMIN = "arn:aws:iam::123456789012:role"
# Every list of the settings, with something to write into it.
LISTS = {
    "vpc.zones": "us-east-1a",
    "registry.repositories": "backend",
    "registry.adopted": "api",
    "eks.public_access_cidrs": "203.0.113.0/24",
    "eks.admin_role_arns": f"{ADMIN}/administrator",
    "eks.node_groups.general.instance_types": "t3.large",
    "database.alarm_emails": "on-call@example.com",
    "monitoring.allowed_cidrs": "10.8.0.0/16",
    "monitoring.alert_emails": "on-call@example.com",
}


def settings(directory: Path, **changes: Any) -> Settings:
    """The settings of local with some fields changed, as vpc__zones=[...]."""
    values = yaml.safe_load((ENVIRONMENTS / "local.yaml").read_text())
    for name, value in changes.items():
        *path, last = name.split("__")
        place = values
        for part in path:
            place = place.setdefault(part, {})
        place[last] = copy.deepcopy(value)
    (directory / "environments").mkdir()
    (directory / "environments" / "blue.yaml").write_text(yaml.safe_dump(values))
    return load_settings("blue", directory / "environments")


def validation_error(directory: Path, **changes: Any) -> str:
    with pytest.raises(SettingsError) as error:
        settings(directory, **changes)
    title, *lines = str(error.value).splitlines()
    assert title == "environments/blue.yaml has 1 validation error:"
    [line] = lines
    return re.sub(r"^  line \d+: ", "", line)


def lists(model: type[BaseModel], *above: str) -> Iterator[str]:
    for name, field in model.model_fields.items():
        path = [*above, name]
        if get_origin(field.annotation) is tuple:
            yield ".".join(path)
        elif nested := model_in(field.annotation):
            yield from lists(nested, *path, *(["general"] if get_origin(field.annotation) is dict else []))


def test_every_list_of_the_settings_is_looked_at() -> None:
    assert set(lists(Settings)) == LISTS.keys()


@pytest.mark.parametrize(("field", "value"), LISTS.items())
def test_what_is_named_twice_is_said(tmp_path: Path, field: str, value: str) -> None:
    found = validation_error(tmp_path, **{field.replace(".", "__"): [value, value]})

    assert found.startswith(f"{field} = [")
    assert found.endswith(f"names {value} twice: name it once")


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("eks.admin_role_arns", [f"{ADMIN}/a/b", f"{ADMIN}/a--b"]),
        ("database.alarm_emails", ["a/b@example.com", "a--b@example.com"]),
    ],
)
def test_what_has_the_same_id_is_said(tmp_path: Path, field: str, values: list[str]) -> None:
    found = validation_error(tmp_path, **{field.replace(".", "__"): values})

    assert found.endswith(f"names {values[0]} and {values[1]}, whose ids are the same here: name one of them")


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [
        ("vpc.interface_endpoints", ["s3"], "names s3, which has a gateway endpoint at no cost: leave it out"),
        ("vpc.interface_endpoints", ["interfaces"], "names interfaces, which is no service of AWS: leave it out"),
        (
            "vpc.subnets",
            {"private": {"us-east-1f": "10.10.1.0/24"}},
            "has us-east-1f in private: write one of us-east-1a",
        ),
        ("vpc.subnets", {"public": {"us-east-1a": "10.9.1.0/24"}}, "has 10.9.1.0/24 in public, which is outside of"),
        ("monitoring.zone", "", "is no zone of the VPC: write one of us-east-1a, us-east-1b"),
        ("runner.zone", "", "is no zone of the VPC: write one of us-east-1a, us-east-1b"),
        ("eks.admin_role_arns", [f"{ADMIN}/${{x}}"], "is not valid: write IAM roles of cluster administrators"),
        ("eks.admin_role_arns", [f"{ADMIN}/a b"], "is not valid: write IAM roles of cluster administrators"),
        ("monitoring.alert_emails", ["${x}@example.com"], "is not valid: write e-mail addresses"),
        ("registry.repositories", ["x" * 300], "is not valid: write names of images"),
        ("vpc.interface_endpoints", ["x" * 300], "is not valid: write AWS services"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_what_cannot_be_a_name_is_said(tmp_path: Path, field: str, value: Any, expected: str) -> None:
    found = validation_error(tmp_path, **{field.replace(".", "__"): value})

    assert found.startswith(field)
    assert expected in found
    assert len(found) < 250


def test_a_name_as_long_as_a_page_is_shown_as_a_line(tmp_path: Path) -> None:
    assert len(validation_error(tmp_path, **{f"eks__{'x' * 5000}": 1}).split(" is not a setting")[0]) < 100


def test_names_that_look_alike_are_told_apart(tmp_path: Path) -> None:
    group = {"instance_types": ["t3.large"], "min_size": 1, "max_size": 1}
    chosen = settings(
        tmp_path,
        vpc__interface_endpoints=["ecr.api", "ecr-api", "from-vpc", "sts"],
        registry__repositories=["a/b", "a-b", "a.b", "a_b", "key"],
        eks__node_groups={"a": group, "a-b": group, "key": group, "cluster": group},
        eks__admin_role_arns=[f"{ADMIN}/a", f"{ADMIN}/a/b", f"{ADMIN}/b", "arn:aws:iam::210987654321:role/a"],
        database__alarm_emails=["a@example.com", "a+b@example.com", "A@example.com"],
    )
    app = App(outdir=str(tmp_path / "out"))

    build(app, chosen)

    app.synth()
