"""What each pipeline may do in AWS. docs/adr/0012-pipelines.md and 0018-how-far-roles-reach.md say why it is so."""

from catalogue import CALLED, CONTENT
from modules.identity.policy import Statement
from settings import Settings
from stacks.iam_statements import metrics_in, overwrites, role_of_plans
from stacks.pod_roles import pod_roles

CONTENT_ACTIONS = [f"{service}:{name}" for service, names in CONTENT.items() for name in names.split()]
PARAMETERS = "ssm:GetParameter ssm:GetParameters ssm:GetParametersByPath"

# With those of pods, each role that a deploy may make, give rights to and pass on, because it has the boundary.
BOUNDED = "backup cluster ebs-csi flow-logs monitoring node rds-monitoring runner snapshots vpc-cni"
PASSED_TO = "backup dlm ec2 eks monitoring.rds pods.eks rds vpc-flow-logs"

PULL = "ecr:BatchCheckLayerAvailability ecr:BatchGetImage ecr:GetDownloadUrlForLayer"

ROLE_READS = (
    "iam:GetRole iam:GetRolePolicy iam:ListAttachedRolePolicies iam:ListInstanceProfilesForRole iam:ListRolePolicies "
    "iam:ListRoleTags"
)
ROLE_CHANGES = (
    "iam:DeleteRole iam:TagRole iam:UntagRole iam:UpdateAssumeRolePolicy iam:UpdateRole iam:UpdateRoleDescription"
)
# IAM knows the boundary of the role with these, so they can depend on it.
ROLE_RIGHTS = (
    "iam:AttachRolePolicy iam:CreateRole iam:DeleteRolePolicy iam:DetachRolePolicy iam:PutRolePermissionsBoundary "
    "iam:PutRolePolicy"
)


def plan(settings: Settings) -> list[Statement]:
    """ReadOnlyAccess reads what is stored in an account as well, of every service that there will ever be."""
    here = f"{settings.region}:{settings.account}"
    return [
        Statement(
            actions=["secretsmanager:GetRandomPassword"],
            resources=["*"],
            reason="it makes a value up, which Terraform drops after the plan",
        ),
        Statement(
            effect="Deny",
            not_actions=[f"{service}:*" for service in CONTENT],
            resources=["*"],
            reason="the platform consists of these services and of no other",
        ),
        Statement(
            effect="Deny",
            actions=CONTENT_ACTIONS,
            resources=["*"],
            reason="a plan compares how things are set up, wherever they are, and not what is stored in them",
        ),
        Statement(
            effect="Deny",
            actions=PARAMETERS.split(),
            resources=[f"arn:aws:ssm:{here}:parameter/*"],  # AWS publishes its own below no account
        ),
        Statement(
            effect="Deny",
            actions=["s3:GetObject", "s3:GetObjectVersion", "s3:GetObjectTorrent"],
            not_resources=[
                f"arn:aws:s3:::{settings.names.state_bucket}/{settings.environment}/*",
                f"arn:aws:s3:::{settings.names.monitoring_bucket}/*",
            ],
            reason="a plan reads the states of its environment, and looks at the configuration that it uploads",
        ),
    ]


def boundary(settings: Settings) -> list[Statement]:
    """The most that any role may do but those of pipelines: no more than deploy, and never to take another role."""
    return [
        Statement(
            actions=[f"{service}:*" for service in (*CONTENT, *CALLED) if service not in ("iam", "sts")],
            resources=["*"],
            reason="a boundary gives nothing: the policies of each role do",
        ),
        Statement(
            actions=["iam:CreateServiceLinkedRole"],
            resources=[f"arn:aws:iam::{settings.account}:role/aws-service-role/*"],
        ),
        role_of_plans(settings),
        # An image may come from the registry of another one.
        *_nothing_of_others(settings, but=PULL),
    ]


def deploy(settings: Settings, github_provider_arn: str) -> list[Statement]:
    """PowerUserAccess does everything but IAM; here it gets what it needs of IAM, and no way to more."""
    account, prefix = f"arn:aws:iam::{settings.account}", settings.names.prefix
    # No pattern: realworld-prod-* would match the roles of an environment prod-eu.
    roles = [f"{account}:role/{prefix}-{name}" for name in (*BOUNDED.split(), *pod_roles(settings))]
    return [
        Statement(actions=ROLE_READS.split(), resources=[f"{account}:role/{prefix}-*"]),
        Statement(actions=ROLE_CHANGES.split(), resources=roles),
        Statement(
            actions=ROLE_RIGHTS.split(),
            resources=roles,
            conditions={"StringEquals": {"iam:PermissionsBoundary": settings.names.boundary_arn}},
        ),
        Statement(
            actions=["iam:PassRole"],
            resources=roles,
            conditions={
                "StringEquals": {"iam:PassedToService": [f"{service}.amazonaws.com" for service in PASSED_TO.split()]}
            },
        ),
        Statement(actions=["iam:GetPolicy", "iam:GetPolicyVersion"], resources=[settings.names.boundary_arn]),
        Statement(
            actions=[
                "iam:AddRoleToInstanceProfile",
                "iam:CreateInstanceProfile",
                "iam:DeleteInstanceProfile",
                "iam:GetInstanceProfile",
                "iam:RemoveRoleFromInstanceProfile",
                "iam:TagInstanceProfile",
                "iam:UntagInstanceProfile",
            ],
            resources=[f"{account}:instance-profile/{prefix}-{host}" for host in ("monitoring", "runner")],
        ),
        # Who may take which role is for an administrator to change.
        Statement(actions=["iam:GetOpenIDConnectProvider"], resources=[github_provider_arn]),
        Statement(
            effect="Deny",
            actions=["sts:AssumeRole"],
            resources=["*"],
            reason="it works as itself, whichever role of the account trusts it",
        ),
        Statement(
            effect="Deny",
            not_actions=[f"{service}:*" for service in (*CONTENT, *CALLED)],
            resources=["*"],
            reason="the platform consists of these, and others run code with a role that exists, such as functions",
        ),
        *_nothing_of_others(settings, but="iam:GetOpenIDConnectProvider"),  # an account has one
    ]


def _nothing_of_others(settings: Settings, *, but: str) -> list[Statement]:
    """Neither another project nor another environment in the account, nor a bucket or an instance of somebody else."""
    return [
        *(
            Statement(
                effect="Deny",
                not_actions=but.split(),
                resources=["*"],
                conditions={
                    "StringNotEquals": {f"aws:ResourceTag/{tag}": own},
                    "Null": {f"aws:ResourceTag/{tag}": "false"},
                },
                reason="what has no such tag belongs to nobody else",
            )
            for tag, own in (("project", settings.project), ("environment", settings.environment))
        ),
        Statement(
            effect="Deny",
            not_actions=["ec2:RunInstances"],
            resources=[f"arn:aws:ec2:*:{settings.account}:instance/*"],
            conditions={
                "StringNotEquals": {"aws:ResourceTag/environment": settings.environment},
                "Null": {"ec2:CreateAction": "true"},  # it tags what it starts
            },
            reason="a command on an instance of somebody else is one with the role of that instance",
        ),
        Statement(
            effect="Deny",
            actions=["s3:Delete*", "s3:GetObject*", "s3:Put*"],
            not_resources=[
                f"arn:aws:s3:::{settings.names.state_bucket}",
                f"arn:aws:s3:::{settings.names.state_bucket}/{settings.environment}/*",
                *(f"arn:aws:s3:::{name}{what}" for name in settings.names.buckets for what in ("", "/*")),
            ],
            reason="S3 does not compare tags",
        ),
    ]


def runner_token(settings: Settings) -> list[Statement]:
    """It writes one parameter, which it cannot even read, and metrics that are not those of the monitoring host."""
    return [
        overwrites(settings, settings.names.runner_token_parameter),
        metrics_in(f"{settings.names.prefix}/github"),
    ]


def push(settings: Settings) -> list[Statement]:
    """The images of the application, which no cluster runs before they are released."""
    return [
        Statement(actions=["ecr:GetAuthorizationToken"], resources=["*"], reason="the token is for the whole registry"),
        Statement(
            actions=[
                "ecr:BatchCheckLayerAvailability",
                "ecr:BatchGetImage",
                "ecr:CompleteLayerUpload",
                "ecr:DescribeImages",
                "ecr:GetDownloadUrlForLayer",
                "ecr:InitiateLayerUpload",
                "ecr:ListTagsForResource",
                "ecr:PutImage",
                "ecr:UploadLayerPart",
            ],
            resources=[f"arn:aws:ecr:{settings.region}:{settings.account}:repository/{settings.names.prefix}/*"],
        ),
    ]


def release(settings: Settings) -> list[Statement]:
    """Find the cluster; what it may do inside is the matter of its access entry and of the deployers' Role."""
    return [
        Statement(
            actions=["eks:DescribeCluster"],
            resources=[f"arn:aws:eks:{settings.region}:{settings.account}:cluster/{settings.names.cluster}"],
        ),
    ]
