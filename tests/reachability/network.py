"""One network of an environment, and the graph of the ways that one packet has in it."""

import itertools
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from ipaddress import IPv4Address, IPv4Network

import networkx  # type: ignore[import-untyped]

from tests.reachability.policies import Pod, Policies

EVERYWHERE = IPv4Network("0.0.0.0/0")
ANY = (0, 65535)
OTHER_PORT = 22
METADATA = IPv4Address("169.254.169.254")
# On each node: https://docs.aws.amazon.com/eks/latest/userguide/pod-id-agent-setup.html
POD_IDENTITY = IPv4Address("169.254.170.23")
Edge = tuple[object, object, str]  # from, to, and what lets a packet through


@dataclass(frozen=True)
class Rule:
    """Of a security group: in or out, for a network or for a group. path is where it is written."""

    path: str
    way: str
    group: str
    protocol: str
    ports: tuple[int, int]
    network: IPv4Network | None = None
    peer: str | None = None


@dataclass(frozen=True)
class Route:
    """target is an id; destination a network, or the name of a service of AWS with a gateway endpoint."""

    path: str
    destination: IPv4Network | str
    target: str


@dataclass(frozen=True)
class Subnet:
    """table is None where nothing associates one: the main table of a VPC, which only knows the VPC."""

    network: IPv4Network
    zone: str
    association: str = ""
    table: str | None = None


@dataclass(frozen=True)
class Gateway:
    path: str
    subnet: str
    address: IPv4Address


@dataclass(frozen=True)
class Endpoint:
    """What sends or receives. Without a subnet it is outside of the VPC.

    hops: the hop limit of the metadata service of its instance, and where that is written. admits: networks that a
    public endpoint of EKS lets in, by where they are written. service: the name of an API of AWS. joined: a network
    that people connect with the VPC themselves. contained: a container on a host, with a network of its own.
    """

    address: IPv4Address
    subnet: str | None = None
    groups: frozenset[str] = frozenset()
    public: bool = False
    pod: Pod | None = None
    hops: tuple[int, str] | None = None
    admits: tuple[tuple[str, IPv4Network], ...] | None = None
    service: str | None = None
    joined: bool = False
    contained: bool = False


@dataclass(frozen=True)
class Packet:
    source: Endpoint
    target: Endpoint
    protocol: str
    port: int


@dataclass
class Network:
    vpc: IPv4Network
    subnets: dict[str, Subnet]
    routes: dict[str, list[Route]]
    rules: list[Rule]
    nat: dict[str, Gateway]
    internet: dict[str, str]
    policies: Policies
    endpoints: dict[str, list[Endpoint]]
    services: dict[str, list[Endpoint]]

    def reaches(self, packet: Packet, without: str = "") -> bool:
        """without: nat, or other zones, whose gateways are not to be used."""
        return bool(self.way(packet, without))

    def way(self, packet: Packet, without: str = "") -> tuple[str, ...]:
        """One way from source to target: what lets the packet through, in order. Empty where there is none."""
        if not (ends := self._ends(packet)):
            return ()  # most packets that must not arrive are stopped here, which needs no graph
        return _way((*ends, *self._edges(packet, without)))

    def ports(self, target: Endpoint) -> list[tuple[str, int]]:
        """Those that some rule into a target tells from others, and one more, which stands for all others."""
        rules = [rule for group in target.groups for rule in self._rules_of.get(("in", group), ())]
        return [("tcp", port) for port in sorted({OTHER_PORT, *(rule.ports[0] for rule in rules)})]

    def _ends(self, packet: Packet) -> list[Edge]:
        """What lets it out of a pod and of a group, into a group and a pod; nothing where one of these is missing."""
        found: list[Edge] = []
        for several in self._barriers(packet):
            if not several:
                return []
            found += several
        return found

    def _barriers(self, packet: Packet) -> Iterator[list[Edge]]:
        source, target, wire = packet.source, packet.target, (packet.protocol, packet.port)
        if target.address == METADATA:
            # It answers its own instance, which neither groups nor routes concern; a pod is one hop farther away.
            near = source.hops and source.hops[0] >= (2 if source.pod or source.contained else 1)
            yield [("sent", "target", source.hops[1])] if source.hops and near else []
        elif target.address == POD_IDENTITY:
            yield [("sent", "target", "")] if source.pod else []
        else:
            if target.subnet:
                yield [("delivered", "received", rule) for rule in self._matching("in", target, source, packet)]
            if source.subnet:
                rules = self._matching("out", source, target, packet)
                yield [("sent", ("in", source.subnet), rule) for rule in rules]
            into = self.policies.passes("ingress", target.pod, source.pod, source.address, wire)
            yield [("received", "target", rule) for rule in into]
        out = self.policies.passes("egress", source.pod, target.pod, target.address, wire)
        yield [("source", "sent", rule) for rule in out]

    def _edges(self, packet: Packet, without: str) -> Iterator[Edge]:
        source, target = packet.source, packet.target
        if source.subnet:
            yield from self._ways(source.subnet, packet, translated=None)
            for id, gateway in self.nat.items() if target.address not in self.vpc else ():
                elsewhere = self.subnets[gateway.subnet].zone != self.subnets[source.subnet].zone
                if without != "nat" and not (without == "other zones" and elsewhere):
                    yield id, ("in", gateway.subnet, id), gateway.path
                    yield from self._ways(gateway.subnet, packet, translated=id)
        else:
            yield "sent", "vpc" if source.joined else "internet", "the connection that people make" * source.joined
        yield from self._arrival(packet)

    def _ways(self, subnet: str, packet: Packet, translated: str | None) -> Iterator[Edge]:
        """From a subnet by its table: to the VPC itself, to a gateway, to an endpoint of a service."""
        here: object = ("in", subnet, translated) if translated else ("in", subnet)
        at = self.subnets[subnet]
        if packet.target.address in self.vpc:
            yield here, "vpc", ""
            return
        for route in self._best(at.table, packet.target):
            table = (here, route.path)
            yield here, table, at.association
            if route.target in self.internet:
                if packet.source.public or translated:
                    yield table, "out", route.path
                    yield "out", "internet", self.internet[route.target]
            elif isinstance(route.destination, str):
                yield table, "received", route.path
            else:
                yield table, route.target, route.path

    def _best(self, table: str | None, target: Endpoint) -> list[Route]:
        """The most specific of those that match: https://docs.aws.amazon.com/vpc/latest/userguide/route-tables-priority.html"""
        routes = self.routes.get(table or "", [])
        if services := [each for each in routes if each.destination == target.service]:
            return services
        networks = [(each.destination, each) for each in routes if isinstance(each.destination, IPv4Network)]
        matching = [(network.prefixlen, each) for network, each in networks if target.address in network]
        return [each for length, each in matching if length == max(length for length, _ in matching)]

    def _arrival(self, packet: Packet) -> Iterator[Edge]:
        source, target = packet.source, packet.target
        if not target.subnet:
            if target.admits is None:
                yield "internet", "received", ""
            for path, network in target.admits or ():
                seen = [gateway.address for gateway in self.nat.values()] if source.subnet else [source.address]
                if any(address in network for address in seen):
                    yield "internet", "received", path
            return
        yield "vpc", "delivered", ""
        at = self.subnets[target.subnet]
        if not source.subnet and target.public:
            # Whoever answers needs a way back, and the address that the internet gateway translates.
            for route in self._best(at.table, source):
                if route.target in self.internet:
                    yield "internet", ("back", route.path), self.internet[route.target]
                    yield ("back", route.path), "associated", route.path
                    yield "associated", "delivered", at.association

    @cached_property
    def _rules_of(self) -> dict[tuple[str, str], list[Rule]]:
        found: dict[tuple[str, str], list[Rule]] = defaultdict(list)
        for rule in self.rules:
            found[rule.way, rule.group].append(rule)
        return found

    def _matching(self, way: str, owner: Endpoint, other: Endpoint, packet: Packet) -> Iterator[str]:
        for rule in (rule for group in owner.groups for rule in self._rules_of.get((way, group), ())):
            if rule.protocol != "-1" and not (
                rule.protocol == packet.protocol and rule.ports[0] <= packet.port <= rule.ports[1]
            ):
                continue
            if other.address in rule.network if rule.network else rule.peer in other.groups:
                yield rule.path


@cache  # most networks with something taken away have the same graph for most packets
def _way(edges: tuple[Edge, ...]) -> tuple[str, ...]:
    graph = networkx.DiGraph()
    graph.add_edges_from((first, second, {"rule": rule}) for first, second, rule in edges)
    try:
        steps = networkx.shortest_path(graph, "source", "target")
    except networkx.NetworkXNoPath:
        return ()
    return tuple(graph.edges[step]["rule"] for step in itertools.pairwise(steps))
