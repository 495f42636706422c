"""Ways that are known, such as those that Rhino Security Labs collected for IAM: each is a list of steps.

All of production, on what is its own, on what another environment has, and on what somebody else has.
"""

from settings import load_settings
from tests.iam.engine import Context

SETTINGS = load_settings("production")
ACCOUNT = f"arn:aws:iam::{SETTINGS.account}"
HERE = f"{SETTINGS.region}:{SETTINGS.account}"
BOUNDARY = SETTINGS.names.boundary_arn
INSIDE = {"iam:PermissionsBoundary": BOUNDARY}
OUTSIDE = {"iam:PermissionsBoundary": "arn:aws:iam::aws:policy/AdministratorAccess"}
ADMINISTRATOR = f"{ACCOUNT}:role/administrator"
PIPELINES = ("plan", "deploy", "restore-drill", "runner-token", "push", "release")
CHANGES = (
    "AttachRolePolicy DeleteRole DeleteRolePermissionsBoundary DetachRolePolicy PutRolePermissionsBoundary "
    "PutRolePolicy TagRole UpdateAssumeRolePolicy UpdateRole"
)

# What an environment beside this one has tagged.
OF_STAGING = {"aws:ResourceTag/project": SETTINGS.project, "aws:ResourceTag/environment": "staging"}

Step = tuple[str, str, Context]


def role(name: str) -> str:
    return f"{ACCOUNT}:role/realworld-production-{name}"


def passed_to(service: str, name: str = "node") -> Step:
    return "iam:PassRole", role(name), {"iam:PassedToService": f"{service}.amazonaws.com"}


def by_policy(action: str) -> list[Step]:
    return [(f"iam:{action}", BOUNDARY, {})]


def passed_on(service: str) -> Step:
    return "iam:PassRole", ADMINISTRATOR, {"iam:PassedToService": f"{service}.amazonaws.com"}


FUNCTION = f"arn:aws:lambda:{HERE}:function:x"
INSTANCE = f"arn:aws:ec2:{HERE}:instance/i-1"
PROVIDER = f"{ACCOUNT}:oidc-provider/token.actions.githubusercontent.com"
ESCAPES: dict[str, list[Step]] = {
    "a function with a role": [passed_to("lambda"), ("lambda:CreateFunction", FUNCTION, {})],
    "the code of a function that has a role": [("lambda:UpdateFunctionCode", FUNCTION, {})],
    "a stack with a role": [("cloudformation:CreateStack", f"arn:aws:cloudformation:{HERE}:stack/x/1", {})],
    "a build with a role": [("codebuild:StartBuild", f"arn:aws:codebuild:{HERE}:project/x", {})],
    "a task with a role": [passed_to("ecs-tasks"), ("ecs:RunTask", f"arn:aws:ecs:{HERE}:task-definition/x:1", {})],
    "an endpoint of Glue with a role": [
        passed_to("glue"),
        ("glue:CreateDevEndpoint", f"arn:aws:glue:{HERE}:devEndpoint/x", {}),
    ],
    "a notebook with a role": [
        passed_to("sagemaker"),
        ("sagemaker:CreateNotebookInstance", f"arn:aws:sagemaker:{HERE}:notebook-instance/x", {}),
    ],
    "a schedule with a role": [
        passed_to("scheduler"),
        ("scheduler:CreateSchedule", f"arn:aws:scheduler:{HERE}:schedule/default/x", {}),
    ],
    "a state machine with a role": [
        passed_to("states"),
        ("states:CreateStateMachine", f"arn:aws:states:{HERE}:stateMachine:x", {}),
    ],
    "an automation with the role of somebody else": [
        passed_on("ssm"),
        ("ssm:StartAutomationExecution", f"arn:aws:ssm:{HERE}:automation-definition/x:1", {}),
    ],
    "an instance with the role of somebody else": [passed_on("ec2"), ("ec2:RunInstances", INSTANCE, {})],
    "a pod with the role of somebody else": [
        passed_on("pods.eks"),
        ("eks:CreatePodIdentityAssociation", f"arn:aws:eks:{HERE}:cluster/{SETTINGS.names.prefix}", {}),
    ],
    "a pod of another environment": [
        passed_to("pods.eks", "ebs-csi"),
        ("eks:CreatePodIdentityAssociation", f"arn:aws:eks:{HERE}:cluster/realworld-staging", OF_STAGING),
    ],
    "a way into the cluster of another environment": [
        ("eks:CreateAccessEntry", f"arn:aws:eks:{HERE}:cluster/realworld-staging", OF_STAGING)
    ],
    "more rights in the cluster of another environment": [
        (
            "eks:AssociateAccessPolicy",
            f"arn:aws:eks:{HERE}:access-entry/realworld-staging/role/{SETTINGS.account}/x/1",
            OF_STAGING,
        )
    ],
    "a restore with the role of somebody else": [
        passed_on("backup"),
        ("backup:StartRestoreJob", f"arn:aws:ec2:{SETTINGS.region}::snapshot/x", {}),
    ],
    "the profile of an instance of somebody else": [("ec2:AssociateIamInstanceProfile", INSTANCE, {})],
    "another profile of an instance of somebody else": [("ec2:ReplaceIamInstanceProfileAssociation", INSTANCE, {})],
    "a grant on the key of another environment": [("kms:CreateGrant", f"arn:aws:kms:{HERE}:key/1", OF_STAGING)],
    "the policy of the key of another environment": [("kms:PutKeyPolicy", f"arn:aws:kms:{HERE}:key/1", OF_STAGING)],
    "the policy of the secret of another environment": [
        (
            "secretsmanager:PutResourcePolicy",
            f"arn:aws:secretsmanager:{HERE}:secret:realworld-staging/jwt-secret-abcdef",
            OF_STAGING,
        )
    ],
    "images of another environment": [
        ("ecr:SetRepositoryPolicy", f"arn:aws:ecr:{HERE}:repository/realworld-staging/backend", OF_STAGING)
    ],
    "a command on the instance of somebody else": [("ssm:SendCommand", INSTANCE, {})],
    "a shell on the instance of somebody else": [("ssm:StartSession", INSTANCE, {})],
    "what the instance of somebody else does when it starts": [("ec2:ModifyInstanceAttribute", INSTANCE, {})],
    "a tag that makes an instance its own": [
        ("ec2:CreateTags", INSTANCE, {"aws:RequestTag/environment": "production"})
    ],
    "another role that trusts the account": [("sts:AssumeRole", ADMINISTRATOR, {})],
    "a role without a boundary": [("iam:CreateRole", role("node"), {})],
    "a role with a boundary that holds nothing back": [("iam:CreateRole", role("node"), OUTSIDE)],
    "a boundary that goes": [("iam:DeleteRolePermissionsBoundary", role("node"), {})],
    "a boundary that is another": [("iam:PutRolePermissionsBoundary", role("node"), OUTSIDE)],
    "another version of the boundary": by_policy("CreatePolicyVersion"),
    "an older version of the boundary": by_policy("SetDefaultPolicyVersion"),
    "no version of the boundary": by_policy("DeletePolicyVersion"),
    "no boundary": by_policy("DeletePolicy"),
    "a policy of its own making": [("iam:CreatePolicy", f"{ACCOUNT}:policy/realworld-production-x", {})],
    "a group of administrators": [("iam:AddUserToGroup", f"{ACCOUNT}:group/administrators", {})],
    "a password of a user": [("iam:UpdateLoginProfile", f"{ACCOUNT}:user/x", {})],
    "a policy of a user": [("iam:AttachUserPolicy", f"{ACCOUNT}:user/x", {})],
    "a policy written into a user": [("iam:PutUserPolicy", f"{ACCOUNT}:user/x", {})],
    "a policy of a group": [("iam:AttachGroupPolicy", f"{ACCOUNT}:group/x", {})],
    "who trusts somebody else": [("iam:UpdateAssumeRolePolicy", ADMINISTRATOR, {})],
    "a user with a key": [("iam:CreateUser", f"{ACCOUNT}:user/x", {})],
    "a key of a user": [("iam:CreateAccessKey", f"{ACCOUNT}:user/x", {})],
    "another identity provider": [("iam:CreateOpenIDConnectProvider", PROVIDER, {})],
    "another audience": [("iam:AddClientIDToOpenIDConnectProvider", PROVIDER, {})],
    "no identity provider": [("iam:DeleteOpenIDConnectProvider", PROVIDER, {})],
    "the profile of another role": [("iam:AddRoleToInstanceProfile", f"{ACCOUNT}:instance-profile/administrator", {})],
    "states of another environment": [
        ("s3:PutObject", f"arn:aws:s3:::{SETTINGS.names.state_bucket}/staging/vpc.tfstate", {})
    ],
    "a bucket of somebody else": [("s3:PutBucketPolicy", "arn:aws:s3:::of-somebody-else", {})],
    **{
        f"{action} on {name}": [(f"iam:{action}", role(name), INSIDE)]
        for name in PIPELINES
        for action in CHANGES.split()
    },
    **{f"{name} for an instance": [passed_to("ec2", name)] for name in PIPELINES},
}
