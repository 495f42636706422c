"""How the address block of a VPC is divided: one place for each tier in each zone.

The letter of the zone decides, not its place in the list: adding or removing a zone moves no other subnet. Six eighths
of the block are for the private subnets of zones a to f, because nodes and pods all take their addresses there; the
other two are divided once more, for the public and for the database subnets.
"""

from ipaddress import IPv4Network

ZONES = "abcdef"
PUBLIC, DATABASE = 6, 7


def private_cidr(vpc: IPv4Network, zone: str) -> IPv4Network:
    """An eighth of the VPC for nodes and pods."""
    return _eighths(vpc)[ZONES.index(zone[-1])]


def public_cidr(vpc: IPv4Network, zone: str) -> IPv4Network:
    """A sixty-fourth of the VPC for load balancers and NAT gateways."""
    return _eighths(_eighths(vpc)[PUBLIC])[ZONES.index(zone[-1])]


def database_cidr(vpc: IPv4Network, zone: str) -> IPv4Network:
    """A sixty-fourth of the VPC for the database."""
    return _eighths(_eighths(vpc)[DATABASE])[ZONES.index(zone[-1])]


def _eighths(block: IPv4Network) -> list[IPv4Network]:
    return list(block.subnets(prefixlen_diff=3))
