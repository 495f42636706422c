"""The roles of pods. The stack iam makes each one, and eks lends it to a service account through Pod Identity."""

from collections.abc import Sequence
from dataclasses import dataclass

from modules.identity.load_balancer_controller_policy import STATEMENTS as LOAD_BALANCER_CONTROLLER
from modules.identity.policy import Statement
from settings import Settings

APPLICATION_NAMESPACE = "realworld"
CONTROLLERS_NAMESPACE = "kube-system"
READ_SECRET = "secretsmanager:DescribeSecret secretsmanager:GetSecretValue"


@dataclass(frozen=True, kw_only=True)
class PodRole:
    """statements: what it may do. namespace and service_account: the pods that have it."""

    namespace: str
    service_account: str
    statements: Sequence[Statement]


def output(name: str) -> str:
    """The field of IamOutputs with the ARN of the role."""
    return f"{name.replace('-', '_')}_role_arn"


def pod_roles(settings: Settings) -> dict[str, PodRole]:
    """By the name of the role, without the prefix."""
    return {
        "load-balancer-controller": PodRole(
            namespace=CONTROLLERS_NAMESPACE,
            service_account="aws-load-balancer-controller",
            statements=LOAD_BALANCER_CONTROLLER,
        ),
        "cluster-autoscaler": PodRole(
            namespace=CONTROLLERS_NAMESPACE,
            service_account="cluster-autoscaler",
            statements=_cluster_autoscaler(settings),
        ),
        "external-dns": PodRole(
            namespace=CONTROLLERS_NAMESPACE, service_account="external-dns", statements=_external_dns(settings)
        ),
        "external-secrets": PodRole(
            namespace=CONTROLLERS_NAMESPACE, service_account="external-secrets", statements=_external_secrets(settings)
        ),
    }


def _cluster_autoscaler(settings: Settings) -> list[Statement]:
    """The groups of this cluster, which EKS tags itself, and only how many nodes they have.

    https://github.com/kubernetes/autoscaler/blob/cluster-autoscaler-1.35.2/cluster-autoscaler/cloudprovider/aws/README.md
    """
    here, cluster = f"{settings.region}:{settings.account}", settings.names.cluster
    return [
        Statement(
            actions=["autoscaling:SetDesiredCapacity", "autoscaling:TerminateInstanceInAutoScalingGroup"],
            resources=[f"arn:aws:autoscaling:{here}:autoScalingGroup:*:autoScalingGroupName/eks-*"],
            conditions={"StringEquals": {f"aws:ResourceTag/k8s.io/cluster-autoscaler/{cluster}": "owned"}},
        ),
        Statement(
            actions=[
                "autoscaling:DescribeAutoScalingGroups",
                "autoscaling:DescribeAutoScalingInstances",
                "autoscaling:DescribeScalingActivities",
                "ec2:DescribeImages",
                "ec2:DescribeInstanceTypes",
                "ec2:DescribeLaunchTemplateVersions",
                "ec2:GetInstanceTypesFromInstanceRequirements",
            ],
            resources=["*"],
            reason="describing knows no resources",
        ),
        Statement(actions=["eks:DescribeNodegroup"], resources=[f"arn:aws:eks:{here}:nodegroup/{cluster}/*"]),
    ]


def _external_dns(settings: Settings) -> list[Statement]:
    """Records of our domain and of the private zone, whatever the ids of the zones."""
    domains = (settings.dns.domain, settings.names.internal_domain)
    return [
        Statement(
            actions=["route53:ChangeResourceRecordSets"],
            resources=["arn:aws:route53:::hostedzone/*"],
            conditions={
                "ForAllValues:StringLike": {
                    "route53:ChangeResourceRecordSetsNormalizedRecordNames": [
                        name for domain in domains for name in (domain, f"*.{domain}")
                    ]
                }
            },
        ),
        Statement(
            actions=["route53:ListResourceRecordSets", "route53:ListTagsForResources"],
            resources=["arn:aws:route53:::hostedzone/*"],
        ),
        Statement(actions=["route53:ListHostedZones"], resources=["*"], reason="listing knows no resources"),
    ]


def owner_of_database(settings: Settings) -> Statement:
    """Read the password that RDS keeps."""
    here = f"{settings.region}:{settings.account}"
    database = f"arn:aws:rds:{here}:db:{settings.names.database}"
    return Statement(
        actions=READ_SECRET.split(),
        resources=[f"arn:aws:secretsmanager:{here}:secret:rds!db-*"],
        conditions={"StringEquals": {"aws:ResourceTag/aws:rds:primaryDBInstanceArn": database}},
    )


def _external_secrets(settings: Settings) -> list[Statement]:
    """The application's own secrets, and the one that RDS keeps for its database."""
    secret = f"arn:aws:secretsmanager:{settings.region}:{settings.account}:secret"
    return [
        Statement(actions=READ_SECRET.split(), resources=[f"{secret}:{settings.names.prefix}/*"]),
        owner_of_database(settings),
    ]
