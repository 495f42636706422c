"""Every role that a node, a pod, a host or a pipeline takes, and GitHub's identity provider.

It reads no other stack: names follow conventions.
"""

from collections.abc import Sequence

from imports.aws.iam_instance_profile import IamInstanceProfile
from imports.aws.iam_policy import IamPolicy
from imports.engine import Construct
from modules.identity.github import MAIN, oidc_provider, subjects, trusts_jobs
from modules.identity.policy import Statement, document, trusts_eks, trusts_service
from modules.identity.role import Role
from outputs import IamOutputs
from settings import Settings
from stacks import iam_drill, iam_pipelines, iam_statements
from stacks.base import AreaStack
from stacks.pod_roles import output, pod_roles


class IamStack(AreaStack):
    def __init__(self, scope: Construct, settings: Settings) -> None:
        super().__init__(scope, "iam", settings)

        boundary = IamPolicy(
            self,
            "boundary",
            name=settings.names.boundary,
            description="How far roles reach at most, whatever their policies allow",
            policy=document(iam_pipelines.boundary(settings)),
        )
        self._boundary_arn = str(boundary.arn)

        cluster = Role(
            self,
            "cluster",
            name=f"{settings.names.prefix}-cluster",
            trust=trusts_eks("eks.amazonaws.com"),
            boundary_arn=self._boundary_arn,
            managed_policies=["AmazonEKSClusterPolicy"],
        )
        # The rights of the CNI are not here: its pods have a role of their own, and the node's is that of many pods.
        node = Role(
            self,
            "node",
            name=f"{settings.names.prefix}-node",
            trust=trusts_service("ec2.amazonaws.com"),
            boundary_arn=self._boundary_arn,
            managed_policies=[
                "AmazonEKSWorkerNodePolicy",
                "AmazonEC2ContainerRegistryPullOnly",
                "AmazonSSMManagedInstanceCore",
            ],
            statements=[iam_statements.no_parameters(settings)],
        )
        vpc_cni = self._pod_role("vpc-cni", managed_policies=["AmazonEKS_CNI_Policy"])
        ebs_csi = self._pod_role("ebs-csi", managed_policies=["service-role/AmazonEBSCSIDriverPolicy"])
        pods = {name: self._pod_role(name, statements=pod.statements) for name, pod in pod_roles(settings).items()}

        monitoring = self._instance_role("monitoring", statements=iam_statements.monitoring(settings))
        runner = self._instance_role("runner", statements=iam_statements.runner(settings))

        snapshots = Role(
            self,
            "snapshots",
            name=f"{settings.names.prefix}-snapshots",
            trust=trusts_service("dlm.amazonaws.com"),
            boundary_arn=self._boundary_arn,
            managed_policies=["service-role/AWSDataLifecycleManagerServiceRole"],
        )

        github_arn = oidc_provider(self, account=settings.account, create=settings.iam.github.create_oidc_provider)
        platform = settings.iam.github.platform_repository
        application = settings.iam.github.application_repository
        approved = f"environment:{settings.environment}"
        plan = self._pipeline_role(
            "plan",
            trust=trusts_jobs(github_arn, subjects(platform, "pull_request", f"ref:{MAIN}")),
            managed_policies=["ReadOnlyAccess"],
            statements=iam_pipelines.plan(settings),
        )
        deploy = self._pipeline_role(
            "deploy",
            trust=trusts_jobs(github_arn, subjects(platform, approved), ref=MAIN),
            managed_policies=["PowerUserAccess"],
            statements=iam_pipelines.deploy(settings, github_arn),
            session_hours=2,  # a cluster and a database that are upgraded take longer than one
        )
        runner_token = self._pipeline_role(
            "runner-token",
            trust=trusts_jobs(github_arn, subjects(platform, f"{approved}-runner"), ref=MAIN),
            statements=iam_pipelines.runner_token(settings),
        )
        restore_drill = self._pipeline_role(
            "restore-drill",
            trust=trusts_jobs(github_arn, subjects(platform, f"{approved}-drill"), ref=MAIN),
            statements=iam_drill.restore_drill(settings),
            session_hours=3,
        )
        push = self._pipeline_role(
            "push",
            trust=trusts_jobs(github_arn, subjects(application, f"ref:{MAIN}")),
            statements=iam_pipelines.push(settings),
        )
        release = self._pipeline_role(
            "release",
            trust=trusts_jobs(github_arn, subjects(application, approved), ref=MAIN),
            statements=iam_pipelines.release(settings),
        )

        self.publish(
            IamOutputs(
                cluster_role_arn=cluster.arn,
                node_role_arn=node.arn,
                vpc_cni_role_arn=vpc_cni.arn,
                ebs_csi_role_arn=ebs_csi.arn,
                snapshots_role_arn=snapshots.arn,
                monitoring_instance_profile_name=monitoring,
                runner_instance_profile_name=runner,
                plan_role_arn=plan.arn,
                deploy_role_arn=deploy.arn,
                runner_token_role_arn=runner_token.arn,
                restore_drill_role_arn=restore_drill.arn,
                push_role_arn=push.arn,
                release_role_arn=release.arn,
                **{output(name): role.arn for name, role in pods.items()},
            )
        )

    def _pod_role(
        self, name: str, *, managed_policies: Sequence[str] = (), statements: Sequence[Statement] = ()
    ) -> Role:
        return Role(
            self,
            name.replace("-", "_"),
            name=f"{self.settings.names.prefix}-{name}",
            trust=trusts_eks("pods.eks.amazonaws.com"),
            boundary_arn=self._boundary_arn,
            managed_policies=managed_policies,
            statements=statements,
        )

    def _pipeline_role(
        self,
        name: str,
        *,
        trust: Statement,
        statements: list[Statement],
        managed_policies: list[str] | None = None,
        session_hours: int = 1,
    ) -> Role:
        return Role(
            self,
            name.replace("-", "_"),
            name=f"{self.settings.names.prefix}-{name}",
            trust=trust,
            managed_policies=managed_policies or [],
            statements=statements,
            boundary_arn=None,
            session_hours=session_hours,
        )

    def _instance_role(self, name: str, *, statements: list[Statement]) -> str:
        """A role for an instance that people reach through Session Manager; the name of its instance profile."""
        role = Role(
            self,
            name,
            name=f"{self.settings.names.prefix}-{name}",
            trust=trusts_service("ec2.amazonaws.com"),
            boundary_arn=self._boundary_arn,
            managed_policies=["AmazonSSMManagedInstanceCore"],
            statements=statements,
        )
        profile = IamInstanceProfile(
            self, f"{name}_profile", name=f"{self.settings.names.prefix}-{name}", role=role.name
        )
        return str(profile.name)
