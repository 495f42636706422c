"""IAM policy documents from typed statements. The only place that writes the policy language."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

Conditions = Mapping[str, Mapping[str, str | Sequence[str]]]


@dataclass(frozen=True, kw_only=True)
class Statement:
    """One statement of a policy.

    resources stay empty in a trust policy. A resource "*" needs the reason why nothing narrower is possible, and
    an Allow of the action "*" is never possible: both raise ValueError.
    """

    actions: Sequence[str]
    resources: Sequence[str] = ()
    principals: Mapping[str, str] = field(default_factory=dict)
    conditions: Conditions = field(default_factory=dict)
    effect: Literal["Allow", "Deny"] = "Allow"
    reason: str = ""

    def __post_init__(self) -> None:
        if self.effect == "Allow" and "*" in self.actions:
            raise ValueError("a statement allows every action: name the actions")
        if self.effect == "Allow" and "*" in self.resources and not self.reason:
            raise ValueError(f"{', '.join(self.actions)} on every resource: name the resources, or say the reason")

    def render(self) -> dict[str, Any]:
        rendered: dict[str, Any] = {"Effect": self.effect, "Action": list(self.actions)}
        if self.principals:
            rendered["Principal"] = dict(self.principals)
        if self.resources:
            rendered["Resource"] = list(self.resources)
        if self.conditions:
            rendered["Condition"] = {operator: dict(keys) for operator, keys in self.conditions.items()}
        return rendered


def document(statements: Sequence[Statement]) -> str:
    """The policy as JSON."""
    return json.dumps({"Version": "2012-10-17", "Statement": [statement.render() for statement in statements]})


def trusts_service(service: str) -> Statement:
    """A trust policy for a service of AWS, such as ec2.amazonaws.com."""
    return Statement(actions=["sts:AssumeRole"], principals={"Service": service})


def trusts_eks(service: Literal["eks.amazonaws.com", "pods.eks.amazonaws.com"]) -> Statement:
    """A trust policy for the control plane or, through Pod Identity, for pods: both tag their sessions."""
    return Statement(actions=["sts:AssumeRole", "sts:TagSession"], principals={"Service": service})
