"""An EC2 host with Amazon Linux: no key for SSH, an encrypted disk, and metadata that no container reaches."""

from collections.abc import Mapping
from typing import Any

from imports.aws.data_aws_ami import DataAwsAmi, DataAwsAmiFilter
from imports.aws.instance import Instance, InstanceMetadataOptions, InstanceRootBlockDevice
from imports.engine import Construct

# The one place where the release stands. A new one replaces every host at the next deploy, and no host on another day.
RELEASE = "2023.12.20260914.0-kernel-6.18-x86_64"


def amazon_linux_host(
    scope: Construct,
    *,
    name: str,
    instance_type: str,
    instance_profile: str,
    disk_gb: int,
    key_arn: str,
    tags: Mapping[str, str],
    **arguments: Any,
) -> Instance:
    """tags go to the disk, which does not inherit those of the provider; arguments are what only this host has."""
    image = DataAwsAmi(
        scope,
        "image",
        owners=["amazon"],
        include_deprecated=True,  # a release counts as that after three months, and still starts
        filter=[DataAwsAmiFilter(name="name", values=[f"al2023-ami-{RELEASE}"])],
    )
    return Instance(
        scope,
        "instance",
        ami=image.id,
        instance_type=instance_type,
        iam_instance_profile=instance_profile,
        metadata_options=InstanceMetadataOptions(
            http_endpoint="enabled",
            http_tokens="required",
            http_put_response_hop_limit=1,  # the host itself, and no container with a network of its own
            instance_metadata_tags="disabled",
        ),
        root_block_device=InstanceRootBlockDevice(
            volume_type="gp3", volume_size=disk_gb, encrypted=True, kms_key_id=key_arn, tags=dict(tags)
        ),
        tags={"Name": name},
        **arguments,
    )
