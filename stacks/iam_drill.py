"""What the workflow of the restore drill may do in AWS."""

from modules.identity.policy import Statement
from settings import Settings
from stacks.iam_statements import overwrites
from stacks.pod_roles import owner_of_database

DOCUMENT = "AWS-StartPortForwardingSessionToRemoteHost"


def restore_drill(settings: Settings) -> list[Statement]:
    """Restore the database beside itself, reach both through the monitoring host, and remove what it has restored.

    Source: the service authorization reference of RDS and of Systems Manager; of the key, "Encrypting Amazon RDS
    resources" in the RDS guide; of a session, "Additional sample IAM policies for Session Manager", example 4.
    """
    here, prefix, names = f"{settings.region}:{settings.account}", settings.names.prefix, settings.names
    rds, states = f"arn:aws:rds:{here}", f"arn:aws:s3:::{names.state_bucket}"
    original, restored = f"{rds}:db:{names.database}", f"{rds}:db:{prefix}-drill-{'?' * 14}"
    # What Terraform adds to a name_prefix. * would match groups of an environment whose name goes on, too.
    of_terraform = "?" * 26
    groups = [f"{rds}:subgrp:{settings.database.subnet_group or prefix}", f"{rds}:pg:{prefix}-{of_terraform}"]
    groups.append(f"{rds}:og:default:*")
    own = {"project": settings.project, "environment": settings.environment}
    tagged, tags = ({f"aws:{kind}Tag/{tag}": value for tag, value in own.items()} for kind in ("Resource", "Request"))
    key = {
        "ForAnyValue:StringEquals": {"kms:ResourceAliases": f"alias/{prefix}-database"},
        "StringEquals": {"kms:ViaService": f"rds.{settings.region}.amazonaws.com"},
    }
    host = {
        "StringEquals": tagged | {"aws:ResourceTag/Name": f"{prefix}-monitoring"},
        "Bool": {"ssm:SessionDocumentAccessCheck": "true"},  # or a shell would need no document
    }
    both = [f"{states}/{names.state_key(stack)}" for stack in ("database", "monitoring")]
    # Its own. For Terraform, $$ is a $.
    mine = {"StringEquals": {"ssm:resourceTag/aws:ssmmessages:session-id": "$${aws:userid}"}}
    return [
        owner_of_database(settings),
        overwrites(settings, names.restore_drill_parameter),
        Statement(actions=["s3:GetObject"], resources=both),
        Statement(actions=["rds:DescribeDBInstances"], resources=[f"{rds}:db:*"]),
        Statement(actions=["rds:RestoreDBInstanceToPointInTime"], resources=[original, restored, *groups]),
        Statement(actions=["rds:AddTagsToResource"], resources=[restored], conditions={"StringEquals": tags}),
        Statement(actions=["rds:DeleteDBInstance"], resources=[restored], conditions={"StringEquals": tagged}),
        Statement(
            actions=["kms:CreateGrant", "kms:DescribeKey"], resources=[f"arn:aws:kms:{here}:key/*"], conditions=key
        ),
        Statement(actions=["ssm:StartSession"], resources=[f"arn:aws:ec2:{here}:instance/*"], conditions=host),
        Statement(actions=["ssm:StartSession"], resources=[f"arn:aws:ssm:{settings.region}::document/{DOCUMENT}"]),
        Statement(actions=["ssm:TerminateSession"], resources=[f"arn:aws:ssm:{here}:session/*"], conditions=mine),
    ]
