"""An IAM role: who may take it, and what it may do."""

from collections.abc import Sequence

from imports.aws.iam_role import IamRole
from imports.aws.iam_role_policy import IamRolePolicy
from imports.aws.iam_role_policy_attachment import IamRolePolicyAttachment
from imports.engine import Construct
from modules.identity.policy import Statement, document


class Role(Construct):
    """managed_policies are paths below arn:aws:iam::aws:policy/, such as AmazonEKSClusterPolicy.

    A role without a boundary is one that the pipeline of the platform can neither make nor change.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        name: str,
        trust: Statement,
        boundary_arn: str | None,
        statements: Sequence[Statement] = (),
        managed_policies: Sequence[str] = (),
        session_hours: int = 1,
    ) -> None:
        super().__init__(scope, id)

        role = IamRole(
            self,
            "role",
            name=name,
            assume_role_policy=document([trust]),
            permissions_boundary=boundary_arn,
            max_session_duration=session_hours * 3600,
        )
        self.name = role.name
        self.arn = role.arn

        attachments = Construct(self, "managed")
        for policy in managed_policies:
            IamRolePolicyAttachment(
                attachments, policy.split("/")[-1], role=role.name, policy_arn=f"arn:aws:iam::aws:policy/{policy}"
            )
        if statements:
            IamRolePolicy(self, "policy", name=name, role=role.name, policy=document(statements))
