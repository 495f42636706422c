"""The charts of others, with our values: those that a deploy has already had, or whose repository answers now."""

import json
from typing import Any

import pytest

from modules.cluster.chart_release import CHARTS, PINS
from operations import LOCAL
from operations.cluster import helm
from operations.cluster.manifests import mistakes
from settings.messages import read_mapping
from tests.charts import VERSION, values_of
from tests.conftest import Platform

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("chart", PINS)
def test_a_pinned_chart_accepts_our_values(platform: Platform, chart: str) -> None:
    pin = PINS[chart]
    archive = LOCAL / "charts" / f"{chart}-{pin['version']}.tgz"
    if not archive.is_file():
        helm.pull(pin["repository"], chart, pin["version"], archive.parent)
    if not archive.is_file():
        pytest.skip(f"{pin['repository']} does not answer")
    # No environment has chosen promtail.
    values: dict[str, Any] = (
        read_mapping(CHARTS / "values" / "promtail.yaml")
        if chart == "promtail"
        else values_of(platform, "production", chart)
    )

    helm.lint(archive, [json.dumps(values)])
    objects = helm.template(
        archive, name=chart, namespace=pin["namespace"], values=[json.dumps(values)], kubernetes_version=VERSION
    )
    assert objects
    assert mistakes(objects, VERSION) == []
