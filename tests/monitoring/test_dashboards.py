"""What Grafana does not complain about: it shows a panel without data, or one panel on top of another."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from xml.etree import ElementTree

import pytest
import yaml

from monitoring.bundle import files
from monitoring.dashboards import dashboards
from monitoring.dashboards.api import APP, FAILED
from monitoring.dashboards.panels import SCRAPE_INTERVAL
from monitoring.dashboards.pictures import DATA, FOLDER, pictures
from settings import load_settings
from settings.monitoring import SloSettings
from tests.conftest import ROOT, changed

UIDS = ["api", "database", "kubernetes", "logs", "monitoring-host"]
BUILT_IN = {"__rate_interval", "__range", "__auto", "__all", "__url_time_range", "__data"}
each_board = pytest.mark.parametrize("uid", UIDS)


@pytest.fixture
def board(bundle: Path, uid: str) -> Any:
    return json.loads((bundle / f"dashboards/{uid}.json").read_text())


def used(value: Any) -> set[str]:
    """Names of variables, in whatever text they stand."""
    return set(re.findall(r"\$\{?([a-z_]\w*)", json.dumps(value)))


def test_uids_are_the_addresses_that_links_hold(bundle: Path) -> None:
    boards = {path.stem: json.loads(path.read_text()) for path in (bundle / "dashboards").iterdir()}
    assert sorted(boards) == UIDS
    assert {name: board["uid"] for name, board in boards.items()} == {uid: uid for uid in UIDS}
    assert len({board["title"] for board in boards.values()}) == len(UIDS)


@each_board
def test_panels_fit_the_grid_and_cover_each_other_nowhere(board: Any) -> None:
    taken: dict[tuple[int, int], str] = {}
    for panel in board["panels"]:
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24, panel["title"]
        for x in range(place["x"], place["x"] + place["w"]):
            for y in range(place["y"], place["y"] + place["h"]):
                assert (x, y) not in taken, f"{panel['title']} lies on {taken[x, y]}"
                taken[x, y] = panel["title"]


@each_board
def test_each_panel_has_a_title_an_id_and_its_numbers_a_unit(board: Any) -> None:
    for key in ("title", "id"):
        values = [panel[key] for panel in board["panels"]]
        assert all(values)
        assert len(set(values)) == len(values)
    assert board["description"]
    for panel in board["panels"]:
        if panel["type"] not in {"row", "logs"}:
            assert panel["fieldConfig"]["defaults"]["unit"], panel["title"]
            references = [target["refId"] for target in panel["targets"]]
            assert len(set(references)) == len(references) > 0, panel["title"]


@each_board
def test_data_comes_from_sources_that_are_provisioned(bundle: Path, board: Any) -> None:
    file = bundle / "grafana/provisioning/datasources/datasources.yaml"
    provisioned = {(each["uid"], each["type"]) for each in yaml.safe_load(file.read_text())["datasources"]}
    panels = [panel for panel in board["panels"] if panel["type"] != "row"]
    asked = [each["datasource"] for panel in panels for each in (panel, *panel["targets"])]
    asked += [each["datasource"] for each in board["templating"].get("list", []) if each["type"] == "query"]
    assert {(each["uid"], each["type"]) for each in asked} <= provisioned
    for panel in panels:
        assert {target["datasource"]["uid"] for target in panel["targets"]} == {panel["datasource"]["uid"]}


@each_board
def test_variables_that_are_used_are_defined_and_the_other_way_round(board: Any) -> None:
    defined = [variable["name"] for variable in board["templating"].get("list", [])]
    assert used([board["panels"], board["links"], board["templating"]]) - BUILT_IN <= set(defined)
    assert set(defined) <= used(board["panels"])
    for place, variable in enumerate(board["templating"].get("list", [])):
        assert used(variable["query"]) <= set(defined[:place]), f"{variable['name']} waits for one that comes later"


def test_the_api_leads_to_its_logs(bundle: Path) -> None:
    board = json.loads((bundle / "dashboards/api.json").read_text())
    [on_panel] = [link for panel in board["panels"] for link in panel.get("links", [])]
    [on_row] = [
        link for panel in board["panels"] for link in panel.get("fieldConfig", {}).get("defaults", {}).get("links", [])
    ]
    for link in (*board["links"], on_panel, on_row):
        address = urlsplit(link["url"])
        target = json.loads((bundle / f"dashboards/{address.path.removeprefix('/d/')}.json").read_text())
        variables = {f"var-{each['name']}" for each in target["templating"]["list"]}
        given = dict(parse_qsl(address.query))
        assert given.pop("var-app") == APP
        assert given == ({"var-pod": "${__data.fields.pod}", "var-search": FAILED} if link is on_row else {})
        assert {"var-app", *given} <= variables
    assert (
        f"app.kubernetes.io/name: {APP}\n" in (ROOT / "realworld-example-app/helm/templates/_helpers.tpl").read_text()
    )


def test_a_line_leads_to_all_lines_of_its_request(bundle: Path) -> None:
    """The field is what errors.cjs writes, and the link has the variable of the dashboard."""
    preload = (ROOT / "realworld-example-app/container/errors.cjs").read_text()
    line = json.dumps({"level": "error", "requestId": "1-67891233-abcdef012345678912345678"}, separators=(",", ":"))
    assert "log(response, error, { requestId, status" in preload
    assert "level: fields.status < 500 ? 'warn' : 'error'" in preload
    assert FAILED in line
    file = bundle / "grafana/provisioning/datasources/datasources.yaml"
    [loki] = [each for each in yaml.safe_load(file.read_text())["datasources"] if each["type"] == "loki"]
    [field] = loki["jsonData"]["derivedFields"]
    found = re.search(field["matcherRegex"], line)
    assert found
    assert found[1] == "1-67891233-abcdef012345678912345678"
    address = urlsplit(field["url"].replace("$$", "$"))
    board = json.loads((bundle / f"dashboards/{address.path.removeprefix('/d/')}.json").read_text())
    assert dict(parse_qsl(address.query)) == {"var-search": "${__value.raw}", "from": "now-24h"}
    assert "search" in {each["name"] for each in board["templating"]["list"]}


@each_board
def test_what_changed_is_marked_with_its_text(board: Any) -> None:
    marks = {mark["name"]: mark for mark in board["annotations"]["list"]}
    assert set(marks) == {"Release", "Changed deployment", "New node"}
    for mark in marks.values():
        assert mark["enable"]
        assert mark["titleFormat"] == mark["name"]


def test_objectives_of_the_settings_are_shown_with_their_own_budgets() -> None:
    slo = SloSettings(indicator="probe", objective=99.9)
    settings = changed(load_settings("local"), monitoring={"slos": {"only-this": slo.model_dump()}})
    panels = {panel["title"]: panel for panel in json.loads(dashboards(settings)["api"])["panels"]}
    [target] = panels["Burn rate over 1h"]["targets"]
    assert target["expr"] == 'slo:sli_error:ratio_rate1h{slo="only-this"} / 0.001'
    assert {title for title in panels if title.startswith("Burn rate")} == {
        f"Burn rate over {window}" for window in ("1h", "6h", "1d", "3d")
    }


def test_grafana_looks_for_changed_dashboards_where_the_bundle_has_them(bundle: Path) -> None:
    [provider] = yaml.safe_load((bundle / "grafana/provisioning/dashboards/dashboards.yaml").read_text())["providers"]
    assert provider["updateIntervalSeconds"] <= 60
    mounted, config = "/etc/monitoring", "/etc/monitoring/config"
    assert (bundle / provider["options"]["path"].removeprefix(f"{config}/")).is_dir()
    unit = (bundle / "units/grafana.service").read_text().split()
    assert f"type=bind,source={mounted},target={mounted},readonly" in unit
    assert f"GF_PATHS_PROVISIONING={config}/grafana/provisioning" in unit


def test_rates_cover_four_scrapes(bundle: Path) -> None:
    scraping = yaml.safe_load((bundle / "prometheus/prometheus.yml").read_text())["global"]["scrape_interval"]
    assert scraping == SCRAPE_INTERVAL
    for uid in UIDS:
        for panel in json.loads((bundle / f"dashboards/{uid}.json").read_text())["panels"]:
            for target in panel.get("targets", []):
                if "$__rate_interval" in target["expr"] and target["datasource"]["uid"] == "prometheus":
                    assert target["interval"] == scraping, panel["title"]


def test_the_same_settings_make_the_same_json() -> None:
    program = "from settings import load_settings; from monitoring.dashboards import dashboards; import json;"
    program += "print(json.dumps(dashboards(load_settings('local'))))"
    environment = os.environ | {"PYTHONHASHSEED": "1", "PYTHONPATH": str(ROOT)}
    other = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, check=True)
    assert json.loads(other.stdout) == dashboards(load_settings("local"))
    written = files(load_settings("local"))
    assert {uid: written[f"dashboards/{uid}.json"] for uid in UIDS} == json.loads(other.stdout)


@each_board
def test_the_picture_of_a_dashboard_is_not_stale(uid: str) -> None:
    again = "draw it again: .venv/bin/python -m monitoring.dashboards.pictures"
    file = FOLDER / f"{uid}.svg"
    assert file.read_text(encoding="utf-8") == pictures()[file.name], again
    assert f"]({file.name})" in (FOLDER / "README.md").read_text()


def test_every_panel_is_in_the_picture_and_its_data_says_that_it_is_made_up() -> None:
    boards = {uid: json.loads(board) for uid, board in dashboards(load_settings("local")).items()}
    for name, drawn in pictures().items():
        board = boards[name.removesuffix(".svg")]
        words = {element.text for element in ElementTree.fromstring(drawn).iter() if element.text}
        assert {board["title"], "synthetic data", *(panel["title"] for panel in board["panels"])} <= words
    titles = {panel["title"] for board in boards.values() for panel in board["panels"]}
    assert {*DATA["panels"], *DATA["tables"]} <= titles
