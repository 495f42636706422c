"""Private ways to services of AWS, so that traffic to them needs no NAT gateway."""

from collections.abc import Iterable, Sequence

from imports.aws.security_group import SecurityGroup
from imports.aws.vpc_endpoint import VpcEndpoint
from imports.engine import Construct, TerraformResourceLifecycle
from modules.network.rules import HTTPS, Ingress, allow


class Endpoints(Construct):
    """S3 always, because its gateway costs nothing; the interface endpoints that the settings name."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        name: str,
        region: str,
        vpc_id: str,
        vpc_cidr: str,
        subnet_ids: Sequence[str],
        route_table_ids: Sequence[str],
        services: Iterable[str],
    ) -> None:
        super().__init__(scope, id)

        VpcEndpoint(
            self,
            "s3",
            vpc_id=vpc_id,
            service_name=f"com.amazonaws.{region}.s3",
            vpc_endpoint_type="Gateway",
            route_table_ids=route_table_ids,
            tags={"Name": f"{name}-s3"},
        )
        services = sorted(services)
        if not services:
            return

        clients = SecurityGroup(
            self,
            "interfaces",
            name_prefix=f"{name}-endpoints-",
            description="Interface endpoints of AWS services",
            vpc_id=vpc_id,
            tags={"Name": f"{name}-endpoints"},
            lifecycle=TerraformResourceLifecycle(create_before_destroy=True),
        )
        allow(Ingress, self, "from_vpc", clients.id, HTTPS, vpc_cidr, "HTTPS from the VPC")
        for service in services:
            VpcEndpoint(
                self,
                service,
                vpc_id=vpc_id,
                service_name=f"com.amazonaws.{region}.{service}",
                vpc_endpoint_type="Interface",
                private_dns_enabled=True,
                subnet_ids=subnet_ids,
                security_group_ids=[clients.id],
                tags={"Name": f"{name}-{service}"},
            )
