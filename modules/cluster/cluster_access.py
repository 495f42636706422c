"""What an IAM role may do through the Kubernetes API of a cluster."""

from imports.aws.eks_access_entry import EksAccessEntry
from imports.aws.eks_access_policy_association import (
    EksAccessPolicyAssociation,
    EksAccessPolicyAssociationAccessScope,
)
from imports.engine import Construct


class ClusterAccess(Construct):
    """policy is an access policy of EKS, such as AmazonEKSClusterAdminPolicy; it holds in every namespace."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        cluster_name: str,
        principal_arn: str,
        policy: str,
    ) -> None:
        super().__init__(scope, id)

        entry = EksAccessEntry(self, "entry", cluster_name=cluster_name, principal_arn=principal_arn)
        EksAccessPolicyAssociation(
            self,
            "policy",
            cluster_name=cluster_name,
            principal_arn=entry.principal_arn,
            policy_arn=f"arn:aws:eks::aws:cluster-access-policy/{policy}",
            access_scope=EksAccessPolicyAssociationAccessScope(type="cluster"),
        )
