"""How the address block of a VPC is divided: one place for each tier in each zone.

The letter of the zone decides, not its place in the list: adding or removing a zone moves no other subnet. Six eighths
of the block are for the private subnets of zones a to f, because nodes and pods all take their addresses there; the
other two are divided once more, for the public and for the database subnets. Subnets that were there before are where
the settings say.
"""

from ipaddress import IPv4Network

from settings.aws import VpcSettings

ZONES = "abcdef"
PUBLIC, DATABASE = 6, 7


def private_cidr(vpc: VpcSettings, zone: str) -> IPv4Network:
    """An eighth of the VPC for nodes and pods."""
    return vpc.subnets.get("private", {}).get(zone) or _eighths(vpc.cidr)[ZONES.index(zone[-1])]


def public_cidr(vpc: VpcSettings, zone: str) -> IPv4Network:
    """A sixty-fourth of the VPC for load balancers and NAT gateways."""
    return vpc.subnets.get("public", {}).get(zone) or _eighths(_eighths(vpc.cidr)[PUBLIC])[ZONES.index(zone[-1])]


def database_cidr(vpc: VpcSettings, zone: str) -> IPv4Network:
    """A sixty-fourth of the VPC for the database."""
    return vpc.subnets.get("database", {}).get(zone) or _eighths(_eighths(vpc.cidr)[DATABASE])[ZONES.index(zone[-1])]


def _eighths(block: IPv4Network) -> list[IPv4Network]:
    return list(block.subnets(prefixlen_diff=3))
