"""A Helm release of a pinned chart. The versions are in charts/charts.yaml, the values in charts/values/."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from imports.engine import AssetType, Construct, TerraformAsset
from imports.helm.release import Release
from imports.literal import literal
from settings.messages import read_mapping

ROOT = Path(__file__).parents[2]
CHARTS = ROOT / "charts"
PINS = read_mapping(CHARTS / "charts.yaml")
# An install or an upgrade that is not serving after that is taken back.
TIMEOUT_SECONDS = 600


def pinned_release(scope: Construct, chart: str, *, values: Mapping[str, Any], after: Sequence[Any] = ()) -> Release:
    """A chart of charts.yaml under its own name; values are what only this environment knows."""
    pin = PINS[chart]
    static = read_mapping(CHARTS / "values" / f"{chart}.yaml")
    return _release(
        scope,
        chart,
        repository=pin["repository"],
        chart=chart,
        version=pin["version"],
        namespace=pin["namespace"],
        values=[literal(_json(static)), _json(values)],
        depends_on=list(after),
    )


def own_release(
    scope: Construct,
    id: str,
    *,
    name: str,
    chart: Path,
    namespace: str,
    values: Mapping[str, Any],
    after: Sequence[Any] = (),
) -> Release:
    """A chart of this repository. Its copy beside the JSON has a digest in its path: a changed file is an upgrade."""
    asset = TerraformAsset(scope, f"{id}_chart", path=str(chart), type=AssetType.DIRECTORY)
    return _release(
        scope,
        id,
        name=name,
        chart=asset.path,
        namespace=namespace,
        values=[_json(values)],
        depends_on=list(after),
    )


def _release(scope: Construct, id: str, **arguments: Any) -> Release:
    return Release(
        scope,
        id.replace("-", "_"),
        **{"name": id} | arguments,
        atomic=True,
        wait=True,
        wait_for_jobs=True,
        timeout=TIMEOUT_SECONDS,
        max_history=10,
        # Namespaces are resources of their own: one that helm creates stays behind when the release goes.
        create_namespace=False,
    )


def _json(values: Mapping[str, Any]) -> str:
    """JSON and not YAML: helm reads a bare y as true, and PyYAML writes one for the letter."""
    return json.dumps(values, ensure_ascii=False)
