"""From synthesized stacks and rendered charts to a network."""

import json
import re
from collections import defaultdict
from collections.abc import Callable
from ipaddress import IPv4Address, IPv4Network
from typing import Any

from tests.reachability import documented
from tests.reachability.endpoints import Inside, cluster_group, endpoints, interfaces
from tests.reachability.network import Gateway, Network, Route, Rule, Subnet
from tests.reachability.policies import Policies
from tests.reachability.references import References, Resource, Unresolved, service_of

KNOWN = {
    *("aws_vpc", "aws_subnet", "aws_internet_gateway", "aws_nat_gateway", "aws_eip", "aws_vpc_endpoint"),
    *("aws_route", "aws_route_table", "aws_route_table_association", "aws_default_security_group"),
    *("aws_security_group", "aws_vpc_security_group_ingress_rule", "aws_vpc_security_group_egress_rule"),
    *("aws_instance", "aws_network_interface", "aws_launch_template", "aws_db_instance", "aws_db_subnet_group"),
    *("aws_eks_cluster", "aws_eks_node_group"),
}
# What decides who reaches whom is called so in the provider: a kind of which this knows nothing is an error.
NETWORKING = re.compile(
    r"aws_(.*(subnet|gateway|route(?!53)|vpc|security_group|network|peering|endpoint|eip|lb|instance|interface|proxy)"
    r"|(ec2|vpn|dx|ecs|eks|lambda|launch|autoscaling|rds|db|elasticache|globalaccelerator|cloudfront)_).*"
)
TRANSLATED = IPv4Address("198.18.0.1")  # what the internet sees of the private subnets
QUIET = {
    *("aws_iam_instance_profile", "aws_eks_access_entry", "aws_eks_access_policy_association", "aws_eks_addon"),
    *("aws_eks_pod_identity_association", "aws_db_parameter_group"),
}


def network(references: References, inside: Inside) -> Network:
    unknown = {kind for template in references.stacks.values() for kind in template.get("resource", {})}
    unknown = {kind for kind in unknown if NETWORKING.fullmatch(kind)} - KNOWN - QUIET
    if unknown:
        raise Unresolved(f"{', '.join(sorted(unknown))}: what this does to the network is not known here")
    [vpc] = references.all("aws_vpc")
    places = subnets(references)
    group = cluster_group(references)
    rules = [*_rules(references), *documented.of_eks(group), *documented.of_the_controller(inside.backend, group)]
    return Network(
        vpc=IPv4Network(references.value("vpc", vpc.body["cidr_block"])),
        subnets=places,
        routes=_routes(references),
        rules=rules,
        nat={
            each.id: Gateway(each.path, references.value(each.stack, each.body["subnet_id"]), TRANSLATED)
            for each in references.all("aws_nat_gateway")
            if "allocation_id" in each.body  # without an address of its own it leads to private networks only
        },
        internet={each.id: each.path for each in references.all("aws_internet_gateway")},
        policies=Policies(inside.policies if _enforced(references) else []),
        endpoints=endpoints(references, places, inside),
        services=interfaces(references, places),
    )


def _enforced(references: References) -> bool:
    """Policies hold only where the VPC CNI is told so.

    https://docs.aws.amazon.com/eks/latest/userguide/cni-network-policy-configure.html
    """
    [cni] = [each for each in references.all("aws_eks_addon") if each.body["addon_name"] == "vpc-cni"]
    return bool(json.loads(cni.body.get("configuration_values", "{}")).get("enableNetworkPolicy") == "true")


def subnets(references: References) -> dict[str, Subnet]:
    tables: dict[str, Resource] = {}
    for each in references.all("aws_route_table_association"):
        tables[references.value(each.stack, each.body["subnet_id"])] = each
    found = {}
    for each in references.all("aws_subnet"):
        network, zone = IPv4Network(each.body["cidr_block"]), each.body["availability_zone"]
        if association := tables.get(each.id):
            table = references.value(association.stack, association.body["route_table_id"])
            found[each.id] = Subnet(network, zone, association.path, table)
        else:
            found[each.id] = Subnet(network, zone)
    return found


def _routes(references: References) -> dict[str, list[Route]]:
    found: dict[str, list[Route]] = defaultdict(list)
    for each in references.all("aws_route_table"):
        if "route" in each.body:
            raise Unresolved(f"{each.path} has routes of its own, which are not read here")
    for each in references.all("aws_route"):
        body = {name: references.value(each.stack, value) for name, value in each.body.items() if name.endswith("_id")}
        table = body.pop("route_table_id")
        [target] = body.values()
        found[table].append(Route(each.path, IPv4Network(each.body["destination_cidr_block"]), target))
    for each in references.all("aws_vpc_endpoint"):
        if each.body["vpc_endpoint_type"] == "Gateway":
            for table in references.value(each.stack, each.body["route_table_ids"]):
                found[table].append(Route(each.path, service_of(each), each.id))
    return found


SIDES: dict[str, Callable[[str], dict[str, Any]]] = {
    "cidr_ipv4": lambda network: {"network": IPv4Network(network)},
    "referenced_security_group_id": lambda group: {"peer": group},
}


def _rules(references: References) -> list[Rule]:
    found = []
    for way, kind in (("in", "ingress"), ("out", "egress")):
        for each in references.all(f"aws_vpc_security_group_{kind}_rule"):
            body = {name: references.value(each.stack, value) for name, value in each.body.items() if name != "//"}
            known = {"security_group_id", "ip_protocol", "from_port", "to_port", "description", "tags"}
            [(what, who)] = [(name, value) for name, value in body.items() if name not in known]
            side: dict[str, Any] = SIDES[what](who)
            ports = (body.get("from_port", 0), body.get("to_port", 65535))
            found.append(Rule(each.path, way, body["security_group_id"], body["ip_protocol"], ports, **side))
    for each in (*references.all("aws_security_group"), *references.all("aws_default_security_group")):
        if {"ingress", "egress"} & each.body.keys():
            raise Unresolved(f"{each.path} has rules of its own, which are not read here")
    return found
