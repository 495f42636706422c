"""Whether AWS offers here what the stacks ask for: in this region, these zones, to this account.

Sources: the API references of EC2, RDS and EKS, and of EKS's guide "Amazon EKS networking requirements for VPC and
subnets" and "Understand the Kubernetes version lifecycle on EKS".
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import jmespath

from operations.checks import Check
from operations.preflight.question import ZONE, Question


@dataclass(frozen=True)
class Offer:
    """What each resource of a kind asks for has to be in what AWS lists, or to begin one of its versions.

    wanted, asked (the arguments of the operation) and query are JMESPath: the first two of the arguments of the
    resource, to which `kubernetes`, `zones` and `places`, the least number of zones, are added. query and needed are
    formatted with these. settings are arguments that have to do with it as well.
    """

    kind: str
    wanted: str
    service: str
    operation: str
    asked: str
    query: str
    needed: str
    settings: tuple[str, ...] = ()


OFFERS = {
    "Zones": Offer(
        *("aws_subnet", "availability_zone", "ec2", "describe_availability_zones", "`{}`"),
        # EKS has no control plane in these.
        "AvailabilityZones[?State=='available' && !contains(['use1-az3', 'usw1-az2', 'cac1-az3'], ZoneId)].ZoneName",
        "a zone of this account in which EKS is",
    ),
    "Database": Offer(
        *("aws_db_instance", "engine_version", "rds", "describe_orderable_db_instance_options"),
        "{Engine: engine, DBInstanceClass: instance_class, Vpc: `true`}",
        "OrderableDBInstanceOptions[?StorageType=='{storage_type}' && (MultiAZCapable || `{places}`==`1`) && "
        "length(AvailabilityZones[?contains([{zones}], Name)]) >= `{places}`].EngineVersion",
        "{engine} on {instance_class} with {storage_type} in {places} of {zones}",
        ("instance_class",),
    ),
    "Kubernetes": Offer(
        *("aws_eks_cluster", "version", "eks", "describe_cluster_versions", "`{}`"),
        # Others get no new clusters with the policy STANDARD, and the clusters that they have are moved on.
        "clusterVersions[?versionStatus=='STANDARD_SUPPORT'].clusterVersion",
        "a version in standard support",
    ),
    "Add-ons": Offer(
        *("aws_eks_addon", "addon_version || addon_name", "eks", "describe_addon_versions"),
        "{addonName: addon_name, kubernetesVersion: kubernetes}",
        "addons[].[addonName, addonVersions[].addonVersion][][]",
        "{addon_name} for Kubernetes {kubernetes}",
    ),
    "Endpoints": Offer(
        *("aws_vpc_endpoint", "[@][?vpc_endpoint_type=='Interface'].service_name | [0]", "ec2"),
        *("describe_vpc_endpoint_services", "{Filters: [{Name: 'service-name', Values: [service_name]}]}"),
        "ServiceDetails[?length(AvailabilityZones[?contains([{zones}], @)]) == `{every}`].ServiceName",
        "in each of {zones}",
    ),
}


def offered(question: Question, offer: Offer) -> Iterator[Check]:
    settings = question.context.settings
    zones = settings.vpc.zones
    more = {"kubernetes": settings.eks.kubernetes_version, "zones": ", ".join(map(repr, zones)), "every": len(zones)}
    ask = cache(lambda query, asked: question.pages(offer.service, offer.operation, query, **json.loads(asked)))
    said = set()
    for each in question.arguments(offer.kind):
        about = {**each, **more, "places": 2 if each.get("multi_az") else 1}
        wanted = jmespath.search(offer.wanted, about)
        if wanted is None or wanted in said:
            continue
        said.add(wanted)
        there = ask(offer.query.format_map(about), json.dumps(jmespath.search(offer.asked, about)))
        if not any(f"{name}.".startswith(f"{wanted}.") for name in there):
            others = f", but {', '.join(sorted(set(there))[-5:])}" if there else ""
            fields = question.fields(wanted.split(f".{settings.region}.")[-1], *(each[name] for name in offer.settings))
            yield Check("", f"{wanted} is not offered{others}", f"Change {fields}.", offer.needed.format_map(about))


def instance_types(question: Question) -> Iterator[Check]:
    """Each has to be offered in each zone of its hosts, with the architecture of their image."""
    wanted: set[tuple[str, str, str]] = set()
    for each in question.arguments("aws_eks_node_group"):
        architecture = "arm64" if "ARM_64" in each["ami_type"] else "x86_64"
        here = question.context.settings.vpc.zones
        wanted |= {(kind, zone, architecture) for kind in each["instance_types"] for zone in here}
    for stack, _, each in question.resources("aws_instance"):
        interfaces = question.templates[stack]["resource"].get("aws_network_interface", {})
        places = ZONE.findall(json.dumps([each.get("subnet_id"), *(one["subnet_id"] for one in interfaces.values())]))
        wanted |= {(each["instance_type"], zone, "x86_64") for zone in places}
    if not wanted:
        return
    named = [{"Name": "instance-type", "Values": sorted({kind for kind, *_ in wanted})}]
    query, asking = "InstanceTypeOfferings[].[InstanceType, Location]", {"LocationType": "availability-zone"}
    there = question.pages("ec2", "describe_instance_type_offerings", query, Filters=named, **asking)
    query = "InstanceTypes[].[InstanceType, ProcessorInfo.SupportedArchitectures]"
    processors = dict(question.pages("ec2", "describe_instance_types", query, Filters=named))
    for kind, zone, architecture in sorted(wanted):
        remedy = f"Change {question.fields(kind)}."
        if [kind, zone] not in there:
            yield Check("", f"{kind} is not offered in {zone}", remedy, zone)
        elif architecture not in processors.get(kind, []):
            yield Check("", f"{kind} has {', '.join(processors.get(kind, []))}", remedy, architecture)
