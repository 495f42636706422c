import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from modules.github import subjects, trusts_jobs
from modules.load_balancer_controller_policy import STATEMENTS
from modules.policy import Statement, document

# sha256 of the normalized iam_policy.json of aws-load-balancer-controller v3.5.0.
UPSTREAM_DIGEST = "12a0f09634a171aa0122404cbb65c336bdd0f2d0c3d9e9d59f255ed2d8140254"
ROOT = Path(__file__).parents[2]


def as_list(value: str | list[str]) -> list[str]:
    return sorted([value] if isinstance(value, str) else value)


def normalized(statements: list[dict[str, Any]]) -> str:
    """The same text for every way to write the same permissions."""
    lines = []
    for statement in statements:
        conditions = {
            operator: {key: as_list(values) for key, values in keys.items()}
            for operator, keys in statement.get("Condition", {}).items()
        }
        lines.append(
            json.dumps(
                {
                    "Effect": statement["Effect"],
                    "Action": as_list(statement["Action"]),
                    "Resource": as_list(statement["Resource"]),
                    "Condition": conditions,
                },
                sort_keys=True,
            )
        )
    return "\n".join(sorted(lines))


def test_the_controller_may_do_exactly_what_its_version_asks_for() -> None:
    ours = normalized([statement.render() for statement in STATEMENTS])

    assert len({action for statement in STATEMENTS for action in statement.actions}) == 80
    assert hashlib.sha256(ours.encode()).hexdigest() == UPSTREAM_DIGEST


def test_one_file_writes_the_policy_language() -> None:
    sources = [path for folder in ("modules", "stacks") for path in (ROOT / folder).glob("*.py")]

    assert [path.name for path in sources if "2012-10-17" in path.read_text()] == ["policy.py"]


def test_a_policy_names_its_actions() -> None:
    with pytest.raises(ValueError, match="name the actions"):
        Statement(actions=["*"], resources=["arn:aws:s3:::a"])


def test_every_resource_needs_a_reason() -> None:
    with pytest.raises(ValueError, match="ec2:RunInstances on every resource"):
        Statement(actions=["ec2:RunInstances"], resources=["*"])

    assert Statement(actions=["ec2:DescribeInstances"], resources=["*"], reason="no resources").reason


def test_a_document_holds_only_what_a_statement_says() -> None:
    statement = Statement(actions=["s3:GetObject"], resources=["arn:aws:s3:::a/*"])

    assert json.loads(document([statement])) == {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": ["arn:aws:s3:::a/*"]}],
    }


def test_jobs_are_known_by_every_subject_that_github_sends() -> None:
    assert subjects("acme/shop", "environment:staging") == ["repo:acme/shop:environment:staging"]
    assert subjects("acme@12/shop@34", "pull_request", "ref:refs/heads/main") == [
        "repo:acme/shop:pull_request",
        "repo:acme/shop:ref:refs/heads/main",
        "repo:acme@12/shop@34:pull_request",
        "repo:acme@12/shop@34:ref:refs/heads/main",
    ]


def test_a_subject_with_a_wildcard_is_refused() -> None:
    with pytest.raises(ValueError, match="wildcard"):
        trusts_jobs("arn:aws:iam::111122223333:oidc-provider/x", ["repo:acme/shop:*"])
