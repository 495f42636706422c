"""Many logins at once: bcryptjs computes in the one thread that answers everything else."""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.charts import one, release_values, render
from tests.conftest import Platform
from tests.container.conftest import CONTAINER, SECRETS, Server, migrated
from tests.operations.commands import postgres

pytestmark = [pytest.mark.slow, pytest.mark.skipif(bool(postgres.MISSING), reason=postgres.MISSING)]
LOGINS = 60
USER = '{"user": {"email": "a@b", "password": "x"}}'
PREFIX = "alb.ingress.kubernetes.io/"


@pytest.fixture
def api(service: Path, container: Path, database: str) -> Iterator[Server]:
    migrated(service, database)
    with Server(container, service / "server.cjs", **SECRETS | {"DATABASE_URL": database}).up() as server:
        yield server


def cpu_seconds(server: Server) -> float:
    user, system = Path(f"/proc/{server.process.pid}/stat").read_text().rsplit(")", 1)[1].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def patience(platform: Platform) -> dict[str, int]:
    """For how long nothing may be answered until a pod is taken away, in seconds, by who takes it."""
    objects = render(CONTAINER.parent / "helm", "x", release_values(platform, "production"))
    [api] = one(objects, "Deployment")["spec"]["template"]["spec"]["containers"]
    found = {
        name: (each["periodSeconds"], each["timeoutSeconds"], each["failureThreshold"])
        for name in ("readinessProbe", "livenessProbe")
        for each in [api[name]]
    }
    said = one(objects, "Ingress")["metadata"]["annotations"]
    # What the load balancer does by default: 'Health checks for Application Load Balancer target groups' in its guide.
    asked = (("healthcheck-interval-seconds", 15), ("healthcheck-timeout-seconds", 5), ("unhealthy-threshold-count", 2))
    found["load balancer"] = tuple(int(said.get(PREFIX + name, usual)) for name, usual in asked)  # type: ignore[assignment]
    assert all(timeout <= period for period, timeout, _ in found.values())
    return {name: period * (times - 1) + timeout for name, (period, timeout, times) in found.items()}


@pytest.mark.usefixtures("_helm")
def test_no_pod_is_taken_away_for_a_burst_of_logins(api: Server, platform: Platform) -> None:
    """With one CPU, GET / waits for as long as the computing lasts. Its time and not the clock's is compared, because
    other programs run here as well; and the machine of a cluster may be half as fast."""
    assert api.ask("POST", "/api/users", USER).status == 200
    before = cpu_seconds(api)
    with ThreadPoolExecutor(LOGINS) as pool:
        answers = list(pool.map(lambda _: api.ask("POST", "/api/users/login", USER).status, range(LOGINS)))
    spent = cpu_seconds(api) - before

    assert set(answers) == {200}
    assert spent > 1, "a login costs next to nothing here"
    assert {name: seconds for name, seconds in patience(platform).items() if seconds < 2 * spent} == {}
