"""The charts of others, with our values: those that a deploy has already had, or whose repository answers now."""

import json
import re
import shlex
import shutil
import subprocess
from functools import partial, reduce
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import gettempdir
from threading import Thread

import pytest

from modules.cluster.chart_release import CHARTS, PINS
from operations import LOCAL
from operations.cluster import helm
from operations.cluster.manifests import errors
from operations.cluster.programs import carried
from settings.messages import read_mapping
from tests.charts import VERSIONS, values_of
from tests.conftest import ROOT, Platform

pytestmark = pytest.mark.slow


VALUES = CHARTS / "values"


def archive_of(chart: str) -> Path:
    pin = PINS[chart]
    archive = LOCAL / "charts" / f"{chart}-{pin['version']}.tgz"
    if not archive.is_file():
        helm.pull(pin["repository"], chart, pin["version"], archive.parent)
    if not archive.is_file():
        pytest.skip(f"{pin['repository']} does not answer")
    return archive


def values_for(platform: Platform, chart: str) -> str:
    # No environment has chosen promtail.
    return json.dumps(
        read_mapping(VALUES / "promtail.yaml") if chart == "promtail" else values_of(platform, "production", chart)
    )


@pytest.mark.parametrize("chart", PINS)
def test_a_pinned_chart_accepts_our_values_on_every_kubernetes(platform: Platform, chart: str) -> None:
    archive, values = archive_of(chart), values_for(platform, chart)

    helm.lint(archive, [values])
    for version in VERSIONS:  # helm itself refuses one that the chart says it is not for
        options = {"name": chart, "namespace": PINS[chart]["namespace"], "kubernetes_version": version}
        objects = helm.template(archive, values=[values], **options)
        assert objects
        assert errors(objects, version) == []


@pytest.mark.parametrize("chart", PINS)
def test_what_helm_never_upgrades_is_known(chart: str) -> None:
    """https://helm.sh/docs/chart_best_practices/custom_resource_definitions: what is in crds/ is installed once."""
    shown = run("helm", "show", "crds", archive_of(chart)).stdout

    of_a_subchart_that_is_off = chart == "alloy"
    assert ("CustomResourceDefinition" in shown) is ("crds" in PINS[chart] or of_a_subchart_that_is_off)


def test_what_needs_no_upgrade_is_read_by_nobody() -> None:
    assert {chart: pin["crds"] for chart, pin in PINS.items() if "crds" in pin} == {
        "aws-load-balancer-controller": "by hand",
        "external-dns": "unused",
    }
    assert "crd" not in read_mapping(VALUES / "external-dns.yaml").get("sources", ["service", "ingress"])
    assert read_mapping(VALUES / "alloy.yaml")["crds"] == {"create": False}
    assert read_mapping(VALUES / "external-secrets.yaml")["installCRDs"] is True  # templates, and so upgraded


def test_the_runbook_upgrades_what_helm_does_not(tmp_path: Path) -> None:
    """With a repository of our own. No helm show crds: what it writes has nothing between two files."""
    by_hand = [(chart, pin["repository"]) for chart, pin in PINS.items() if pin.get("crds") == "by hand"]
    text = (ROOT / "docs" / "runbooks" / "kubernetes.md").read_text()
    pulls, applies = (re.findall(rf"^    ({each} .*)$", text, re.MULTILINE) for each in ("helm pull", "kubectl apply"))
    assert len(pulls) == len(applies) == len(by_hand)
    for (chart, repository), pull, apply in zip(by_hand, pulls, applies, strict=True):
        crds, place = tmp_path / chart / "crds", tmp_path / "repository"
        crds.mkdir(parents=True)
        (tmp_path / chart / "Chart.yaml").write_text(f"{{apiVersion: v2, name: {chart}, version: 1.0.0}}")
        for name in ("a", "b"):
            (crds / f"{name}.yaml").write_text("apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\n")
        run("helm", "package", tmp_path / chart, "--destination", place)
        run("helm", "repo", "index", place)
        server = ThreadingHTTPServer(("127.0.0.1", 0), partial(SimpleHTTPRequestHandler, directory=place))
        Thread(target=server.serve_forever, daemon=True).start()
        try:
            ours = {
                repository: f"http://127.0.0.1:{server.server_port}",
                "/tmp/charts": str(tmp_path),
                "<version>": "1.0.0",
            }
            shutil.rmtree(tmp_path / chart)
            run(*shlex.split(reduce(lambda command, each: command.replace(*each), ours.items(), pull)))
        finally:
            server.shutdown()
            server.server_close()
        [folder] = re.findall(r"--filename=(\S+)", apply.replace("/tmp/charts", str(tmp_path)))
        assert {each.name for each in Path(folder).iterdir()} == {"a.yaml", "b.yaml"}
        words = shlex.split(apply.replace("/tmp/charts", str(tmp_path)))
        assert "refused" in run(*words, "--server", "http://127.0.0.1:1", check=False).stderr, "it reads the files"


def run(program: str, *arguments: str | Path, check: bool = True) -> subprocess.CompletedProcess[str]:
    command = [carried(program), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=check, env={"HOME": gettempdir()})
