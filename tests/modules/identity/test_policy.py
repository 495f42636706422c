import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from modules.identity.github import subjects, trusts_jobs
from modules.identity.load_balancer_controller_policy import STATEMENTS
from modules.identity.policy import Statement, document
from settings import load_settings
from tests.conftest import templates_of

# sha256 of the normalized iam_policy.json of aws-load-balancer-controller v3.5.0.
UPSTREAM_DIGEST = "12a0f09634a171aa0122404cbb65c336bdd0f2d0c3d9e9d59f255ed2d8140254"
ROOT = Path(__file__).parents[3]


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
    sources = [path for folder in ("modules", "stacks") for path in (ROOT / folder).rglob("*.py")]

    assert [path.name for path in sources if "2012-10-17" in path.read_text()] == ["policy.py"]


def test_a_policy_names_its_actions() -> None:
    with pytest.raises(ValueError, match="name the actions"):
        Statement(actions=["*"], resources=["arn:aws:s3:::a"])


@pytest.mark.parametrize("effect", ["Allow", "Deny"])
@pytest.mark.parametrize(
    ("wide", "message"),
    [
        ({"actions": ["ec2:RunInstances"], "resources": ["*"]}, "ec2:RunInstances on every resource"),
        ({"actions": ["s3:GetObject"], "not_resources": ["arn:aws:s3:::a"]}, "s3:GetObject on every resource"),
        ({"actions": ["s3:*"], "resources": ["arn:aws:s3:::a"]}, r"s3:\*: name the actions"),
        ({"actions": ["ssm:Get*"], "resources": ["arn:aws:ssm:::a"]}, r"ssm:Get\*: name the actions"),
        ({"actions": ["sqs:SendMessage"], "principals": {"AWS": "*"}}, "sqs:SendMessage for everybody"),
    ],
)
def test_what_is_wider_than_its_names_needs_a_reason(effect: Any, wide: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Statement(effect=effect, **wide)

    assert Statement(effect=effect, reason="of this test", **wide).render()["Effect"] == effect


def test_only_a_denial_is_written_by_its_exceptions() -> None:
    exceptions: dict[str, Any] = {"not_actions": ["ec2:DescribeVpcs"], "resources": ["*"]}

    with pytest.raises(ValueError, match="name the actions"):
        Statement(reason="none is good enough", **exceptions)
    assert Statement(effect="Deny", reason="of this test", **exceptions).render() == {
        "Effect": "Deny",
        "NotAction": ["ec2:DescribeVpcs"],
        "Resource": ["*"],
    }


@pytest.mark.parametrize("elements", [{}, {"actions": ["a:B"], "not_actions": ["a:C"]}])
def test_a_statement_is_about_some_actions(elements: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="either actions or not_actions"):
        Statement(effect="Deny", reason="of this test", resources=["*"], **elements)


@pytest.mark.parametrize("environment", ["local", "production"])
def test_every_star_that_is_written_has_a_reason(
    environment: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reasons: dict[str, str] = {}
    render = Statement.render

    def recorded(statement: Statement) -> dict[str, Any]:
        rendered = render(statement)
        reasons[json.dumps(rendered, sort_keys=True)] = statement.reason
        return rendered

    monkeypatch.setattr(Statement, "render", recorded)

    written = list(policies([*templates_of(load_settings(environment), tmp_path).values()]))
    wide = [each for each in written if any(map(is_wide, each))]
    assert len(written) > 20
    assert len(wide) > 5
    # The names of resources stand for values that are filled in between here and there.
    known = {re.sub(r"\$\{[^}]*\}", "$", text): reason for text, reason in reasons.items()}
    for statement in [each for policy in wide for each in policy if is_wide(each)]:
        text = re.sub(r"\$\{[^}]*\}", "$", json.dumps(statement, sort_keys=True))
        assert known.get(text), f"no reason for {text}"


def policies(node: Any) -> Iterator[list[dict[str, Any]]]:
    """The statements of every policy inside, wherever it is."""
    if isinstance(node, str) and '"Statement"' in node:
        yield json.loads(node)["Statement"]
    elif isinstance(node, dict | list):
        for each in node.values() if isinstance(node, dict) else node:
            yield from policies(each)


def is_wide(statement: dict[str, Any]) -> bool:
    return (
        bool({"NotAction", "NotResource"} & statement.keys())
        or "*" in [*statement.get("Resource", []), *statement.get("Principal", {}).values()]
        or any("*" in action for action in statement.get("Action", []))
    )


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


PROVIDER = "arn:aws:iam::111122223333:oidc-provider/x"


@pytest.mark.parametrize(
    ("subject", "ref"), [("repo:acme/shop:*", ""), ("repo:acme/shop:environment:staging", "refs/heads/*")]
)
def test_a_wildcard_is_refused(subject: str, ref: str) -> None:
    with pytest.raises(ValueError, match="wildcard"):
        trusts_jobs(PROVIDER, [subject], ref=ref)


def test_an_environment_is_trusted_on_one_branch() -> None:
    with pytest.raises(ValueError, match="an environment is open to every branch: name the ref"):
        trusts_jobs(PROVIDER, ["repo:acme/shop:environment:staging"])

    statement = trusts_jobs(PROVIDER, ["repo:acme/shop:environment:staging"], ref="refs/heads/main")
    assert statement.conditions["StringEquals"]["token.actions.githubusercontent.com:ref"] == "refs/heads/main"
