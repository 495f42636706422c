"""Staging as shipped, with the account, the domain and the people of somebody filled in, on the simulated AWS."""

import dataclasses
import json
from pathlib import Path

import pytest

from imports.engine import App
from main import build
from operations import preflight
from operations.context import Context
from operations.preflight import Question, question
from settings import load_settings
from tests.conftest import changed

# moto has none of these, and says so.
UNKNOWN = {"Add-ons", "Database", "Kubernetes", "Rights", "Domain"}
UNKNOWN |= {"Quota: Elastic IP addresses", "Quota: vCPUs on demand", "Quota: vCPUs of Spot"}


@pytest.mark.slow
def test_staging_passes_what_a_simulated_aws_can_answer(
    context: Context, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(question, "IMPATIENT", {})
    people = {"admin_role_arns": ["arn:aws:iam::123456789012:role/people"], "public_access_cidrs": ["9.9.9.0/24"]}
    settings = changed(load_settings("staging"), account="123456789012", dns={"domain": "conduit.link"}, eks=people)
    app = App(outdir=str(tmp_path))
    build(app, settings)
    app.synth()
    stacks = {path.parent.name: json.loads(path.read_text()) for path in tmp_path.glob("stacks/*/cdk.tf.json")}

    asking = Question(dataclasses.replace(context, settings=settings), stacks)
    found = [check for name in preflight.CHECKS for check in preflight.ask(asking, [name])]

    assert [check.name for check in found] == list(preflight.CHECKS)
    assert [check for check in found if check.remedy] == []
    assert {check.name for check in found if "could not be asked" in check.found} <= UNKNOWN
    assert not [check for check in found if "did not answer" in check.found]
