"""Runs that are lost, cancelled, or not alone: the real helm and kubectl, and a stand-in for the API.

Of the jobs of one group one runs and one waits, and of those that wait GitHub cancels all but the newest:
https://docs.github.com/en/actions/how-tos/write-workflows/choose-when-workflows-run/control-workflow-concurrency
So a run is alone, unless GitHub has given up a runner that it no longer hears of, and whose helm is at work.
"""

import contextlib
import json
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from operations.cluster.programs import carried
from tests.conftest import wait
from tests.delivery.conftest import TOLD, A, Machine
from tests.delivery.workflows import FOLDERS, all_jobs
from tests.operations.cluster import waiting_chart
from tests.operations.cluster.kubernetes_api import Api, running

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("_helm")]
RELEASE = "realworld-backend"
POD = ("pods", "realworld", "never-ready")
[STEP, _] = [
    job.steps[-1] for job in all_jobs() if job.file == "build-and-deploy.yml" and job.content.get("environment")
]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Api]:
    with running(tmp_path) as found:
        says(found)
        yield found


def says(server: Api, **values: str) -> None:
    """What the environment tells a release."""
    text = json.dumps({"host": "api.acme.example", "certificateArn": "", **values})
    metadata = {"name": "release-values", "namespace": "realworld"}
    server.objects["configmaps", "realworld", "release-values"] = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": metadata,
        "data": {"values.json": text},
    }


@pytest.fixture
def runner(machine: Machine, server: Api) -> Machine:
    checkout = machine.folder / "checkout"
    waiting_chart.write(checkout / "helm", "image")
    (checkout / ".github").symlink_to(FOLDERS["application"])
    config = server.kubeconfig(machine.folder / "cluster")
    machine.answers = {
        "aws": f'cp "{config}" "$KUBECONFIG"',
        "helm": f'[[ $1 != upgrade ]] || set -- "$@" --disable-openapi-validation; exec "{carried("helm")}" "$@"',
        "kubectl": f'exec "{carried("kubectl")}" "$@"',
        "curl": "echo '{\"tags\": []}'",
    }
    return machine


def start(runner: Machine) -> subprocess.Popen[str]:
    assert STEP["env"].keys() == TOLD.keys()
    return runner.start(STEP["run"], HOME=str(runner.folder), SMOKE_PAUSE="0.2", **TOLD)


def released(runner: Machine, process: subprocess.Popen[str]) -> str:
    """What a run says that has to end well."""
    output, errors = process.communicate()
    assert process.returncode == 0, output + errors
    assert "### Released" in runner.text("summary")
    return output


def by_hand(runner: Machine, waits: str) -> subprocess.Popen[bytes]:
    options = ["--install", "--wait", "--namespace", "realworld", f"--set=waits={waits},image=old"]
    return subprocess.Popen(
        [
            carried("helm"),
            "upgrade",
            RELEASE,
            runner.folder / "checkout/helm",
            *options,
            "--disable-openapi-validation",
        ],
        env={**os.environ, "KUBECONFIG": str(runner.folder / "cluster")},
    )


def records(server: Api) -> list[str]:
    secrets = [each for (kind, _, _), each in sorted(server.objects.items()) if kind == "secrets"]
    return [each["metadata"]["labels"]["status"] for each in secrets]


@pytest.mark.parametrize("served", [True, False])
def test_a_release_of_a_lost_runner_is_taken_back_by_the_next_run(runner: Machine, server: Api, served: bool) -> None:
    if served:
        assert by_hand(runner, "").wait() == 0
    lost = by_hand(runner, "yes")
    assert wait(lambda: POD in server.objects)
    lost.kill()
    lost.wait()
    assert records(server)[-1] == ("pending-upgrade" if served else "pending-install")
    newest = server.objects[max(key for key in server.objects if key[0] == "secrets")]
    waiting_chart.rewrite(newest, last_deployed="2026-01-01T00:00:00.123456789Z")  # no helm is at work for so long

    said = released(runner, start(runner))

    assert "::warning::an earlier run was lost in the middle" in said
    assert server.objects["configmaps", "realworld", "settings"]["data"]["image"].endswith(A)
    assert POD not in server.objects


def test_a_release_that_somebody_is_at_work_on_is_waited_for(runner: Machine, server: Api) -> None:
    assert by_hand(runner, "").wait() == 0
    other = by_hand(runner, "yes")
    assert wait(lambda: POD in server.objects)

    process = start(runner)
    assert wait(lambda: len(runner.notes("helm list")) > 5 or process.poll() is not None)
    assert (process.poll(), runner.notes("helm rollback"), records(server)[-1]) == (None, [], "pending-upgrade")
    server.objects[POD]["status"] = {"conditions": [{"type": "Ready", "status": "True"}]}
    assert other.wait() == 0

    assert "::warning::" not in released(runner, process)
    assert (runner.notes("helm rollback"), records(server)) == ([], ["superseded", "superseded", "deployed"])


@pytest.mark.parametrize("served", [True, False])
def test_a_run_that_is_cancelled_leaves_nothing_that_the_next_one_waits_for(
    runner: Machine, server: Api, served: bool
) -> None:
    """SIGINT for the process of the step alone, SIGTERM, and then the end of all that it has started:
    https://docs.github.com/en/actions/reference/workflow-cancellation-reference. But for their 7.5 and 2.5 seconds."""
    if served:
        assert by_hand(runner, "").wait() == 0
    says(server, waits="yes")
    cancelled = start(runner)
    assert wait(lambda: POD in server.objects)
    for each in (signal.SIGINT, signal.SIGTERM):
        cancelled.send_signal(each)
        if wait(lambda: cancelled.poll() is not None, 30):
            break
    with contextlib.suppress(ProcessLookupError):
        os.killpg(cancelled.pid, signal.SIGKILL)

    _, errors = cancelled.communicate()
    assert cancelled.returncode == 1, errors
    assert records(server)[-1] == "failed"
    assert "### Cancelled while helm was at work" in runner.text("summary")
    says(server)
    assert "::warning::" not in released(runner, start(runner))
    assert records(server)[-1] == "deployed"
