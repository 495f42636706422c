"""Whether AWS offers here what the stacks ask for: in this region, these zones, to this account.

Sources: the API references of EC2, RDS and EKS; for zones, "Amazon EKS networking requirements for VPC and subnets".
"""

import json
from collections.abc import Iterator

from operations.checks import Check
from operations.preflight.question import ZONE, Question

WITHOUT_CONTROL_PLANES = {"use1-az3", "usw1-az2", "cac1-az3"}


def zones(question: Question) -> Iterator[Check]:
    wanted = {each["availability_zone"] for each in question.arguments("aws_subnet")}
    found = question.client("ec2").describe_availability_zones()["AvailabilityZones"] if wanted else []
    usable = {
        each["ZoneName"]
        for each in found
        if each["State"] == "available" and each["ZoneId"] not in WITHOUT_CONTROL_PLANES
    }
    for zone in sorted(wanted - usable):
        remedy = f"Write one of {', '.join(sorted(usable))} into {question.fields(zone)}."
        yield Check("Zones", f"{zone} is not for this account, or not for EKS", remedy, "zones of the cluster")


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
    asking = {"LocationType": "availability-zone", "Filters": named}
    query = "InstanceTypeOfferings[].[InstanceType, Location]"
    offered = question.pages("ec2", "describe_instance_type_offerings", query, **asking)
    query = "InstanceTypes[].[InstanceType, ProcessorInfo.SupportedArchitectures]"
    processors = dict(question.pages("ec2", "describe_instance_types", query, Filters=named))
    for kind, zone, architecture in sorted(wanted):
        remedy = f"Write another type into {question.fields(kind)}."
        if [kind, zone] not in offered:
            yield Check("Instance types", f"{kind} is not offered in {zone}", remedy, zone)
        elif architecture not in processors.get(kind, []):
            yield Check("Instance types", f"{kind} has {', '.join(processors.get(kind, []))}", remedy, architecture)


def databases(question: Question) -> Iterator[Check]:
    for each in question.arguments("aws_db_instance"):
        engine, asked, kind = each["engine"], each["engine_version"], each["instance_class"]
        query = "DBEngineVersions[?Status=='available'].EngineVersion"
        every = question.pages("rds", "describe_db_engine_versions", query, Engine=engine)
        fitting = [version for version in every if f"{version}.".startswith(f"{asked}.")]
        if not fitting:
            remedy = f"Write one of {', '.join(every[-5:])} into {question.fields(asked)}."
            yield Check("Database", f"AWS offers no {engine} {asked}", remedy, f"{engine} {asked}")
            continue
        newest = max(fitting, key=lambda version: [int(part) for part in version.split(".")])
        query = "OrderableDBInstanceOptions[].[StorageType, MultiAZCapable, AvailabilityZones[].Name]"
        asking = {"Engine": engine, "EngineVersion": newest, "DBInstanceClass": kind, "Vpc": True}
        options = question.pages("rds", "describe_orderable_db_instance_options", query, **asking)
        here = {
            zone
            for storage, several, places in options
            if storage == each["storage_type"] and (several or not each["multi_az"])
            for zone in places
        }.intersection(question.context.settings.vpc.zones)
        if len(here) < 1 + each["multi_az"]:
            needed = f"{1 + each['multi_az']} zones with {engine} {newest} and {each['storage_type']}"
            remedy = f"Write another class into {question.fields(kind)}."
            yield Check("Database", f"{kind} is offered in {', '.join(sorted(here)) or 'none'}", remedy, needed)


def kubernetes(question: Question) -> Iterator[Check]:
    """With the policy STANDARD, EKS creates no cluster in extended support, and moves on those that get there."""
    for each in question.arguments("aws_eks_cluster"):
        asked, query = each["version"], "clusterVersions[].[clusterVersion, versionStatus]"
        offered = dict(question.pages("eks", "describe_cluster_versions", query))
        if offered.get(asked) != "STANDARD_SUPPORT":
            standard = sorted(name for name, status in offered.items() if status == "STANDARD_SUPPORT")
            remedy = f"Write one of {', '.join(standard)} into {question.fields(asked)}."
            yield Check("Kubernetes", f"{asked}: {offered.get(asked, 'not offered')}", remedy, "STANDARD_SUPPORT")


def addons(question: Question) -> Iterator[Check]:
    """For the version of the cluster of the same stack. Where none is held, AWS takes its default."""
    for stack, _, each in question.resources("aws_eks_addon"):
        for cluster in question.templates[stack]["resource"].get("aws_eks_cluster", {}).values():
            name, held, version = each["addon_name"], each.get("addon_version"), cluster["version"]
            asking = {"addonName": name, "kubernetesVersion": version}
            query = "addons[].addonVersions[].addonVersion"
            offered = question.pages("eks", "describe_addon_versions", query, **asking)
            if not offered or (held and held not in offered):
                others = f"one of {', '.join(offered[:3])}" if offered else "another version"
                remedy = f"Write {others} into {question.fields(held if held and offered else version)}."
                yield Check("Add-ons", f"{name} {held or ''} is not offered", remedy, f"for Kubernetes {version}")


def endpoints(question: Question) -> Iterator[Check]:
    """An interface endpoint has an address in each zone."""
    every = question.arguments("aws_vpc_endpoint")
    wanted = sorted(each["service_name"] for each in every if each["vpc_endpoint_type"] == "Interface")
    query = "ServiceDetails[].[ServiceType[0].ServiceType, ServiceName, AvailabilityZones]"
    named = [{"Name": "service-name", "Values": wanted}]
    found = question.pages("ec2", "describe_vpc_endpoint_services", query, Filters=named) if wanted else []
    offered = {name: places for kind, name, places in found if kind == "Interface"}
    for name in wanted:
        missing = set(question.context.settings.vpc.zones).difference(offered.get(name, []))
        if missing:
            short = name.removeprefix(f"com.amazonaws.{question.context.settings.region}.")
            remedy = f"Take {short} out of {question.fields(short)}."
            yield Check("Endpoints", f"{name} is not offered in {', '.join(sorted(missing))}", remedy, "in each zone")
