"""A VPC with public, private and database subnets in each zone, and the ways out of them."""

from imports.aws.default_security_group import DefaultSecurityGroup
from imports.aws.eip import Eip
from imports.aws.internet_gateway import InternetGateway
from imports.aws.nat_gateway import NatGateway
from imports.aws.route import Route
from imports.aws.route_table import RouteTable
from imports.aws.route_table_association import RouteTableAssociation
from imports.aws.security_group import SecurityGroup
from imports.aws.subnet import Subnet
from imports.aws.vpc import Vpc
from imports.engine import Construct, TerraformResourceLifecycle
from modules.network.addresses import database_cidr, private_cidr, public_cidr
from outputs import VpcOutputs
from settings.aws import VpcSettings


class Network(Construct):
    """The outputs, and private_route_table_ids for gateway endpoints."""

    def __init__(self, scope: Construct, id: str, *, name: str, settings: VpcSettings) -> None:
        super().__init__(scope, id)

        vpc = Vpc(
            self,
            "vpc",
            cidr_block=str(settings.cidr),
            enable_dns_hostnames=True,
            enable_dns_support=True,
            tags={"Name": name},
        )
        # Without any rule: whatever forgets to name a security group can talk to nobody.
        DefaultSecurityGroup(self, "default_security_group", vpc_id=vpc.id, tags={"Name": f"{name}-default-unused"})
        internet = InternetGateway(self, "internet_gateway", vpc_id=vpc.id, tags={"Name": name})

        public = Construct(self, "public")
        public_table = RouteTable(public, "route_table", vpc_id=vpc.id, tags={"Name": f"{name}-public"})
        Route(
            public,
            "default_route",
            route_table_id=public_table.id,
            destination_cidr_block="0.0.0.0/0",
            gateway_id=internet.id,
        )
        private, database = Construct(self, "private"), Construct(self, "database")
        database_table = RouteTable(database, "route_table", vpc_id=vpc.id, tags={"Name": f"{name}-database"})

        # Ids and address blocks follow the zone, never its place in the list: a zone that goes moves no neighbour.
        public_subnets, private_subnets, database_subnets = [], {}, []
        gateways: dict[str, NatGateway] = {}
        addresses: list[str] = []
        private_tables: list[str] = []
        with_gateway = {"one": (settings.nat_zone or settings.zones[0],), "per_zone": settings.zones}
        for zone in settings.zones:
            in_public = Construct(public, zone)

            subnet = Subnet(
                in_public,
                "subnet",
                vpc_id=vpc.id,
                availability_zone=zone,
                cidr_block=str(public_cidr(settings, zone)),
                tags={"Name": f"{name}-public-{zone}", "kubernetes.io/role/elb": "1"},
            )
            RouteTableAssociation(in_public, "routes", subnet_id=subnet.id, route_table_id=public_table.id)
            public_subnets.append(subnet.id)

            if zone in with_gateway[settings.nat]:
                address = Eip(in_public, "nat_address", domain="vpc", tags={"Name": f"{name}-nat-{zone}"})
                gateways[zone] = NatGateway(
                    in_public,
                    "nat_gateway",
                    subnet_id=subnet.id,
                    allocation_id=address.id,
                    tags={"Name": f"{name}-{zone}"},
                    depends_on=[internet],
                )
                addresses.append(address.public_ip)

        for zone in settings.zones:
            in_private, in_database = Construct(private, zone), Construct(database, zone)

            subnet = Subnet(
                in_private,
                "subnet",
                vpc_id=vpc.id,
                availability_zone=zone,
                cidr_block=str(private_cidr(settings, zone)),
                tags={"Name": f"{name}-private-{zone}", "kubernetes.io/role/internal-elb": "1"},
            )
            table = RouteTable(in_private, "route_table", vpc_id=vpc.id, tags={"Name": f"{name}-private-{zone}"})
            way_out = Route(
                in_private,
                "default_route",
                route_table_id=table.id,
                destination_cidr_block="0.0.0.0/0",
                nat_gateway_id=gateways.get(zone, next(iter(gateways.values()))).id,
            )
            # A subnet that was there before must not lose its way out when it gets this table.
            RouteTableAssociation(
                in_private, "routes", subnet_id=subnet.id, route_table_id=table.id, depends_on=[way_out]
            )
            private_subnets[zone] = subnet.id
            private_tables.append(table.id)

            subnet = Subnet(
                in_database,
                "subnet",
                vpc_id=vpc.id,
                availability_zone=zone,
                cidr_block=str(database_cidr(settings, zone)),
                tags={"Name": f"{name}-database-{zone}"},
            )
            RouteTableAssociation(in_database, "routes", subnet_id=subnet.id, route_table_id=database_table.id)
            database_subnets.append(subnet.id)

        # Older than the database and than its clients, which add themselves: none waits for another or goes with it.
        server = SecurityGroup(
            database,
            "server",
            name_prefix=f"{name}-database-",
            description="The database, for those whose stacks add a rule",
            vpc_id=vpc.id,
            tags={"Name": f"{name}-database"},
            lifecycle=TerraformResourceLifecycle(create_before_destroy=True),
        )

        self.private_route_table_ids = private_tables
        self.outputs = VpcOutputs(
            vpc_id=vpc.id,
            vpc_cidr=vpc.cidr_block,
            public_subnet_ids=public_subnets,
            private_subnet_ids=list(private_subnets.values()),
            private_subnets=private_subnets,
            database_subnet_ids=database_subnets,
            database_security_group_id=server.id,
            nat_public_ips=addresses,
        )
