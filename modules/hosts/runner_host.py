"""A host for jobs of GitHub Actions: nobody can reach it, and it reaches others by HTTPS only.

It keeps nothing: a job leaves nothing behind that the next one needs. So a new image or another zone replaces the host,
and nothing is lost but the job that runs just then. The new one is empty until `make runner` has been there.
"""

from collections.abc import Mapping

from imports.aws.security_group import SecurityGroup
from imports.engine import Construct, TerraformResourceLifecycle
from modules.hosts.amazon_linux import amazon_linux_host
from modules.network.rules import EVERYWHERE, HTTPS, Egress, allow
from settings.aws import RunnerSettings


class RunnerHost(Construct):
    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        name: str,
        settings: RunnerSettings,
        vpc_id: str,
        subnet_id: str,
        instance_profile: str,
        key_arn: str,
        tags: Mapping[str, str],
    ) -> None:
        super().__init__(scope, id)

        group = SecurityGroup(
            self,
            "security_group",
            name_prefix=f"{name}-runner-",
            description="Jobs of GitHub Actions: nothing comes in",
            vpc_id=vpc_id,
            tags={"Name": f"{name}-runner"},
            lifecycle=TerraformResourceLifecycle(create_before_destroy=True),
        )
        # Names and time come from the VPC itself, which no security group filters. Session Manager is a connection that
        # the host opens, and Ansible goes through it.
        reached = "GitHub, AWS, packages, and the Kubernetes API in the VPC"
        allow(Egress, self, "https", group.id, HTTPS, EVERYWHERE, reached)
        self.instance_id = amazon_linux_host(
            self,
            name=f"{name}-runner",
            instance_type=settings.instance_type,
            instance_profile=instance_profile,
            disk_gb=settings.volume_gb,
            key_arn=key_arn,
            tags=tags,
            subnet_id=subnet_id,
            vpc_security_group_ids=[group.id],
            associate_public_ip_address=False,
        ).id
