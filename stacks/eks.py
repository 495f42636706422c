"""The cluster: control plane, node groups, add-ons, who may do what through its API, Pod Identity."""

from imports.aws.eks_access_entry import EksAccessEntry
from imports.aws.eks_pod_identity_association import EksPodIdentityAssociation
from imports.engine import Construct
from modules.cluster.addons import Addons
from modules.cluster.cluster import Cluster
from modules.cluster.cluster_access import ClusterAccess
from modules.cluster.node_counts import NodeCounts
from modules.cluster.node_group import NodeGroup
from modules.database.client import admit
from modules.hosts.monitoring_host import SCRAPE_TARGETS
from modules.network.addresses import private_cidr
from modules.network.rules import HTTPS, Ingress, allow
from modules.secrets.key import Key
from outputs import EksOutputs, IamOutputs, VpcOutputs
from settings import Settings
from stacks.base import AreaStack
from stacks.iam import IamStack
from stacks.pod_roles import output, pod_roles
from stacks.vpc import VpcStack

DEPLOYERS = "realworld-deployers"


class EksStack(AreaStack):
    def __init__(self, scope: Construct, settings: Settings, *, vpc: VpcStack, iam: IamStack) -> None:
        super().__init__(scope, "eks", settings)
        network = self.read(vpc, VpcOutputs)
        roles = self.read(iam, IamOutputs)
        protected = not settings.allow_destroy

        key = Key(
            self,
            "key",
            name=f"{settings.names.prefix}-eks",
            description="Secrets in the Kubernetes API",
            account=settings.account,
            protected=protected,
        )
        cluster = Cluster(
            self,
            "cluster",
            name=settings.names.cluster,
            settings=settings.eks,
            role_arn=roles.cluster_role_arn,
            key_arn=key.arn,
            subnet_ids=network.private_subnet_ids,
            protected=protected,
        )
        # The pipeline of the platform installs the add-ons. That of the application is only put into a group, which has
        # its rights from the namespace of the application.
        administrator = "AmazonEKSClusterAdminPolicy"
        administrators = Construct(self, "administrators")
        for arn in settings.eks.admin_role_arns:
            account_and_role = arn.removeprefix("arn:aws:iam::")
            ClusterAccess(
                administrators, account_and_role, cluster_name=cluster.name, principal_arn=arn, policy=administrator
            )
        ClusterAccess(
            self, "deploy", cluster_name=cluster.name, principal_arn=roles.deploy_role_arn, policy=administrator
        )
        EksAccessEntry(
            self,
            "release",
            cluster_name=cluster.name,
            principal_arn=roles.release_role_arn,
            kubernetes_groups=[DEPLOYERS],
        )

        # Nodes and pods share the security group of the cluster.
        group = cluster.security_group_id
        prometheus = private_cidr(settings.vpc, settings.monitoring.zone)
        runner = private_cidr(settings.vpc, settings.names.runner_zone)
        targets = Construct(self, "scrape_targets")
        for target, port in SCRAPE_TARGETS.items():
            allow(Ingress, targets, target, group, port, prometheus, f"Prometheus to {target}")
        allow(Ingress, self, "runner", group, HTTPS, runner, "Jobs of the runner to the private endpoint")

        admit(
            self,
            "database_client",
            database=network.database_security_group_id,
            client=group,
            description="Nodes, and of their pods those that policies of the cluster let out",
        )

        addons = Addons(self, "addons", cluster_name=cluster.name, versions=settings.eks.addon_versions)
        ready = addons.before_nodes(vpc_cni_role_arn=roles.vpc_cni_role_arn)
        counts = NodeCounts(self, "node_counts", cluster_name=settings.names.cluster)
        groups = Construct(self, "node_groups")
        nodes = [
            NodeGroup(
                groups,
                name,
                name=name,
                settings=group,
                cluster_name=cluster.name,
                cluster_version=cluster.version,
                release=settings.eks.node_release,
                role_arn=roles.node_role_arn,
                subnet_ids=network.private_subnet_ids,
                tags=self.tags(),
                counts=counts,
                after=ready,
            ).resource
            for name, group in settings.eks.node_groups.items()
        ]
        addons.after_nodes(nodes, ebs_csi_role_arn=roles.ebs_csi_role_arn)

        identities = Construct(self, "pod_identities")
        for name, pod in pod_roles(settings).items():
            EksPodIdentityAssociation(
                identities,
                pod.service_account,
                cluster_name=cluster.name,
                namespace=pod.namespace,
                service_account=pod.service_account,
                role_arn=getattr(roles, output(name)),
            )

        self.publish(
            EksOutputs(
                cluster_name=cluster.name,
                cluster_endpoint=cluster.endpoint,
                cluster_certificate_authority_data=cluster.certificate_authority_data,
                cluster_security_group_id=cluster.security_group_id,
                cluster_version=cluster.version,
            )
        )
