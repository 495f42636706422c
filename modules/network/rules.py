"""Rules of security groups."""

from ipaddress import IPv4Network

from imports.aws.vpc_security_group_egress_rule import VpcSecurityGroupEgressRule
from imports.aws.vpc_security_group_ingress_rule import VpcSecurityGroupIngressRule
from imports.engine import Construct

HTTP, HTTPS = 80, 443
EVERYWHERE = IPv4Network("0.0.0.0/0")
Egress = VpcSecurityGroupEgressRule
Ingress = VpcSecurityGroupIngressRule


def allow(
    rule: type[Egress] | type[Ingress],
    scope: Construct,
    id: str,
    group_id: str,
    port: int,
    network: IPv4Network | str,
    description: str,
) -> None:
    """One port of TCP, to network (Egress) or from it (Ingress). A str is a reference to a CIDR block."""
    rule(
        scope,
        id,
        security_group_id=group_id,
        ip_protocol="tcp",
        from_port=port,
        to_port=port,
        cidr_ipv4=str(network),
        description=description,
    )
