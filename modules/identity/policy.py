"""IAM policy documents from typed statements. The only place that writes the policy language."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

Conditions = Mapping[str, Mapping[str, str | Sequence[str]]]


@dataclass(frozen=True, kw_only=True)
class Statement:
    """One statement of a policy.

    resources stay empty in a trust policy. Whatever reaches further than it names needs the reason why nothing narrower
    is right, in a Deny too: the resource "*", the principal "*", an action with a "*" in it, and all but some actions
    or resources. An Allow of every action, or of all but some, is never possible. ValueError says what is missing.
    """

    actions: Sequence[str] = ()
    not_actions: Sequence[str] = ()
    resources: Sequence[str] = ()
    not_resources: Sequence[str] = ()
    principals: Mapping[str, str] = field(default_factory=dict)
    conditions: Conditions = field(default_factory=dict)
    effect: Literal["Allow", "Deny"] = "Allow"
    reason: str = ""

    def __post_init__(self) -> None:
        if bool(self.actions) == bool(self.not_actions) or (self.resources and self.not_resources):
            raise ValueError("a statement has either actions or not_actions, and either resources or not_resources")
        if self.effect == "Allow" and ("*" in self.actions or self.not_actions):
            raise ValueError("a statement allows every action: name the actions")
        if self.reason:
            return
        if "*" in self.resources or self.not_resources:
            raise ValueError(f"{', '.join(self.actions)} on every resource: name the resources, or say the reason")
        if self.not_actions or any("*" in action for action in self.actions):
            named = ", ".join([*self.actions, *self.not_actions])
            raise ValueError(f"{named}: name the actions, or say the reason")
        if "*" in self.principals.values():
            raise ValueError(f"{', '.join(self.actions)} for everybody: name the principal, or say the reason")

    def render(self) -> dict[str, Any]:
        rendered: dict[str, Any] = {"Effect": self.effect}
        for name, values in (
            ("Action", self.actions),
            ("NotAction", self.not_actions),
            ("Resource", self.resources),
            ("NotResource", self.not_resources),
        ):
            if values:
                rendered[name] = list(values)
        if self.principals:
            rendered["Principal"] = dict(self.principals)
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
