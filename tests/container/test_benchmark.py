"""The benchmark runs, and what the chart asks for is enough for what costs most."""

import re
from pathlib import Path

import pytest
import yaml

from tests.container import benchmark
from tests.container.conftest import CONTAINER
from tests.operations.commands import postgres


@pytest.mark.slow
@pytest.mark.skipif(bool(postgres.MISSING), reason=postgres.MISSING)
def test_a_pod_at_its_request_answers_a_login_within_the_objective(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("REALWORLD_APP", raising=False)
    benchmark.main(seconds=0.5)

    printed = capsys.readouterr().out
    assert printed.startswith(
        "A small service on the packages of the application, not the application itself, Node.js "
    )
    rows = dict(re.findall(r"^\| ((?:GET|POST) \S+) \| (.*) \|$", printed, re.MULTILINE))
    assert rows.keys() == benchmark.ROUTES.keys()
    cpu = {name: float(row.split(" | ")[0]) for name, row in rows.items()}
    assert cpu["POST /api/users/login"] > 5 * cpu["GET /api/tags"]
    # It cannot be divided among pods, so the share of one has to do.
    asked = yaml.safe_load((CONTAINER.parent / "helm" / "values.yaml").read_text())["resources"]["requests"]["cpu"]
    share = int(asked.removesuffix("m")) / 1000
    assert cpu["POST /api/users/login"] / share < 1000 * benchmark.OBJECTIVE_SECONDS


def test_a_checkout_that_is_not_built_is_told_how(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REALWORLD_APP", str(tmp_path))
    with pytest.raises(
        SystemExit, match=r"main\.js is missing: in .*, npm ci && npx prisma generate && npx nx build api"
    ):
        benchmark.application(tmp_path, 1).__enter__()
