"""What each pipeline may do in AWS. docs/adr/0012-pipelines.md says why it is so."""

from catalogue import CONTENT
from modules.identity.policy import Statement
from modules.identity.role import BOUNDARY
from settings import Settings

PIPELINES = ("plan", "deploy", "runner-token", "push", "release")

CONTENT_ACTIONS = [f"{service}:{name}" for service, names in CONTENT.items() for name in names.split()]
PARAMETERS = "ssm:GetParameter ssm:GetParameters ssm:GetParametersByPath"

ROLE_READS = (
    "iam:GetRole iam:GetRolePolicy iam:ListAttachedRolePolicies iam:ListInstanceProfilesForRole iam:ListRolePolicies "
    "iam:ListRoleTags"
)
ROLE_CHANGES = (
    "iam:DeleteRole iam:PassRole iam:TagRole iam:UntagRole iam:UpdateAssumeRolePolicy iam:UpdateRole "
    "iam:UpdateRoleDescription"
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


def deploy(settings: Settings, github_provider_arn: str) -> list[Statement]:
    """PowerUserAccess does everything but IAM; here it gets what it needs of IAM, and no way to more."""
    account = f"arn:aws:iam::{settings.account}"
    roles = [f"{account}:role/{settings.names.prefix}-*"]
    return [
        Statement(actions=[*ROLE_READS.split(), *ROLE_CHANGES.split()], resources=roles),
        Statement(
            actions=ROLE_RIGHTS.split(),
            resources=roles,
            conditions={"StringEquals": {"iam:PermissionsBoundary": BOUNDARY}},
        ),
        Statement(
            effect="Deny",
            actions=[*ROLE_CHANGES.split(), *ROLE_RIGHTS.split()],
            resources=[f"{account}:role/{settings.names.prefix}-{name}" for name in PIPELINES],
        ),
        Statement(
            effect="Deny",
            actions=["sts:AssumeRole"],
            resources=["*"],
            reason="it works as itself, whichever role of the account trusts it",
        ),
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
            resources=[f"{account}:instance-profile/{settings.names.prefix}-*"],
        ),
        # Who may take which role is for an administrator to change.
        Statement(actions=["iam:GetOpenIDConnectProvider"], resources=[github_provider_arn]),
    ]


def runner_token(settings: Settings) -> list[Statement]:
    """It writes one parameter, and cannot even read it."""
    return [
        Statement(
            actions=["ssm:PutParameter"],
            resources=[
                f"arn:aws:ssm:{settings.region}:{settings.account}:parameter{settings.names.runner_token_parameter}"
            ],
            conditions={"StringEquals": {"ssm:Overwrite": "true"}},
        )
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
            resources=[f"arn:aws:eks:{settings.region}:{settings.account}:cluster/{settings.names.prefix}"],
        ),
    ]
