"""What the roles of hosts may do, beyond the policies of AWS that stacks/iam.py names."""

from modules.identity.policy import Statement
from settings import Settings

DESCRIBES = "describing knows no resources"


def no_parameters(settings: Settings, *readable: str) -> Statement:
    """AmazonSSMManagedInstanceCore is for Session Manager, and reads every parameter of the account besides."""
    return Statement(
        effect="Deny",
        actions=["ssm:GetParameter", "ssm:GetParameterHistory", "ssm:GetParameters", "ssm:GetParametersByPath"],
        # What AWS publishes is below no account.
        not_resources=[*readable, f"arn:aws:ssm:{settings.region}::parameter/*"],
        reason="one of them is the registration token of the runner",
    )


def role_of_plans(settings: Settings) -> Statement:
    """When it was used last: the monitoring host notices that nobody looks for drift."""
    return Statement(
        actions=["iam:GetRole"], resources=[f"arn:aws:iam::{settings.account}:role/{settings.names.prefix}-plan"]
    )


def overwrites(settings: Settings, parameter: str) -> Statement:
    """Write what the parameter holds, and not even read it."""
    return Statement(
        actions=["ssm:PutParameter"],
        resources=[f"arn:aws:ssm:{settings.region}:{settings.account}:parameter{parameter}"],
        conditions={"StringEquals": {"ssm:Overwrite": "true"}},
    )


def monitoring(settings: Settings) -> list[Statement]:
    """Its configuration and password, the nodes, what aws_metrics.py asks, alerts and heartbeat."""
    here = f"{settings.region}:{settings.account}"
    bucket = f"arn:aws:s3:::{settings.names.monitoring_bucket}"
    return [
        Statement(actions=["s3:ListBucket"], resources=[bucket]),
        Statement(actions=["s3:GetObject"], resources=[f"{bucket}/*"]),
        Statement(
            actions=["secretsmanager:GetSecretValue"],
            resources=[f"arn:aws:secretsmanager:{here}:secret:{settings.names.grafana_secret}-??????"],
        ),
        Statement(actions=["sns:Publish"], resources=[settings.names.alert_topic_arn]),
        Statement(actions=["sns:ListSubscriptionsByTopic"], resources=list(settings.names.listeners)),
        Statement(
            actions=["kms:Decrypt", "kms:GenerateDataKey"],
            resources=[f"arn:aws:kms:{here}:key/*"],
            conditions={
                "ForAnyValue:StringEquals": {"kms:ResourceAliases": f"alias/{settings.names.prefix}-monitoring"}
            },
        ),
        metrics_in(settings.names.monitoring_namespace),
        Statement(
            actions=[
                "ec2:DescribeAvailabilityZones",
                "ec2:DescribeImages",
                "ec2:DescribeInstances",
                "ec2:DescribeSnapshots",
                "ssm:DescribeParameters",
            ],
            resources=["*"],
            reason=DESCRIBES,
        ),
        role_of_plans(settings),
        Statement(actions=["rds:DescribeDBInstances"], resources=[f"arn:aws:rds:{here}:db:{settings.names.database}"]),
        Statement(
            actions=["backup:ListRecoveryPointsByBackupVault"],
            resources=[f"arn:aws:backup:{here}:backup-vault:{settings.names.prefix}"],
        ),
        Statement(
            actions=["cloudwatch:GetMetricData", "tag:GetResources"],
            resources=["*"],
            reason="metrics have no ARN, and neither has the search for tags",
        ),
        no_parameters(settings),
    ]


def runner(settings: Settings) -> list[Statement]:
    """Its own registration token and nothing else: a job gets its rights from GitHub's identity, not from the host."""
    parameter = f"arn:aws:ssm:{settings.region}:{settings.account}:parameter{settings.names.runner_token_parameter}"
    return [Statement(actions=["ssm:GetParameter"], resources=[parameter]), no_parameters(settings, parameter)]


def metrics_in(namespace: str) -> Statement:
    return Statement(
        actions=["cloudwatch:PutMetricData"],
        resources=["*"],
        conditions={"StringEquals": {"cloudwatch:namespace": namespace}},
        reason="metrics have no ARN, but a namespace",
    )
