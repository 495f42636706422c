"""The policy of the AWS Load Balancer Controller is that of its version: not an action more, not one less."""

import hashlib
import json
import os
from pathlib import Path
from typing import Any

import pytest

from modules.cluster.chart_release import PINS
from modules.identity.load_balancer_controller_policy import STATEMENTS, VERSION
from modules.identity.policy import document

# Of docs/install/iam_policy.json of the controller's repository at that version.
UPSTREAM = {"3.5.0": "11b0a2c29e3e857ea17eb0526022ef44029d9a271ee7818b4a30324097e29257"}


def permissions(policy: dict[str, Any]) -> set[tuple[str, str, str, str]]:
    """What a policy says, however it is cut into statements: effect, action, resource, conditions."""
    return {
        (statement["Effect"], action, resource, json.dumps(statement.get("Condition", {}), sort_keys=True))
        for statement in policy["Statement"]
        for action in _listed(statement["Action"])
        for resource in _listed(statement["Resource"])
    }


def _listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def digest(policy: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(sorted(permissions(policy))).encode()).hexdigest()


def test_it_is_the_policy_of_the_version_that_is_installed() -> None:
    ours = json.loads(document(STATEMENTS))

    assert PINS["aws-load-balancer-controller"]["version"] == VERSION
    assert len({action for _, action, _, _ in permissions(ours)}) == 80
    assert digest(ours) == UPSTREAM[VERSION]


def test_the_digest_is_that_of_the_file() -> None:
    """LOAD_BALANCER_CONTROLLER_POLICY names the file of the controller's repository, for who takes up a new version."""
    path = os.environ.get("LOAD_BALANCER_CONTROLLER_POLICY")
    if path is None:
        pytest.skip("LOAD_BALANCER_CONTROLLER_POLICY names no file to compare with")
    upstream = json.loads(Path(path).read_text(encoding="utf-8"))

    ours = json.loads(document(STATEMENTS))
    assert permissions(ours) ^ permissions(upstream) == set()
    assert digest(upstream) == UPSTREAM[VERSION]
