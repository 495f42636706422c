"""make kubeconfig: a file with which the real kubectl logs in. The API and the aws command are stand-ins."""

import base64
import json
import shlex
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from operations.cluster.api import EXEC_API
from operations.cluster.programs import carried
from tests.operations.cluster.kubernetes_api import TOKEN, Api, running
from tests.operations.conftest import Staging
from tests.operations.test_main import refused

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("_helm")]


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Api]:
    with running(tmp_path) as found:
        yield found


@pytest.fixture
def deployed(staging: Staging, cluster: Api) -> Staging:
    staging.deploy(
        "eks",
        cluster_name="realworld-staging",
        cluster_endpoint=cluster.url,
        cluster_certificate_authority_data=base64.b64encode(cluster.certificate.read_bytes()).decode(),
    )
    credential = {"apiVersion": EXEC_API, "kind": "ExecCredential", "status": {"token": TOKEN}}
    (staging.bin / "aws").write_text(
        f"#!/bin/sh\nprintf '%s\\n' \"$@\" >\"$0.arguments\"\necho '{json.dumps(credential)}'\n"
    )
    return staging


def test_a_shell_that_evaluates_it_is_logged_in(deployed: Staging) -> None:
    result = deployed.make("kubeconfig")

    assert result.code == 0, result.output
    [(word, variable)] = [shlex.split(line) for line in result.output.splitlines() if line.startswith("export")]
    name, _, path = variable.partition("=")
    assert (word, name) == ("export", "KUBECONFIG")
    answer = subprocess.run(
        [carried("kubectl"), "get", "--raw", "/api/v1/services"],
        env={"KUBECONFIG": path, "PATH": str(deployed.bin), "HOME": str(deployed.bin)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.stdout == '{"items": []}', answer.stderr
    login = ["eks", "get-token", "--cluster-name", "realworld-staging", "--region", "us-east-1", "--output", "json"]
    assert deployed.arguments("aws") == login
    assert stat.S_IMODE(Path(path).stat().st_mode) == 0o600
    assert TOKEN not in Path(path).read_text()


def test_there_has_to_be_a_cluster(staging: Staging) -> None:
    staging.forget("eks")

    assert refused(staging.project, staging.make("kubeconfig")).endswith(
        "eks of staging is not deployed: make deploy ENVIRONMENT=staging\n"
    )


def test_a_simulated_cluster_lets_nobody_in(staging: Staging) -> None:
    assert refused(staging.project, staging.make("kubeconfig", ENVIRONMENT="local", KUBECONFIG="mine.yaml")).endswith(
        "make kubeconfig has nothing to offer for local, whose AWS is simulated: name an environment of AWS, such as "
        "make kubeconfig ENVIRONMENT=staging\n"
    )
