"""Who sends and receives: where each one is, and which groups it has."""

from collections import defaultdict
from dataclasses import dataclass, replace
from functools import cache
from ipaddress import IPv4Address, IPv4Network
from typing import Any

from modules.cluster.chart_release import PINS
from settings.messages import read_mapping
from tests.charts import Objects
from tests.conftest import ROOT
from tests.reachability import documented
from tests.reachability.network import METADATA, POD_IDENTITY, Endpoint, Subnet
from tests.reachability.policies import Pod
from tests.reachability.references import References, Resource, Unresolved, service_of

INTERNET, SERVICE = IPv4Address("198.51.100.7"), IPv4Address("192.0.2.1")  # somebody, and something of AWS's
# Places in a subnet, so that no two kinds share an address.
LOAD_BALANCER, CONTROL_PLANE, DATABASE, INTERFACE, NODE, POD = 10, 50, 70, 80, 100, 200
HOSTS = {"monitoring": 20, "runner": 30}


@dataclass(frozen=True)
class Inside:
    """What was rendered: the pods of the application with what its Ingress asks for, and all policies."""

    backend: documented.Backend
    policies: Objects


def endpoints(references: References, subnets: dict[str, Subnet], inside: Inside) -> dict[str, list[Endpoint]]:
    """By name, one for each place where it may be."""
    hosts = {stack: _host(references, subnets, stack) for stack in HOSTS}
    return {
        "internet": [Endpoint(INTERNET)],
        "metadata": [Endpoint(METADATA)],
        "agent of Pod Identity": [
            Endpoint(POD_IDENTITY)
            for each in references.all("aws_eks_addon")
            if each.body["addon_name"] == "eks-pod-identity-agent"
        ],
        "monitoring host": [hosts["monitoring"]],
        "runner": [hosts["runner"]],
        **{f"container on the {stack} host": [replace(host, contained=True)] for stack, host in hosts.items()},
        "load balancer": _load_balancer(references, subnets, inside.backend),
        "database": _database(references, subnets),
        **_control_plane(references, subnets),
        **_nodes(references, subnets, {**_pods(), **inside.backend.pods}),
    }


def cluster_group(references: References) -> str:
    cluster = references.one("eks", "aws_eks_cluster")
    if "security_group_ids" in cluster.body["vpc_config"]:
        raise Unresolved(f"{cluster.path} has more groups than that of EKS")
    return f"{cluster.id}.vpc_config[0].cluster_security_group_id"


def interfaces(references: References, subnets: dict[str, Subnet]) -> dict[str, list[Endpoint]]:
    """The services whose names lead into the VPC, by name."""
    found = {}
    for each in references.all("aws_vpc_endpoint"):
        if each.body["vpc_endpoint_type"] == "Interface" and each.body["private_dns_enabled"]:
            groups = frozenset(references.value(each.stack, each.body["security_group_ids"]))
            places = references.value(each.stack, each.body["subnet_ids"])
            found[service_of(each)] = [Endpoint(subnets[place].network[INTERFACE], place, groups) for place in places]
    return found


def address(references: References, subnets: dict[str, Subnet], stack: str) -> IPv4Address:
    """Of the host of a stack, which AWS chooses inside of its subnet."""
    instance = references.one(stack, "aws_instance")
    place = references.value(stack, _interface(references, instance)["subnet_id"])
    return subnets[place].network[HOSTS[stack]]


def _interface(references: References, instance: Resource) -> dict[str, Any]:
    """With the subnet and the groups: the instance itself, or the interface that it names."""
    if "network_interface" not in instance.body:
        return instance.body
    [attached] = instance.body["network_interface"]
    id = references.value(instance.stack, attached["network_interface_id"])
    [found] = [each.body for each in references.all("aws_network_interface") if each.id == id]
    return found


def _host(references: References, subnets: dict[str, Subnet], stack: str) -> Endpoint:
    instance = references.one(stack, "aws_instance")
    interface = _interface(references, instance)
    place = references.value(stack, interface["subnet_id"])
    groups = interface["security_groups" if "security_groups" in interface else "vpc_security_group_ids"]
    public = bool(interface.get("associate_public_ip_address", _gives_addresses(references, place)))
    at = address(references, subnets, stack)
    return Endpoint(at, place, frozenset(references.value(stack, groups)), public, hops=_hops(instance))


def _gives_addresses(references: References, place: str) -> bool:
    [subnet] = [each for each in references.all("aws_subnet") if each.id == place]
    return bool(subnet.body.get("map_public_ip_on_launch", False))


def _hops(owner: Resource) -> tuple[int, str]:
    options = owner.body.get("metadata_options", {})
    if options.get("http_endpoint", "enabled") != "enabled":
        return 0, f"{owner.path}/metadata_options"
    limit = options.get("http_put_response_hop_limit", documented.HOPS_OF_THE_IMAGE)
    if options.get("http_tokens") != "required":
        limit = documented.HOPS_OF_THE_IMAGE  # what asks without a token is answered over any number of hops
    return limit, f"{owner.path}/metadata_options"


def _load_balancer(references: References, subnets: dict[str, Subnet], backend: documented.Backend) -> list[Endpoint]:
    """Where the controller looks: https://docs.aws.amazon.com/eks/latest/userguide/network-load-balancing.html"""
    groups = frozenset([documented.FRONTEND, documented.BACKEND])
    return [
        Endpoint(subnets[each.id].network[LOAD_BALANCER], each.id, groups, backend.public)
        for each in references.all("aws_subnet")
        if each.body["tags"].get("kubernetes.io/role/elb") == "1"
    ]


def _database(references: References, subnets: dict[str, Subnet]) -> list[Endpoint]:
    instance, placement = (references.one("database", f"aws_db_{kind}") for kind in ("instance", "subnet_group"))
    groups = frozenset(references.value("database", instance.body["vpc_security_group_ids"]))
    return [
        Endpoint(subnets[place].network[DATABASE], place, groups, instance.body["publicly_accessible"])
        for place in references.value("database", placement.body["subnet_ids"])
    ]


def _control_plane(references: References, subnets: dict[str, Subnet]) -> dict[str, list[Endpoint]]:
    """Its interfaces are in some of its subnets, and EKS moves them; what the internet sees is not in the VPC.

    Where the name of the API leads to from inside: https://docs.aws.amazon.com/eks/latest/userguide/cluster-endpoint.html
    """
    cluster = references.one("eks", "aws_eks_cluster")
    config, group = cluster.body["vpc_config"], frozenset([cluster_group(references)])
    opened = config.get("public_access_cidrs") or documented.PUBLIC_ENDPOINT_WITHOUT_NETWORKS
    admits = [(f"{cluster.path}/public_access_cidrs/{index}", IPv4Network(each)) for index, each in enumerate(opened)]
    outside = [Endpoint(SERVICE, admits=tuple(admits if config["endpoint_public_access"] else ()))]
    places = references.value("eks", config["subnet_ids"])
    inside = [Endpoint(subnets[place].network[CONTROL_PLANE], place, group) for place in places]
    return {
        "control plane": inside,
        "public endpoint of EKS": outside,
        "Kubernetes API": inside if config["endpoint_private_access"] else outside,
    }


def _nodes(references: References, subnets: dict[str, Subnet], pods: dict[str, Pod]) -> dict[str, list[Endpoint]]:
    """A node in each subnet of each group, and on each node a pod of each kind."""
    found: dict[str, list[Endpoint]] = defaultdict(list)
    group = frozenset([cluster_group(references)])
    for each in references.all("aws_eks_node_group"):
        id = references.value("eks", each.body["launch_template"]["id"])
        [template] = [each for each in references.all("aws_launch_template") if each.id == id]
        if {"vpc_security_group_ids", "network_interfaces"} & template.body.keys():
            raise Unresolved(f"{template.path} names groups, and then EKS attaches that of the cluster no more")
        for place in references.value("eks", each.body["subnet_ids"]):
            at, public = subnets[place].network, _gives_addresses(references, place)
            found["node"].append(Endpoint(at[NODE], place, group, public, hops=_hops(template)))
            for name, pod in pods.items():
                found[name].append(Endpoint(at[POD], place, group, pod=pod, hops=_hops(template)))
    return found


@cache
def _pods() -> dict[str, Pod]:
    """What the charts of others and the add-ons of EKS run as pods with addresses of their own, and pods of others."""
    found = {
        chart: Pod(pin["namespace"])
        for chart, pin in PINS.items()
        if not read_mapping(ROOT / "charts" / "values" / f"{chart}.yaml").get("hostNetwork")
    }
    found |= {name: Pod("kube-system") for name in ("metrics-server", "aws-ebs-csi-driver")}
    # The label with which every cluster finds it: https://kubernetes.io/docs/tasks/administer-cluster/dns-debugging-resolution/
    found["coredns"] = Pod("kube-system", (("k8s-app", "kube-dns"),))
    return found | {"pod of somebody": Pod("of-somebody"), "pod without a name": Pod("realworld")}
