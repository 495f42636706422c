"""A release of a lost runner, taken back by the next run: the real helm and kubectl, and a stand-in for the API."""

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from operations.cluster.programs import carried
from tests.conftest import wait
from tests.delivery.conftest import APPLICATION, TOLD, A, Machine
from tests.operations.cluster import waiting_chart
from tests.operations.cluster.kubernetes_api import Api, running

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("_helm")]
RELEASE = "realworld-backend"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Api]:
    with running(tmp_path) as found:
        values = json.dumps({"host": "api.acme.example", "certificateArn": ""})
        metadata = {"name": "release-values", "namespace": "realworld"}
        found.objects["configmaps", "realworld", "release-values"] = {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": metadata,
            "data": {"values.json": values},
        }
        yield found


def records(server: Api) -> list[str]:
    secrets = [each for (kind, _, _), each in sorted(server.objects.items()) if kind == "secrets"]
    return [each["metadata"]["labels"]["status"] for each in secrets]


@pytest.mark.parametrize("served", [True, False])
def test_a_release_of_a_lost_runner_is_taken_back_by_the_next_run(machine: Machine, server: Api, served: bool) -> None:
    chart = machine.folder / "checkout" / "helm"
    waiting_chart.write(chart, "image")
    config = server.kubeconfig(machine.folder / "cluster")

    def helm(waits: str) -> subprocess.Popen[bytes]:
        options = ["--install", "--wait", "--namespace", "realworld", f"--set=waits={waits},image=old"]
        return subprocess.Popen(
            [carried("helm"), "upgrade", RELEASE, chart, *options, "--disable-openapi-validation"],
            env={**os.environ, "KUBECONFIG": str(config)},
        )

    if served:
        assert helm("").wait() == 0
    lost = helm("yes")
    assert wait(lambda: ("pods", "realworld", "never-ready") in server.objects, 30)
    lost.kill()
    lost.wait()
    assert records(server)[-1] == ("pending-upgrade" if served else "pending-install")

    machine.answers = {
        "aws": f'cp "{config}" "$KUBECONFIG"',
        "helm": f'[[ $1 != upgrade ]] || set -- "$@" --disable-openapi-validation; "{carried("helm")}" "$@"',
        "kubectl": f'"{carried("kubectl")}" "$@"',
        "curl": "echo '{\"tags\": []}'",
    }
    result = machine.run(APPLICATION / "release.sh", HOME=str(machine.folder), **TOLD)

    assert result.returncode == 0, result.stdout + result.stderr
    assert "::warning::an earlier run was lost in the middle" in result.stdout
    assert "### Released" in machine.text("summary")
    assert server.objects["configmaps", "realworld", "settings"]["data"]["image"].endswith(A)
    assert ("pods", "realworld", "never-ready") not in server.objects
