"""The same network with one thing taken away, for everything that can be: enumerated, and not listed."""

import copy
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from tests.reachability import build
from tests.reachability.endpoints import Inside
from tests.reachability.network import Network
from tests.reachability.policies import Policies, without
from tests.reachability.references import References, Resource

AGENT = "eks-pod-identity-agent"  # of the add-ons, the one that is reached
WHOLE = (
    "aws_vpc_security_group_ingress_rule",
    "aws_vpc_security_group_egress_rule",
    "aws_route",
    "aws_route_table_association",
    "aws_vpc_endpoint",
    "aws_nat_gateway",
    "aws_internet_gateway",
    "aws_eks_addon",
)


def mutations(
    references: References, inside: Inside, network: Network, *, stack: str = ""
) -> Iterator[tuple[str, Network]]:
    """The path of what is gone, and the network without it; with a stack, only what is in its template."""
    for kind in WHOLE:
        for each in references.all(kind):
            if stack in ("", each.stack) and each.body.get("addon_name", AGENT) == AGENT:
                yield each.path, build.network(_without(references, each), inside)
    for resource, path, edit in _parts(references):
        if stack in ("", resource.stack):
            yield path, build.network(edited(references, resource, edit), inside)
    if stack:
        return
    for path, policies in without(inside.policies):
        yield path, replace(network, policies=Policies(policies))
    for rule in network.rules:
        if rule.path.startswith("made by"):
            yield rule.path, replace(network, rules=[each for each in network.rules if each is not rule])


def _parts(references: References) -> Iterator[tuple[Resource, str, Callable[[dict[str, Any]], None]]]:
    """What a resource has several of, and what it says of metadata, of the endpoints of EKS and of its add-ons."""
    for endpoint in references.all("aws_vpc_endpoint"):
        for index in range(len(endpoint.body.get("route_table_ids", []))):
            yield endpoint, f"{endpoint.path}/route_table_ids/{index}", _drop("route_table_ids", index)
    for cluster in references.all("aws_eks_cluster"):
        for index in range(len(cluster.body["vpc_config"].get("public_access_cidrs") or [])):
            networks = "public_access_cidrs"
            yield cluster, f"{cluster.path}/{networks}/{index}", _drop("vpc_config", networks, index)
        for access in ("endpoint_private_access", "endpoint_public_access"):
            if cluster.body["vpc_config"][access]:
                yield cluster, f"{cluster.path}/{access}", _set(False, "vpc_config", access)
    for addon in references.all("aws_eks_addon"):
        if "configuration_values" in addon.body:
            yield addon, f"{addon.path}/configuration_values", _drop("configuration_values")
    for kind in ("aws_launch_template", "aws_instance"):
        for each in references.all(kind):
            yield (
                each,
                f"{each.path}/metadata_options/http_endpoint",
                _set("disabled", "metadata_options", "http_endpoint"),
            )
            for option in ("http_put_response_hop_limit", "http_tokens"):
                yield each, f"{each.path}/metadata_options/{option}", _drop("metadata_options", option)


def _drop(*place: Any) -> Callable[[dict[str, Any]], None]:
    def drop(body: Any) -> None:
        for part in place[:-1]:
            body = body[part]
        del body[place[-1]]

    return drop


def _set(value: Any, *place: Any) -> Callable[[dict[str, Any]], None]:
    def assign(body: Any) -> None:
        for part in place[:-1]:
            body = body[part]
        body[place[-1]] = value

    return assign


def edited(references: References, resource: Resource, edit: Callable[[dict[str, Any]], None]) -> References:
    body = copy.deepcopy(resource.body)
    edit(body)
    return replace(references, stacks=_with(references, resource, body))


def _without(references: References, resource: Resource) -> References:
    return References(_with(references, resource, None), gone=frozenset([resource.id]))


def _with(references: References, resource: Resource, body: dict[str, Any] | None) -> dict[str, Any]:
    template = references.stacks[resource.stack]
    named = {name: each for name, each in template["resource"][resource.kind].items() if name != resource.name}
    if body is not None:
        named[resource.name] = body
    resources = template["resource"] | {resource.kind: named}
    return references.stacks | {resource.stack: template | {"resource": resources}}
