"""The record of who talked to whom in a VPC, kept in CloudWatch."""

from imports.aws.flow_log import FlowLog
from imports.engine import Construct
from modules.identity.policy import Statement, trusts_service
from modules.identity.role import Role
from modules.storage.log_group import log_group


class FlowLogs(Construct):
    def __init__(
        self, scope: Construct, id: str, *, name: str, vpc_id: str, retention_days: int, boundary_arn: str
    ) -> None:
        super().__init__(scope, id)

        group = log_group(self, "log_group", name=f"/aws/vpc/{name}", retention_days=retention_days)
        role = Role(
            self,
            "writer",
            name=f"{name}-flow-logs",
            trust=trusts_service("vpc-flow-logs.amazonaws.com"),
            boundary_arn=boundary_arn,
            statements=[
                Statement(
                    actions=["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"],
                    resources=[f"{group.arn}:*"],
                )
            ],
        )
        FlowLog(
            self,
            "flow_log",
            vpc_id=vpc_id,
            traffic_type="ALL",
            log_destination_type="cloud-watch-logs",
            log_destination=group.arn,
            iam_role_arn=role.arn,
            tags={"Name": name},
        )
