"""A managed node group: AL2023, encrypted disks, and no way for a pod to the credentials of its node."""

from collections.abc import Mapping, Sequence

from imports.aws.data_aws_ssm_parameter import DataAwsSsmParameter
from imports.aws.eks_node_group import (
    EksNodeGroup,
    EksNodeGroupLaunchTemplate,
    EksNodeGroupScalingConfig,
    EksNodeGroupUpdateConfig,
)
from imports.aws.launch_template import (
    LaunchTemplate,
    LaunchTemplateBlockDeviceMappings,
    LaunchTemplateBlockDeviceMappingsEbs,
    LaunchTemplateMetadataOptions,
    LaunchTemplateTagSpecifications,
)
from imports.engine import Construct, ITerraformDependable, TerraformResourceLifecycle, Token
from modules.cluster.node_counts import NodeCounts
from settings.aws import NodeGroupSettings

AMI_TYPES = {"x86_64": "AL2023_x86_64_STANDARD", "arm64": "AL2023_ARM_64_STANDARD"}
# Where AWS publishes the release of the newest image: docs.aws.amazon.com/eks/latest/userguide/retrieve-ami-id.html
RELEASE = (
    "/aws/service/eks/optimized-ami/{version}/amazon-linux-2023/{architecture}/standard/recommended/release_version"
)


class NodeGroup(Construct):
    """tags go to the instances and their volumes, which do not inherit those of the provider.

    release is that of the image of the nodes. Without one, each deploy rolls them to the newest that AWS has published:
    left to itself, EKS would keep the image of the first day.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        name: str,
        settings: NodeGroupSettings,
        cluster_name: str,
        cluster_version: str,
        release: str | None,
        role_arn: str,
        subnet_ids: Sequence[str],
        tags: Mapping[str, str],
        counts: NodeCounts,
        after: Sequence[ITerraformDependable],
    ) -> None:
        super().__init__(scope, id)

        # It names no security group: with one, EKS would no longer attach that of the cluster.
        template = LaunchTemplate(
            self,
            "launch_template",
            name_prefix=f"{cluster_name}-{name}-",
            update_default_version=True,
            # A hop limit of 1 keeps the metadata, and so the role of the node, out of reach of its pods.
            metadata_options=LaunchTemplateMetadataOptions(
                http_endpoint="enabled", http_tokens="required", http_put_response_hop_limit=1
            ),
            block_device_mappings=[
                LaunchTemplateBlockDeviceMappings(
                    device_name="/dev/xvda",
                    ebs=LaunchTemplateBlockDeviceMappingsEbs(
                        volume_type="gp3", volume_size=settings.disk_gb, encrypted="true", delete_on_termination="true"
                    ),
                )
            ],
            tag_specifications=[
                LaunchTemplateTagSpecifications(resource_type=kind, tags={**tags, "Name": f"{cluster_name}-{name}"})
                for kind in ("instance", "volume")
            ],
            lifecycle=TerraformResourceLifecycle(create_before_destroy=True),
        )
        # A prefix, so that a group that has to be replaced has its successor before it goes.
        prefix = f"{name}-"
        least, most = settings.min_size, settings.max_size
        self.resource = EksNodeGroup(
            self,
            "node_group",
            cluster_name=cluster_name,
            node_group_name_prefix=prefix,
            version=cluster_version,
            release_version=release or self._newest(cluster_version, settings.architecture),
            node_role_arn=role_arn,
            subnet_ids=subnet_ids,
            ami_type=AMI_TYPES[settings.architecture],
            capacity_type=settings.capacity_type,
            instance_types=list(settings.instance_types),
            launch_template=EksNodeGroupLaunchTemplate(id=template.id, version=f"${{{template.fqn}.latest_version}}"),
            scaling_config=EksNodeGroupScalingConfig(
                min_size=least,
                max_size=most,
                desired_size=Token.as_number(counts.within(prefix, least=least, most=most)),
            ),
            update_config=EksNodeGroupUpdateConfig(max_unavailable=1),
            depends_on=after,
            lifecycle=TerraformResourceLifecycle(create_before_destroy=True),
        )

    def _newest(self, version: str, architecture: str) -> str:
        name = RELEASE.format(version=version, architecture=architecture)
        # AWS publishes it to everybody; the attribute for secrets would hide from a plan what it changes.
        return DataAwsSsmParameter(self, "release", name=name).insecure_value
