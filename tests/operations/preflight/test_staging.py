"""Staging as shipped, with the fields of README's 'To AWS' written by somebody and no others, on the simulated AWS."""

import dataclasses
import re
import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from operations import preflight
from operations.commands.doctor import own_values
from operations.context import Context
from operations.preflight import Question, question
from settings import Settings, load_settings
from settings.examples import placeholders
from tests.conftest import ROOT, templates_of

# moto has none of these, and says so.
UNKNOWN = {"Add-ons", "Database", "Kubernetes", "Rights", "Domain"}
UNKNOWN |= {"Quota: Elastic IP addresses", "Quota: vCPUs on demand", "Quota: vCPUs of Spot"}

# What somebody writes into each field that the table names.
WRITTEN = {
    "account": "123456789012",
    "region": "us-east-1",
    "dns.domain": "conduit.link",
    "dns.create_zone": True,
    "iam.github.platform_repository": "conduit/platform",
    "iam.github.application_repository": "conduit/api",
    "iam.github.create_oidc_provider": True,
    "eks.admin_role_arns": ["arn:aws:iam::123456789012:role/people"],
    "eks.public_access_cidrs": ["9.9.9.0/24"],
    "monitoring.alert_emails": ["ana@conduit.link"],
    "database.alarm_emails": ["ana@conduit.link"],
}


def named() -> list[str]:
    [section] = re.findall(r"^## To AWS\n(.*?)^## ", (ROOT / "README.md").read_text(), re.DOTALL | re.MULTILINE)
    [table] = re.findall(r"\| field \| what to write \|\n +\|---\|---\|\n(.*?)\n\n", section, re.DOTALL)
    return [field for line in table.splitlines() for field in re.findall(r"`(.+?)`", line.split("|")[1])]


def filled(*, but: str = "") -> Settings:
    values: dict[str, Any] = yaml.safe_load((ROOT / "environments" / "staging.yaml").read_text())
    for field in named():
        *areas, name = field.split(".")
        area = values
        for each in areas:
            area = area.setdefault(each, {})
        if field != but:
            area[name] = WRITTEN[field]
    return Settings.model_validate({"environment": "staging", **values})


def test_the_table_has_what_is_to_be_written_and_nothing_else() -> None:
    assert named() == list(WRITTEN)
    assert placeholders(filled()) == []
    assert not own_values(filled()).remedy
    shipped = {each.split(" = ")[0].removesuffix(".0") for each in placeholders(load_settings("staging"))}
    assert shipped == {field for field in named() if own_values(filled(but=field)).remedy}


@pytest.mark.slow
def test_staging_passes_what_a_simulated_aws_can_answer(
    context: Context, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(question, "IMPATIENT", {})
    settings = filled()
    stacks = templates_of(settings, tmp_path)

    asking = Question(dataclasses.replace(context, settings=settings), stacks)
    busy = time.monotonic() + 600  # other tests run beside it
    found = [check for name in preflight.CHECKS for check in preflight.ask(asking, [name], busy)]

    assert [check.name for check in found] == list(preflight.CHECKS)
    assert [check for check in found if check.remedy] == []
    assert {check.name for check in found if "could not be asked" in check.found} <= UNKNOWN
