"""The network: three tiers of subnets in two or three zones, NAT, endpoints, a record of who talked to whom."""

from imports.engine import Construct
from modules.network.endpoints import Endpoints
from modules.network.flow_logs import FlowLogs
from modules.network.network import Network
from settings import Settings
from stacks.base import AreaStack
from stacks.iam import IamStack


class VpcStack(AreaStack):
    def __init__(self, scope: Construct, settings: Settings, *, iam: IamStack) -> None:
        super().__init__(scope, "vpc", settings)
        self.add_dependency(iam)  # which makes the boundary of every role

        network = Network(self, "network", name=settings.names.prefix, settings=settings.vpc)
        Endpoints(
            self,
            "endpoints",
            name=settings.names.prefix,
            region=settings.region,
            vpc_id=network.outputs.vpc_id,
            vpc_cidr=network.outputs.vpc_cidr,
            subnet_ids=network.outputs.private_subnet_ids,
            route_table_ids=network.private_route_table_ids,
            services=settings.vpc.interface_endpoints,
        )
        FlowLogs(
            self,
            "flow_logs",
            name=settings.names.prefix,
            vpc_id=network.outputs.vpc_id,
            retention_days=settings.vpc.flow_log_retention_days,
            boundary_arn=settings.names.boundary_arn,
        )

        self.publish(network.outputs)
