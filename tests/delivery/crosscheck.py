"""Workflows against the trust policies and backends that they meet. Each error is one line."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from packaging.specifiers import SpecifierSet
from packaging.version import Version

from tests.delivery.workflows import Job, Run

ISSUER = "token.actions.githubusercontent.com"
AUDIENCE = "sts.amazonaws.com"
# The first Terraform that knows it.
LOCKFILE, EPHEMERAL, WRITE_ONLY = Version("1.10"), Version("1.10"), Version("1.11")

Policy = Mapping[str, Any]
Claims = Mapping[str, str]


def claims(repository: str, run: Run, environment: str) -> Claims:
    """What GitHub signs for a job."""
    if environment:
        about = f"environment:{environment}"
    elif run.event == "pull_request":
        about = "pull_request"
    else:
        about = f"ref:{run.ref}"
    return {f"{ISSUER}:aud": AUDIENCE, f"{ISSUER}:sub": f"repo:{repository}:{about}", f"{ISSUER}:ref": run.ref}


def opens(policy: Policy, presented: Claims) -> bool:
    """Whether a trust policy lets the bearer of these claims in."""
    for statement in policy["Statement"]:
        conditions = statement["Condition"]
        if statement["Effect"] != "Allow" or conditions.keys() != {"StringEquals"}:
            raise ValueError(f"only StringEquals is exact: {conditions}")
        wanted = conditions["StringEquals"].items()
        if all(presented.get(key) in ([values] if isinstance(values, str) else values) for key, values in wanted):
            return True
    return False


def trust_errors(
    jobs: Iterable[Job],
    repositories: Mapping[str, Sequence[str]],
    roles: Mapping[str, Policy],
    variables: Mapping[str, str],
) -> Iterator[str]:
    """repositories has every form in which GitHub may send the name of one, roles each trust policy by its ARN."""
    taken: set[str] = set()
    for job in jobs:
        legs = [(job.environment(leg, variables), job.roles(leg, variables)) for leg in job.legs()]
        named = {role.arn for _, each in legs for role in each}
        taken |= named
        if bool(named) != job.has_identity:
            yield f"{job}: a job takes a role if it has id-token: write, and only then"
        for arn in sorted(named - roles.keys()):
            yield f"{job}: there is no role {arn}"
        for run in job.runs() if job.has_identity else []:
            if run.fork:
                yield f"{job}: {run} gets no token"
                continue
            for environment, wanted in legs:
                for repository in repositories[job.repository]:
                    presented = claims(repository, run, environment)
                    opened = {arn for arn, policy in roles.items() if opens(policy, presented)}
                    who = f"{job}, {run}, comes as {presented[f'{ISSUER}:sub']}"
                    for arn in sorted({role.arn for role in wanted} & roles.keys() - opened):
                        yield f"{who}: {arn} does not trust it"
                    for arn in sorted(opened - named):
                        yield f"{who}: {arn} trusts it, and it does not ask for that"
    for arn in sorted(roles.keys() - taken):
        yield f"{arn}: no job takes it"


def time_errors(jobs: Iterable[Job], longest: Mapping[str, int], variables: Mapping[str, str]) -> Iterator[str]:
    """A login ends in the middle of a job, or IAM refuses one that is longer than the role allows."""
    for job in jobs:
        for role in [role for leg in job.legs() for role in job.roles(leg, variables)]:
            if role.seconds > longest[role.arn]:
                yield f"{job}: {role.arn} gives {longest[role.arn]} seconds, and not {role.seconds}"
            if job.content["timeout-minutes"] * 60 > role.seconds:
                yield f"{job}: may run for {job.content['timeout-minutes']} minutes, and its login ends before"


def backend_errors(pins: Iterable[tuple[str, str]], stacks: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """pins are files with the version of Terraform that they ask for."""
    for file, text in pins:
        if not re.fullmatch(r"\d+\.\d+\.\d+", text):
            yield f"{file}: Terraform {text} is no exact version"
            continue
        version = Version(text)
        for stack, template in stacks.items():
            required = SpecifierSet(template["terraform"].get("required_version", "").replace(" ", ""))
            if version not in required:
                yield f"{file}: Terraform {text} is not {required}, which {stack} requires"
            for feature, first in _features(template):
                if version < first:
                    yield f"{file}: Terraform {text} does not know {feature} of {stack}, {first} does"


def _features(template: Mapping[str, Any]) -> Iterator[tuple[str, Version]]:
    if template["terraform"]["backend"]["s3"].get("use_lockfile"):
        yield "use_lockfile", LOCKFILE
    if "ephemeral" in template:
        yield "ephemeral values", EPHEMERAL
    if any(
        name.endswith("_wo")
        for named in template.get("resource", {}).values()
        for resource in named.values()
        for name in resource
    ):
        yield "write-only arguments", WRITE_ONLY
