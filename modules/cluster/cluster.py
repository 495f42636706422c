"""An EKS control plane that only access entries open, with encrypted secrets and every log kept."""

from collections.abc import Sequence

from imports.aws.eks_cluster import (
    EksCluster,
    EksClusterAccessConfig,
    EksClusterEncryptionConfig,
    EksClusterEncryptionConfigProvider,
    EksClusterKubernetesNetworkConfig,
    EksClusterUpgradePolicy,
    EksClusterVpcConfig,
)
from imports.engine import Construct, TerraformResourceLifecycle
from modules.storage.log_group import log_group
from settings.aws import EksSettings

# What an adopted cluster was created with, and keeps: ours would replace it.
FIXED = ["bootstrap_self_managed_addons", "encryption_config", "role_arn"]
LOG_TYPES = ["api", "audit", "authenticator", "controllerManager", "scheduler"]


class Cluster(Construct):
    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        name: str,
        settings: EksSettings,
        role_arn: str,
        key_arn: str,
        subnet_ids: Sequence[str],
        protected: bool,
    ) -> None:
        super().__init__(scope, id)

        logs = log_group(self, "log_group", name=f"/aws/eks/{name}/cluster", retention_days=settings.log_retention_days)
        cluster = EksCluster(
            self,
            "cluster",
            name=name,
            version=settings.kubernetes_version,
            role_arn=role_arn,
            enabled_cluster_log_types=LOG_TYPES,
            vpc_config=EksClusterVpcConfig(
                subnet_ids=subnet_ids,
                endpoint_private_access=True,
                endpoint_public_access=bool(settings.public_access_cidrs),
                public_access_cidrs=[str(cidr) for cidr in settings.public_access_cidrs] or None,
            ),
            access_config=EksClusterAccessConfig(
                authentication_mode="API",
                # Whoever creates the cluster, mostly a pipeline, must not stay a hidden administrator.
                bootstrap_cluster_creator_admin_permissions=False,
            ),
            # Or EKS installs its own CNI, CoreDNS and kube-proxy, which the managed add-ons then have to take over.
            bootstrap_self_managed_addons=False,
            encryption_config=EksClusterEncryptionConfig(
                resources=["secrets"], provider=EksClusterEncryptionConfigProvider(key_arn=key_arn)
            ),
            kubernetes_network_config=EksClusterKubernetesNetworkConfig(service_ipv4_cidr=str(settings.service_cidr)),
            # Extended support costs six times as much and is the default.
            upgrade_policy=EksClusterUpgradePolicy(support_type="STANDARD"),
            depends_on=[logs],
            lifecycle=TerraformResourceLifecycle(
                prevent_destroy=protected,
                # Fixed at creation as well: a change would replace the cluster.
                ignore_changes=[
                    "access_config[0].bootstrap_cluster_creator_admin_permissions",
                    *(FIXED if settings.name else ()),
                ],
            ),
        )
        self.resource = cluster
        self.name = cluster.name
        self.version = cluster.version
        self.endpoint = cluster.endpoint
        self.certificate_authority_data = cluster.certificate_authority.get(0).data
        self.security_group_id = cluster.vpc_config.cluster_security_group_id
