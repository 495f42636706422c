"""What IAM decides, from an engine that is not ours: @cloud-copilot/iam-simulate, with AWS's own list of actions.

It refuses actions, resources and policies that AWS does not know: these are AssertionErrors here.
"""

import atexit
import functools
import hashlib
import json
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from settings import Settings
from tests.conftest import ROOT, Template, all_of
from tests.delivery.access import managed

Policy = Mapping[str, Any]
Context = Mapping[str, str | list[str]]
ARN = re.compile(r"\$\{(?:data\.)?(aws_\w+)\.([\w-]+)\.(arn|name)\}")
ARNS = {
    "aws_cloudwatch_log_group": "arn:aws:logs:{region}:{account}:log-group:{name}",
    "aws_iam_openid_connect_provider": "arn:aws:iam::{account}:oidc-provider/token.actions.githubusercontent.com",
    "aws_iam_policy": "arn:aws:iam::{account}:policy/{name}",
    "aws_iam_role": "arn:aws:iam::{account}:role/{name}",
    "aws_s3_bucket": "arn:aws:s3:::{name}",
}


@dataclass(frozen=True)
class Role:
    """policies: those of AWS and those that are written. boundary is None for the roles of pipelines."""

    arn: str
    trust: Policy
    policies: Sequence[Policy]
    boundary: Policy | None

    def may(self, action: str, resource: str = "*", context: Context | None = None) -> bool:
        policy = key_policy(self.arn.split(":")[4]) if action.startswith("kms:") else None
        return decide(self.arn, self.policies, self.boundary, action, resource, context or {}, policy)


def key_policy(account: str) -> Policy:
    """As modules/secrets/key.py writes it: it leaves the key to the policies of roles, who have no right without it."""
    root = {"AWS": f"arn:aws:iam::{account}:root"}
    statement = {"Effect": "Allow", "Principal": root, "Action": "kms:*", "Resource": "*"}
    return {"Version": "2012-10-17", "Statement": [statement]}


def roles_of(templates: Mapping[str, Template], settings: Settings) -> dict[str, Role]:
    """Every role of an environment by its name without the prefix, references resolved."""
    boundary = json.loads(all_of(templates["iam"], "aws_iam_policy")[0]["policy"])
    found = {}
    for template in (resolved(each, settings) for each in templates.values()):
        for each in all_of(template, "aws_iam_role"):
            name = each["name"]
            policies = [
                managed(attached["policy_arn"].split("/")[-1])
                for attached in all_of(template, "aws_iam_role_policy_attachment")
                if attached["role"] == name
            ]
            policies += [
                json.loads(written["policy"])
                for written in all_of(template, "aws_iam_role_policy")
                if written["role"] == name
            ]
            bounded = "permissions_boundary" in each
            assert not bounded or each["permissions_boundary"] == settings.names.boundary_arn, name
            found[name.removeprefix(f"{settings.names.prefix}-")] = Role(
                arn=f"arn:aws:iam::{settings.account}:role/{name}",
                trust=json.loads(each["assume_role_policy"]),
                policies=policies,
                boundary=boundary if bounded else None,
            )
    return found


def decide(
    principal: str,
    policies: Sequence[Policy],
    boundary: Policy | None,
    action: str,
    resource: str,
    context: Context,
    resource_policy: Policy | None = None,
) -> bool:
    account = principal.split(":")[4]
    documents = {_name(policy): policy for policy in [*policies, *([boundary] if boundary else [])]}
    request = {
        "principal": principal,
        "action": action,
        "resource": {"resource": resource, "accountId": account},
        "contextVariables": dict(context),
    }
    question = {
        "documents": {name: policy for name, policy in documents.items() if name not in _sent()},
        "identity": [_name(policy) for policy in policies],
        "boundary": [_name(boundary)] if boundary else None,
        "resourcePolicy": resource_policy,
        "request": request,
    }
    _sent().update(documents)
    answer = _ask(question)
    if answer.get("errors") == {"message": "multiple.resource.types"}:  # not so for a pattern
        answer = _ask(
            {
                **question,
                "documents": {},
                "request": request | {"resource": {"resource": f"{resource}*", "accountId": account}},
            }
        )
    assert "errors" not in answer, f"{action} on {resource}: {answer['errors']}"
    return bool(answer["result"] == "Allowed")


@functools.cache
def services() -> list[str]:
    """The prefixes of all services of AWS."""
    found: list[str] = _ask({"about": "services"})
    return found


@functools.cache
def actions_of(service: str) -> dict[str, str]:
    """Every action, with an ARN that it may work on: of something that is called x, in account 0."""
    found = _ask({"about": service})
    blank = {"Partition": "aws", "Region": "us-east-1", "Account": "0" * 12}
    return {
        f"{service}:{name}": re.sub(r"\$\{(\w+)\}", lambda each: blank.get(each[1], "x"), patterns[0])
        if patterns
        else "*"
        for name, patterns in found.items()
    }


def _ask(question: Mapping[str, Any]) -> Any:
    process = _process()
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(f"{json.dumps(question)}\n")
    process.stdin.flush()
    return json.loads(process.stdout.readline())


@functools.cache
def _process() -> subprocess.Popen[str]:
    """node is started once for all tests of a worker."""
    if not shutil.which("node") or not (ROOT / "node_modules/@cloud-copilot/iam-simulate").is_dir():
        pytest.skip("the engine that evaluates policies is not installed: apt-get install nodejs, and npm ci")
    command = ["node", str(Path(__file__).with_name("evaluate.mjs"))]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    atexit.register(process.kill)
    return process


@functools.cache
def _sent() -> set[str]:
    return set()


def _name(policy: Policy) -> str:
    return hashlib.sha256(json.dumps(policy, sort_keys=True).encode()).hexdigest()


def resolved(template: Template, settings: Settings) -> Template:
    def value(reference: re.Match[str]) -> str:
        kind, address, attribute = reference.groups()
        pattern = ARNS.get(kind, reference[0].replace("{", "{{").replace("}", "}}")) if attribute == "arn" else "{name}"
        resource = template["resource"].get(kind, {}).get(address, {})
        name = resource.get("name") or resource.get("bucket", "")
        return pattern.format(region=settings.region, account=settings.account, name=name)

    result: Template = json.loads(ARN.sub(value, json.dumps(template)))
    return result
