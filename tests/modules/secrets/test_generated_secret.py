import json
from typing import Any

import pytest

from imports.engine import TerraformStack
from modules.secrets.generated_secret import GeneratedSecret
from tests.conftest import Template, only, synth


def template(stack: TerraformStack, **changes: Any) -> Template:
    arguments: dict[str, Any] = {"name": "acme/jwt", "description": "Signs", "generation": 1, "protected": True}
    GeneratedSecret(stack, "jwt", **arguments | changes)
    return synth(stack)


def test_the_value_goes_past_every_state(stack: TerraformStack) -> None:
    found = template(stack)
    version = only(found, "aws_secretsmanager_secret_version")

    [(kind, named)] = found["ephemeral"].items()
    [name] = named
    value = f"${{ephemeral.{kind}.{name}.random_password}}"
    assert version["secret_string_wo"] == value
    assert "secret_string" not in version
    assert json.dumps(found).count(value) == 1
    assert "random_password" not in found["resource"]


def test_it_is_long_and_safe_in_a_url(stack: TerraformStack) -> None:
    [settings] = template(stack)["ephemeral"]["aws_secretsmanager_random_password"].values()

    assert settings == {"password_length": 64, "exclude_punctuation": True}


def test_a_generation_is_a_new_value_of_the_same_secret(stack: TerraformStack) -> None:
    found = template(stack, generation=3)

    assert only(found, "aws_secretsmanager_secret_version")["secret_string_wo_version"] == 3
    assert only(found, "aws_secretsmanager_secret")["name"] == "acme/jwt"


@pytest.mark.parametrize(("protected", "days"), [(True, 30), (False, 0)])
def test_a_secret_can_be_taken_back_where_it_counts(stack: TerraformStack, protected: bool, days: int) -> None:
    secret = only(template(stack, protected=protected), "aws_secretsmanager_secret")

    assert (secret["recovery_window_in_days"], secret["lifecycle"]) == (days, {"prevent_destroy": protected})
