"""make adopt: what another Terraform project has made comes under these stacks, imported and not created again."""

import json
import shlex
from collections.abc import Iterator, Mapping
from ipaddress import IPv4Network
from typing import Any

import yaml

from catalogue.adoption import IDENTITIES, IMPORT_IDS, REFERRED
from operations import OperationError
from operations.context import settings_of
from operations.engine.synthesis import synthesize
from operations.recovery.lookup import REFERENCE, Configuration
from settings import Settings
from settings.environment import ADOPTING

TIERS = ("public", "private", "database")
IN_VPC = ("aws_db_instance", "aws_eks_cluster")
ONE = "An environment has one of these: keep the others in a state of their own."
PASSWORD = (
    "has a password that its project knows, and here RDS keeps it. Write into the other project first, and apply:\n"
    "    manage_master_user_password = true, in the place of password"
)
CONFIG_MAP = (
    "goes to access entries in two steps, one by one. Write into the other project first, and apply:\n"
    '    access_config { authentication_mode = "API_AND_CONFIG_MAP" }'
)
Flat = dict[str, list[dict[str, Any]]]  # attributes by type, and as address where the other project has them


def adopt(environment: str, state: str) -> str:
    """The section for environments/<environment>.yaml that imports what is in this output of `terraform state pull`.

    It has ids and names of the state, and no other values. Raises OperationError with the settings to write first, and
    for what cannot be adopted.
    """
    settings, flat = settings_of(environment), read(state)
    if reasons := list(refusals(flat)):
        raise OperationError("this cannot be adopted as it is:", *(f"  {each}" for each in reasons))
    if says := different(settings.model_dump(mode="json"), wanted(flat, settings)):
        text = yaml.safe_dump(says, sort_keys=False, width=1000).rstrip()
        raise OperationError(f"environments/{environment}.yaml says something else than what runs. Write there:", text)
    graph = synthesize(environment)
    found = {stack: matches(graph.template(stack), flat, settings) for stack in ADOPTING}
    require_room(graph.template("vpc")["resource"]["aws_subnet"], flat, found["vpc"])
    imports = {
        stack: {each: IMPORT_IDS.get(each.split(".")[0], "{id}").format_map(has) for each, has in known.items()}  # type: ignore[union-attr]
        for stack, known in found.items()
        if known
    }
    theirs = [each["address"] for known in found.values() for each in known.values() if each["address"]]
    stay = {each["address"] for named in flat.values() for each in named}.difference(theirs, [""])
    return (
        f"{yaml.safe_dump({'adopt': imports}, width=1000)}"
        "# When make plan replaces and deletes nothing, and after the deploy, the other project lets go of them:\n"
        f"#   terraform state rm {' '.join(map(shlex.quote, theirs))}\n"
        f"# These stay in it: {' '.join(sorted(stay)) or 'none'}"
    )


def read(state: str) -> Flat:
    """Raises OperationError for what is no state. A route inside of its table is one beside it, without an address."""
    flat: Flat = {}
    try:
        for each in json.loads(state)["resources"]:
            address = ".".join(filter(None, (each.get("module"), each["type"], each["name"])))
            for instance in each["instances"] if each["mode"] == "managed" else ():
                index = f"[{json.dumps(instance['index_key'])}]" if "index_key" in instance else ""
                flat.setdefault(each["type"], []).append(instance["attributes"] | {"address": address + index})
    except (ValueError, KeyError, TypeError):
        pull = "terraform -chdir=<the other project> state pull | make -s adopt ENVIRONMENT=<environment>"
        raise OperationError(f"standard input is no state of Terraform: {pull}") from None
    routes = flat.setdefault("aws_route", [])
    beside = {(each["route_table_id"], each["destination_cidr_block"]) for each in routes}
    for table in flat.get("aws_route_table", []):
        for each in table["route"]:
            if (table["id"], each["cidr_block"]) not in beside:
                place = {"route_table_id": table["id"], "destination_cidr_block": each["cidr_block"], "address": ""}
                routes.append(each | place)
    return flat


def refusals(flat: Flat) -> Iterator[str]:
    """Each with the way on."""
    for kind in ("aws_vpc", *IN_VPC):
        if len(named := [each["address"] for each in flat.get(kind, [])]) > 1:
            yield f"{', '.join(named)}: {ONE}"
    if not flat.get("aws_vpc") and (named := [each["address"] for kind in IN_VPC for each in flat.get(kind, [])]):
        yield f"{', '.join(named)}: the VPC is in no resource of this state: move it in, with terraform state mv"
    for each in flat.get("aws_db_instance", []):
        if each["engine"] != "postgres":
            yield f"{each['address']} is {each['engine']}, not PostgreSQL: keep it in a state of its own"
        if not each["master_user_secret"]:
            yield f"{each['address']} {PASSWORD}"
    for each in flat.get("aws_eks_cluster", []):
        if any(access["authentication_mode"] == "CONFIG_MAP" for access in each["access_config"]):
            yield f"{each['address']} {CONFIG_MAP}"


def wanted(flat: Flat, settings: Settings) -> dict[str, Any]:
    """What the settings have to say, so that nothing is replaced or interrupted: most of it stays for good."""
    says: dict[str, Any] = {}
    tiers = tiers_of(flat)
    for each in flat.get("aws_vpc", []):
        gateways = {gateway["subnet_id"] for gateway in flat.get("aws_nat_gateway", [])}
        zones = [zone for zone, subnet in tiers["public"].items() if subnet["id"] in gateways]
        nat = {"nat": "per_zone"} if zones[1:] else {"nat": "one", "nat_zone": zones[0]} if zones else {}
        networks = {tier: {zone: each["cidr_block"] for zone, each in named.items()} for tier, named in tiers.items()}
        says |= dict(zip(("region", "account"), each["arn"].split(":")[3:5], strict=True))
        says["vpc"] = {"cidr": each["cidr_block"], "zones": sorted(tiers["private"]), **nat, "subnets": networks}
    if named := sorted(each["name"] for each in flat.get("aws_ecr_repository", [])):
        says["registry"] = {"adopted": named}
    if named := [each["name"] for each in flat.get("aws_route53_zone", []) if not each["vpc"]]:
        domain = settings.dns.domain
        says["dns"] = {"domain": domain if domain in named else named[0], "create_zone": True}
    for each in flat.get("aws_db_instance", []):
        major = each["engine_version_actual"].split(".")[0]
        says["database"] = {name: each[name] for name in ("identifier", "instance_class", "multi_az")} | {
            "subnet_group": each["db_subnet_group_name"],
            "subnets": "database" if tiers["database"] else "private",
            "engine_version": each["engine_version_actual"] if "." in settings.database.engine_version else major,
            "storage_gb": each["allocated_storage"],
        }
    for each in flat.get("aws_eks_cluster", []):
        network = each["kubernetes_network_config"][0]["service_ipv4_cidr"]
        says["eks"] = {"name": each["name"], "kubernetes_version": each["version"], "service_cidr": network}
    return says


def tiers_of(flat: Flat) -> dict[str, dict[str, dict[str, Any]]]:
    """The subnets of each tier by zone, the first of each. Public are those with a way to an internet gateway.

    Of the others, those of the database are a tier only where there are more, in which the nodes can be.
    """
    ways = [each for each in flat["aws_route"] if str(each.get("gateway_id")).startswith("igw-")]
    tables = {each["route_table_id"] for each in ways}
    public = {
        each["subnet_id"] for each in flat.get("aws_route_table_association", []) if each["route_table_id"] in tables
    }
    inner = {each["id"] for each in flat.get("aws_subnet", [])} - public
    grouped = inner.intersection(*(each["subnet_ids"] for each in flat.get("aws_db_subnet_group", [])[:1]))
    database = grouped if flat.get("aws_db_subnet_group") and inner - grouped else set()
    ids = dict(zip(TIERS, (public, inner - database, database), strict=True))
    subnets = list(reversed(flat.get("aws_subnet", [])))
    return {tier: {each["availability_zone"]: each for each in subnets if each["id"] in ids[tier]} for tier in TIERS}


def different(says: Mapping[str, Any], wanted: Mapping[str, Any]) -> dict[str, Any]:
    """What of it the settings do not say."""
    inner = {name: different(says.get(name) or {}, each) for name, each in wanted.items() if isinstance(each, dict)}
    others = {name: each for name, each in wanted.items() if name not in inner and says.get(name) != each}
    return others | {name: each for name, each in inner.items() if each}


def matches(template: Mapping[str, Any], flat: Flat, settings: Settings) -> dict[str, dict[str, Any]]:
    """By the address in a stack, what there is for it."""
    known: dict[str, Any] = {}
    configuration = Configuration(template, known, settings.account, settings.region)

    def take(address: str, like: Mapping[str, Any]) -> None:
        for each in flat.get(address.split(".")[0], []):
            if address not in known and each not in known.values() and like.items() <= each.items():
                known[address] = each

    for kind, names in IDENTITIES.items():
        for name, arguments in template.get("resource", {}).get(kind, {}).items():
            address, like = f"{kind}.{name}", {each: configuration.resolved(arguments.get(each)) for each in names}
            take(address, {name: str(value).removeprefix("https://") for name, value in like.items()})
            for argument in REFERRED.get(kind, ()) if address in known else ():
                if reference := REFERENCE.search(arguments[argument]):
                    take(reference[1], {"id": known[address][argument]})
    return known


def require_room(subnets: Mapping[str, Any], flat: Flat, known: Mapping[str, Any]) -> None:
    """Raises OperationError where a subnet that is to be created would lie on one that there is."""
    for name, subnet in subnets.items() if flat.get("aws_vpc") else ():
        cidr, there = IPv4Network(subnet["cidr_block"]), [each["cidr_block"] for each in flat.get("aws_subnet", [])]
        if f"aws_subnet.{name}" not in known and (on := [each for each in there if cidr.overlaps(IPv4Network(each))]):
            tier, zone = subnet["//"]["metadata"]["path"].split("/")[2:4]
            raise OperationError(
                f"the new subnet of the tier {tier} in {zone} would have {cidr}, and {', '.join(on)} is there: "
                f"write a free network of the VPC, below vpc.subnets.{tier}: {{{zone}: <network>}}"
            )
