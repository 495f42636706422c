"""Which packets the network policies of Kubernetes let through, and by which of their rules.

https://kubernetes.io/docs/concepts/services-networking/network-policies: a pod that no policy selects for a direction
is open in it; one that is selected is open for what some rule allows. Policies do not hold for pods on the network of
their node. A ClusterNetworkPolicy of the tier Admin is asked first, and what it denies nobody can allow:
https://docs.aws.amazon.com/eks/latest/userguide/cni-network-policy.html
"""

import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from ipaddress import IPv4Address, IPv4Network
from typing import Any

from operations.cluster.manifests import selects
from tests.charts import Objects

_network = cache(IPv4Network)
Wire = tuple[str, int]
SIDES = {"ingress": "from", "egress": "to"}
NAMESPACE = "kubernetes.io/metadata.name"


@dataclass(frozen=True)
class Pod:
    """labels and ports as pairs: a pod has to be hashable. A port is (name, number)."""

    namespace: str
    labels: tuple[tuple[str, str], ...] = ()
    ports: tuple[tuple[str, int], ...] = ()


class Policies:
    """All policies of a cluster, which are asked for the same pods again and again."""

    def __init__(self, objects: Objects) -> None:
        self.objects = objects
        self._applying: dict[tuple[str, Pod], Objects] = {}

    def passes(self, way: str, pod: Pod | None, peer: Pod | None, address: IPv4Address, wire: Wire) -> Iterator[str]:
        """The rules that let a packet out of (egress) or into (ingress) a pod; "" where none is needed.

        peer and address are those of the other side; wire is protocol and port at the target.
        """
        if pod is None:
            yield ""
            return
        if (way, pod) not in self._applying:
            self._applying[way, pod] = [each for each in self.objects if _applies(each, way, pod)]
        applying = [each for each in self._applying[way, pod] if each["kind"] == "NetworkPolicy"]
        if any(_denies(each, address) for each in self._applying[way, pod] if each["kind"] == "ClusterNetworkPolicy"):
            return
        if not applying:
            yield ""
            return
        target, (protocol, port) = pod if way == "ingress" else peer, wire
        names: set[int | str] = {port, *(name for name, number in (target.ports if target else ()) if number == port)}
        for each in applying:
            for index, rule in enumerate(each["spec"].get(way, [])):
                ports, peers = rule.get("ports", []), rule.get(SIDES[way], [])
                if ports and not any(_port(known, protocol, names) for known in ports):
                    continue
                if not peers or any(_is(known, each["metadata"]["namespace"], peer, address) for known in peers):
                    yield f"{title(each)}/{way}/{index}"


def title(policy: dict[str, Any]) -> str:
    return f"policy/{policy['metadata']['name']}"


def without(policies: Objects) -> Iterator[tuple[str, Objects]]:
    """All policies but one part, for each part: a policy, a rule, and of lists of several each peer and port.

    The only peer or port of a rule is no part: a list without any allows everything.
    """
    for index, policy in enumerate(policies):
        yield title(policy), [*policies[:index], *policies[index + 1 :]]
        for place in _parts(policy):
            changed = copy.deepcopy(policies)
            inside: Any = changed[index]["spec"]
            for part in place[:-1]:
                inside = inside[part]
            del inside[place[-1]]
            yield "/".join(map(str, (title(policy), *place))), changed


def _parts(policy: dict[str, Any]) -> Iterator[Sequence[Any]]:
    for way, side in SIDES.items():
        rules = policy["spec"].get(way, [])
        for index, rule in enumerate(rules):
            yield way, index
            for each in (side, "ports"):
                several = rule.get(each, [])
                yield from ((way, index, each, place) for place in range(len(several)) if len(several) > 1)
            for place, peer in enumerate(rule.get(side, [])):
                networks = peer.get("networks", [])
                if len(networks) > 1:
                    yield from ((way, index, side, place, "networks", number) for number in range(len(networks)))


def _applies(policy: dict[str, Any], way: str, pod: Pod) -> bool:
    spec = policy["spec"]
    if policy["kind"] == "ClusterNetworkPolicy":
        assert spec["tier"] == "Admin", "others come after the policies of namespaces"
        assert all(rule["action"] == "Deny" and "ports" not in rule for rule in spec["egress"]), (
            "others are not known here"
        )
        return way == "egress" and selects(spec["subject"]["namespaces"], {NAMESPACE: pod.namespace})
    return (
        way.capitalize() in spec["policyTypes"]
        and policy["metadata"]["namespace"] == pod.namespace
        and selects(spec["podSelector"], dict(pod.labels))
    )


def _port(known: dict[str, Any], protocol: str, names: set[int | str]) -> bool:
    return known["protocol"].lower() == protocol and known["port"] in names


def _is(known: dict[str, Any], namespace: str, peer: Pod | None, address: IPv4Address) -> bool:
    if "ipBlock" in known:
        return address in _network(known["ipBlock"]["cidr"])
    if peer is None:
        return False
    wanted = known.get("namespaceSelector", {"matchLabels": {NAMESPACE: namespace}})
    return selects(wanted, {NAMESPACE: peer.namespace}) and selects(known.get("podSelector", {}), dict(peer.labels))


def _denies(policy: dict[str, Any], address: IPv4Address) -> bool:
    peers = (peer for rule in policy["spec"]["egress"] for peer in rule["to"])
    return any(address in _network(network) for peer in peers for network in peer["networks"])
