"""What the workflow of the restore drill may do in AWS."""

from modules.identity.policy import Statement
from settings import Settings
from stacks.iam_statements import DESCRIBES, overwrites
from stacks.pod_roles import owner_of_database


def restore_drill(settings: Settings) -> list[Statement]:
    """Restore the database beside itself, reach both through the monitoring host, and remove what it has restored.

    Source: the service authorization reference of RDS and of Systems Manager; of the key, "Encrypting Amazon RDS
    resources" in the RDS guide.
    """
    here, prefix = f"{settings.region}:{settings.account}", settings.names.prefix
    rds, restored = f"arn:aws:rds:{here}", f"arn:aws:rds:{here}:db:{prefix}-drill-{'?' * 14}"
    own = {"project": settings.project, "environment": settings.environment}
    tagged, tags = ({f"aws:{kind}Tag/{tag}": value for tag, value in own.items()} for kind in ("Resource", "Request"))
    return [
        Statement(
            actions=["s3:GetObject"],
            resources=[
                f"arn:aws:s3:::{settings.names.state_bucket}/{settings.names.state_key(stack)}"
                for stack in ("database", "monitoring")
            ],
        ),
        owner_of_database(settings),
        Statement(actions=["rds:DescribeDBInstances"], resources=[f"{rds}:db:*"]),
        Statement(
            actions=["rds:RestoreDBInstanceToPointInTime"],
            resources=[
                *(f"{rds}:{each}" for each in (f"db:{prefix}", f"subgrp:{prefix}", f"pg:{prefix}-*", "og:default:*")),
                restored,
            ],
        ),
        Statement(actions=["rds:AddTagsToResource"], resources=[restored], conditions={"StringEquals": tags}),
        Statement(actions=["rds:DeleteDBInstance"], resources=[restored], conditions={"StringEquals": tagged}),
        Statement(
            actions=["kms:CreateGrant", "kms:DescribeKey"],
            resources=[f"arn:aws:kms:{here}:key/*"],
            conditions={
                "ForAnyValue:StringEquals": {"kms:ResourceAliases": f"alias/{prefix}-database"},
                "StringEquals": {"kms:ViaService": f"rds.{settings.region}.amazonaws.com"},
            },
        ),
        Statement(
            actions=["ec2:DescribeSecurityGroups", "ec2:DescribeSubnets", "ec2:DescribeVpcs"],
            resources=["*"],
            reason=DESCRIBES,
        ),
        Statement(
            actions=["ssm:StartSession"],
            resources=[f"arn:aws:ec2:{here}:instance/*"],
            conditions={
                "StringEquals": tagged | {"aws:ResourceTag/Name": f"{prefix}-monitoring"},
                "Bool": {"ssm:SessionDocumentAccessCheck": "true"},  # or a shell would need no document
            },
        ),
        Statement(
            actions=["ssm:StartSession"],
            resources=[f"arn:aws:ssm:{settings.region}::document/AWS-StartPortForwardingSessionToRemoteHost"],
        ),
        Statement(actions=["ssm:TerminateSession"], resources=[f"arn:aws:ssm:{here}:session/${{aws:userid}}-*"]),
        overwrites(settings, settings.names.restore_drill_parameter),
    ]
