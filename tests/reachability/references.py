"""What a reference of Terraform stands for, across stacks: what cannot be followed is an error, and never a guess."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.conftest import Template

ATTRIBUTE = re.compile(r"\$\{(aws_\w+)\.([\w-]+)\.([^{}$]+)\}")
OUTPUT = re.compile(r'\$\{data\.terraform_remote_state\.(\w+)_state\.outputs\.(\w+)(?:\["([^"]+)"\])?\}')
# Attributes that only AWS knows, and that stand for one thing each: their text is their identity.
IDENTITIES = {
    ("aws_eks_cluster", "vpc_config[0].cluster_security_group_id"),
    ("aws_network_interface", "private_ip"),
}


class Unresolved(Exception):
    """A reference that leads nowhere, or to something that this does not know; str() names both."""


@dataclass(frozen=True)
class Resource:
    """path is that of the construct: <stack>/<construct>/..., id what a reference to it resolves to."""

    stack: str
    kind: str
    name: str
    body: dict[str, Any] = field(compare=False, hash=False)

    @property
    def path(self) -> str:
        return str(self.body["//"]["metadata"]["path"])

    @property
    def id(self) -> str:
        return f"{self.stack}.{self.kind}.{self.name}"


@dataclass(frozen=True)
class References:
    """gone: ids of resources that were taken away, to which others may still refer, as to a gateway that is deleted."""

    stacks: dict[str, Template]
    gone: frozenset[str] = frozenset()

    def all(self, kind: str) -> Iterator[Resource]:
        for stack, template in self.stacks.items():
            for name, body in template.get("resource", {}).get(kind, {}).items():
                yield Resource(stack, kind, name, body)

    def one(self, stack: str, kind: str) -> Resource:
        found = [each for each in self.all(kind) if each.stack == stack]
        if len(found) != 1:
            raise Unresolved(f"{stack} has {len(found)} {kind}, and not one")
        return found[0]

    def value(self, stack: str, value: Any) -> Any:
        """A value of a stack with everything followed: literals, ids of resources, lists and mappings of these."""
        if isinstance(value, list):
            return [self.value(stack, each) for each in value]
        if isinstance(value, dict):
            return {key: self.value(stack, each) for key, each in value.items()}
        if not isinstance(value, str) or "${" not in value:
            return value
        if match := OUTPUT.fullmatch(value):
            return self._output(value, *match.groups())
        if match := ATTRIBUTE.fullmatch(value):
            return self._attribute(stack, value, *match.groups())
        raise Unresolved(f"{stack}: {value} is no reference that can be followed")

    def owner(self, stack: str, value: str) -> str:
        """The id of the resource of which a reference reads an attribute, whichever."""
        if match := OUTPUT.fullmatch(value):
            producer, name, _ = match.groups()
            return self.owner(producer, self.stacks[producer]["output"][name]["value"])
        if match := ATTRIBUTE.fullmatch(value):
            self.value(stack, f"${{{match[1]}.{match[2]}.id}}")
            return f"{stack}.{match[1]}.{match[2]}"
        raise Unresolved(f"{stack}: {value} is no reference that can be followed")

    def _output(self, text: str, producer: str, name: str, key: str | None) -> Any:
        try:
            value = self.value(producer, self.stacks[producer]["output"][name]["value"])
            return value if key is None else value[key]
        except KeyError as error:
            raise Unresolved(f"{text}: {producer} publishes no {error}") from error

    def _attribute(self, stack: str, text: str, kind: str, name: str, attribute: str) -> Any:
        id = f"{stack}.{kind}.{name}"
        body = self.stacks[stack].get("resource", {}).get(kind, {}).get(name)
        if body is None and id not in self.gone:
            raise Unresolved(f"{stack}: {text} is of no resource")
        if attribute == "id":
            return id
        if (kind, attribute) in IDENTITIES:
            return f"{id}.{attribute}"
        if body is not None and attribute in body:
            return self.value(stack, body[attribute])
        raise Unresolved(f"{stack}: {text} is known to AWS only")


def service_of(endpoint: Resource) -> str:
    """ecr.api of com.amazonaws.us-east-1.ecr.api."""
    return str(endpoint.body["service_name"]).split(".", 3)[3]
