"""The EKS add-ons of a cluster, in the order in which they can start."""

import json
from collections.abc import Mapping, Sequence

from imports.aws.eks_addon import EksAddon, EksAddonPodIdentityAssociation
from imports.engine import Construct, ITerraformDependable


class Addons(Construct):
    """Add-ons without a version in the settings start with the default of AWS for the cluster and then stay there."""

    def __init__(self, scope: Construct, id: str, *, cluster_name: str, versions: Mapping[str, str]) -> None:
        super().__init__(scope, id)
        self._cluster_name = cluster_name
        self._versions = versions

    def before_nodes(self, *, vpc_cni_role_arn: str) -> list[EksAddon]:
        """What a node needs to become ready, so that none ever starts without it."""
        agent = self._addon("eks-pod-identity-agent")
        proxy = self._addon("kube-proxy")
        cni = self._addon(
            "vpc-cni",
            # A string: EKS refuses a boolean. Without it the API accepts network policies and nothing enforces them.
            configuration={"enableNetworkPolicy": "true"},
            service_account="aws-node",
            role_arn=vpc_cni_role_arn,
            after=[agent],
        )
        return [agent, proxy, cni]

    def after_nodes(self, nodes: Sequence[ITerraformDependable], *, ebs_csi_role_arn: str) -> None:
        """What runs as pods: EKS waits for them to be ready, and without nodes they never are."""
        self._addon("coredns", after=nodes)
        self._addon("metrics-server", after=nodes)
        self._addon(
            "aws-ebs-csi-driver",
            service_account="ebs-csi-controller-sa",
            role_arn=ebs_csi_role_arn,
            after=nodes,
        )

    def _addon(
        self,
        name: str,
        *,
        configuration: Mapping[str, object] | None = None,
        service_account: str = "",
        role_arn: str = "",
        after: Sequence[ITerraformDependable] = (),
    ) -> EksAddon:
        return EksAddon(
            self,
            name,
            cluster_name=self._cluster_name,
            addon_name=name,
            addon_version=self._versions.get(name),
            configuration_values=json.dumps(configuration) if configuration else None,
            resolve_conflicts_on_create="OVERWRITE",
            # An upgrade keeps what was changed inside the cluster on purpose.
            resolve_conflicts_on_update="PRESERVE",
            pod_identity_association=(
                [EksAddonPodIdentityAssociation(service_account=service_account, role_arn=role_arn)]
                if service_account
                else None
            ),
            depends_on=list(after) or None,
        )
