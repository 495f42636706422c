"""The dashboards as Grafana will load them."""

import json
import re
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
import yaml

from monitoring.dashboards import PAGES, build, documents, pictures
from monitoring.dashboards.panels import WIDTH
from settings import load_settings
from tests.conftest import ROOT, changed

BUILT_IN = {"__auto", "__rate_interval", "__range"}


@pytest.fixture(scope="module")
def pages(bundle: Path) -> dict[str, Any]:
    return {path.stem: json.loads(path.read_text()) for path in bundle.glob("dashboards/*.json")}


def test_each_is_provisioned_under_its_name(bundle: Path, pages: dict[str, Any]) -> None:
    assert pages.keys() == PAGES.keys()
    assert {uid: page["uid"] for uid, page in pages.items()} == {uid: uid for uid in PAGES}
    assert len({page["title"] for page in pages.values()}) == len(PAGES)
    # An id is a number in the database of one Grafana.
    assert not [uid for uid, page in pages.items() if "id" in page or any(panel.get("id") for panel in page["panels"])]
    [provider] = yaml.safe_load((bundle / "grafana/provisioning/dashboards/dashboards.yaml").read_text())["providers"]
    assert provider["options"]["path"] == "/etc/monitoring/config/dashboards"
    assert "provisioning = /etc/monitoring/config/grafana/provisioning" in (bundle / "grafana/grafana.ini").read_text()


@pytest.mark.parametrize("uid", PAGES)
def test_panels_stand_beside_each_other(pages: dict[str, Any], uid: str) -> None:
    def cells(panel: Any) -> set[tuple[int, int]]:
        place = panel["gridPos"]
        return {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }

    taken = [cells(panel) for panel in pages[uid]["panels"]]
    assert all(taken)
    assert max(x for panel in taken for x, _ in panel) == WIDTH - 1
    assert not [(one, other) for one, other in combinations(range(len(taken)), 2) if taken[one] & taken[other]]


@pytest.mark.parametrize("uid", PAGES)
def test_panels_say_what_they_show(pages: dict[str, Any], uid: str) -> None:
    panels = pages[uid]["panels"]
    titles = [panel["title"] for panel in panels]
    assert len(set(titles)) == len(titles)
    for panel in panels:
        if panel["type"] in ("timeseries", "stat", "bargauge"):
            assert panel["fieldConfig"]["defaults"]["unit"], panel["title"]
        if panel["type"] != "row":
            assert [target["refId"] for target in panel["targets"]] == [*"ABCDEFGH"[: len(panel["targets"])]]


def test_data_sources_are_those_that_are_provisioned(bundle: Path, pages: dict[str, Any]) -> None:
    provisioned = yaml.safe_load((bundle / "grafana/provisioning/datasources/datasources.yaml").read_text())
    known = {(source["type"], source["uid"]) for source in provisioned["datasources"]}
    used = set(re.findall(r'"type": "(\w+)", "uid": "(\w+)"', json.dumps(pages)))
    assert used == {("prometheus", "prometheus"), ("loki", "loki")}
    assert used <= known


@pytest.mark.parametrize("uid", PAGES)
def test_variables_are_defined_and_used(pages: dict[str, Any], uid: str) -> None:
    defined = {variable["name"] for variable in pages[uid]["templating"].get("list") or []}
    expressions = " ".join(target["expr"] for panel in pages[uid]["panels"] for target in panel.get("targets", []))
    assert set(re.findall(r"\$(\w+)", expressions)) - BUILT_IN == defined


def test_links_lead_to_dashboards_with_that_variable(pages: dict[str, Any]) -> None:
    links = [link["url"] for page in pages.values() for link in page.get("links", [])]
    assert links
    for link in links:
        uid, variable = re.fullmatch(r"/d/([\w-]+)\?var-(\w+)=.*", link).groups()  # type: ignore[union-attr]
        assert variable in {each["name"] for each in pages[uid]["templating"]["list"]}


def test_objectives_are_those_of_the_environment() -> None:
    slos = {"fast": {"indicator": "latency", "objective": 95, "threshold_seconds": 0.1}}
    text = documents(changed(load_settings("local"), monitoring={"slos": slos}))["api"]
    assert re.findall(r"ratio_rate1h\{slo=\\\"(\S+?)\\\"\} / (\S+)\"", text) == [("fast", "0.05")]


@pytest.mark.parametrize("uid", PAGES)
def test_the_picture_is_that_of_the_dashboard(uid: str) -> None:
    picture = ROOT / "docs" / "dashboards" / f"{uid}.svg"
    drawn = pictures.draw(build(load_settings("local"))[uid])
    assert picture.read_text() == drawn, "draw it again: .venv/bin/python -m monitoring.dashboards.pictures"
