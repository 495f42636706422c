"""Who may connect to the database."""

from imports.aws.vpc_security_group_ingress_rule import VpcSecurityGroupIngressRule
from imports.engine import Construct
from modules.database.postgres import PORT


def admit(scope: Construct, id: str, *, database: str, client: str, description: str) -> None:
    """Both are security groups. Whatever has that of the client may connect."""
    VpcSecurityGroupIngressRule(
        scope,
        id,
        security_group_id=database,
        referenced_security_group_id=client,
        ip_protocol="tcp",
        from_port=PORT,
        to_port=PORT,
        description=description,
    )
