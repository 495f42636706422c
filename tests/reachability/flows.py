"""The rows of flows.yaml: which packets each one is about, and whether a network keeps it."""

import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from functools import cache
from ipaddress import IPv4Network
from operator import attrgetter
from pathlib import Path
from typing import Any, Literal

import yaml
from moto.iam.aws_managed_policies import aws_managed_policies_data
from pydantic import BaseModel, ConfigDict, Field

from settings import Settings
from tests.reachability.endpoints import SERVICE
from tests.reachability.network import EVERYWHERE, Endpoint, Network, Packet, Route, Rule
from tests.reachability.policies import Policies
from tests.reachability.references import References, Unresolved

LAYERS = ("security groups", "routes", "addresses", "policies", "hop limit", "networks of EKS")
# Prefixes of actions to names of endpoints, where they are not the same. Layers of images come from S3:
# https://docs.aws.amazon.com/AmazonECR/latest/userguide/vpc-endpoints.html
SERVICES = {"ecr": ["ecr.api", "ecr.dkr", "s3"]}
Side = str | list[Any] | dict[str, Any]


class Row(BaseModel):
    """verdict open: nobody needs it, and it is known. rests_on: what cannot be missed, as patterns of its path."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    source: Side = Field(alias="from")
    target: Side = Field(alias="to")
    port: int | str | list[int | str]
    verdict: Literal["must", "must not", "open"]
    why: str
    when: dict[str, Any] = {}
    without: Literal["", "nat", "other zones"] = ""
    rests_on: list[str] = []
    held_by: list[str] = []

    @property
    def name(self) -> str:
        return f"{self.source} to {self.target}, {self.port}{' without ' * bool(self.without)}{self.without}"


@dataclass
class Setting:
    """What an environment says, of which the synthesized stacks are not asked again."""

    settings: Settings
    references: References
    _called: dict[str, frozenset[str]] = field(default_factory=dict)

    def applies(self, row: Row) -> bool:
        return all(self._meets(name, wanted) for name, wanted in row.when.items())

    def _meets(self, name: str, wanted: Any) -> bool:
        value = self.value(name)
        if isinstance(wanted, dict):
            [(how, other)] = wanted.items()
            return bool((value == self.value(other)) is (how == "is"))
        return bool(value) if wanted is True else bool(value == wanted)

    def value(self, name: str) -> Any:
        return attrgetter(name)(self.settings)

    def packets(self, row: Row, network: Network) -> list[Packet]:
        # Several pods of one namespace are one: what they may do is the same.
        sources, targets = (dict.fromkeys(self._endpoints(side, network)) for side in (row.source, row.target))
        ports = row.port if isinstance(row.port, list) else [row.port]
        return [
            Packet(source, target, *wire)
            for target in targets
            for wire in (map(_wire, ports) if row.port != "any" else network.ports(target))
            for source in sources
        ]

    def _endpoints(self, side: Side, network: Network) -> list[Endpoint]:
        if isinstance(side, str):
            side = [side]
        if isinstance(side, list):
            names = [name for each in side for name in (each if isinstance(each, list) else [each])]
            return [each for name in names for each in network.endpoints[name]]
        [(kind, value)] = side.items()
        if kind == "all but":
            return [each for name, several in network.endpoints.items() if name not in value for each in several]
        if kind in ("office", "joined"):
            networks = [IPv4Network(each) for each in self.value(value)]
            return [Endpoint(each[9], joined=kind == "joined") for each in networks]
        services = self.called_by(value) if kind == "role" else self.value(value) if isinstance(value, str) else value
        return [each for name in sorted(services) for each in _service(name, network)]

    def called_by(self, component: str) -> frozenset[str]:
        """The services of AWS that the role of a component may call. Raises Unresolved where it has none."""
        if component not in self._called:
            self._called[component] = self._of_role(component)
        return self._called[component]

    def _of_role(self, component: str) -> frozenset[str]:
        attached = self.references
        role = _role(attached, component)
        documents = [
            json.loads(each.body["policy"])
            for each in attached.all("aws_iam_role_policy")
            if attached.owner(each.stack, each.body["role"]) == role
        ]
        documents += [
            _managed()[each.body["policy_arn"].split("/")[-1]]["Document"]
            for each in attached.all("aws_iam_role_policy_attachment")
            if attached.owner(each.stack, each.body["role"]) == role
        ]
        found = {
            action.split(":")[0]
            for document in documents
            for statement in document["Statement"]
            if statement["Effect"] == "Allow"
            for action in itertools.chain(
                [statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"]
            )
        }
        return frozenset(name for prefix in found for name in SERVICES.get(prefix, [prefix]))

    def rests_on(self, row: Row, key: str) -> bool:
        return any(fnmatchcase(key, pattern) for each in row.rests_on for pattern in self.patterns(each))

    def patterns(self, text: str) -> Iterator[str]:
        """A pattern for each value of each {name} in it; the name of a group of patterns stands for all of them."""
        if text in GROUNDS:
            for each in GROUNDS[text]:
                yield from self.patterns(each)
            return
        vpc, names = self.settings.vpc, self.settings.names
        gateways = {zone: zone if vpc.nat == "per_zone" else vpc.nat_zone or vpc.zones[0] for zone in vpc.zones}
        known = {
            "zone": vpc.zones,
            "nat": sorted(set(gateways.values())),
            "monitoring": [self.settings.monitoring.zone],
            "runner": [names.runner_zone],
            "nat of monitoring": [gateways[self.settings.monitoring.zone]],
            "nat of runner": [gateways[names.runner_zone]],
            "service": sorted(vpc.interface_endpoints),
        }
        for name, values in known.items():
            if f"{{{name}}}" in text:
                for value in values:
                    yield from self.patterns(text.replace(f"{{{name}}}", value))
                return
        yield text


@cache
def _managed() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(aws_managed_policies_data)
    return found


def _wire(port: int | str) -> tuple[str, int]:
    number, _, protocol = str(port).partition("/")
    return protocol or "tcp", int(number)


def _service(name: str, network: Network) -> list[Endpoint]:
    return network.services.get(name, [Endpoint(SERVICE, service=name)])


def _role(references: References, component: str) -> str:
    """The id of the role of a pod by its service account or add-on, of a node, or of a host by its stack."""
    for each in references.all("aws_eks_pod_identity_association"):
        if each.body["service_account"] == component:
            return references.owner(each.stack, each.body["role_arn"])
    for each in references.all("aws_eks_addon"):
        if each.body["addon_name"] == component and "pod_identity_association" in each.body:
            [association] = each.body["pod_identity_association"]
            return references.owner(each.stack, association["role_arn"])
    if component == "node":
        [role] = {
            references.owner(each.stack, each.body["node_role_arn"]) for each in references.all("aws_eks_node_group")
        }
        return role
    for each in references.all("aws_instance"):
        if each.stack == component.removesuffix(" host"):
            profile = references.owner(each.stack, each.body["iam_instance_profile"])
            [found] = [each for each in references.all("aws_iam_instance_profile") if each.id == profile]
            return references.owner("iam", found.body["role"])
    raise Unresolved(f"{component} has no role")


def holds(row: Row, network: Network, setting: Setting) -> bool:
    packets = setting.packets(row, network)
    if row.verdict == "must not":
        return not any(network.reaches(each, row.without) for each in packets)
    return bool(packets) and all(network.reaches(each, row.without) for each in packets)


def opened(network: Network, layers: set[str]) -> Network:
    """The network as if these layers held nothing."""
    groups = {each for several in network.endpoints.values() for endpoint in several for each in endpoint.groups}
    open_rules = [
        Rule(f"opened/{way}", way, group, "-1", (0, 65535), network=EVERYWHERE)
        for group in groups
        for way in ("in", "out")
    ]
    routes = {
        table: [*network.routes.get(table, []), *(Route("opened", EVERYWHERE, id) for id in network.internet)]
        for table in {"", *(each.table or "" for each in network.subnets.values())}
    }

    def changed(endpoint: Endpoint) -> Endpoint:
        changes: dict[str, Any] = {}
        if "addresses" in layers and endpoint.subnet:
            changes["public"] = True
        if "hop limit" in layers and endpoint.hops:
            changes["hops"] = (2, endpoint.hops[1])
        if "networks of EKS" in layers and endpoint.admits is not None:
            changes["admits"] = (("opened", EVERYWHERE),)
        return replace(endpoint, **changes) if changes else endpoint

    return replace(
        network,
        rules=network.rules + (open_rules if "security groups" in layers else []),
        routes=routes if "routes" in layers else network.routes,
        policies=Policies([]) if "policies" in layers else network.policies,
        endpoints={name: list(map(changed, several)) for name, several in network.endpoints.items()},
    )


TABLE = yaml.safe_load(Path(__file__).with_name("flows.yaml").read_text(encoding="utf-8"))
GROUNDS: dict[str, list[str]] = TABLE["grounds"]
SUPERFLUOUS: dict[str, str] = TABLE["superfluous"]
ROWS = [Row.model_validate(each) for each in TABLE["flows"]]
OTHERS: list[str] = TABLE["others"]
PICTURE: dict[str, dict[str, list[str]]] = TABLE["picture"]
