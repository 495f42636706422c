"""EC2: tags of launch templates, interfaces of NAT gateways, descriptions of rules, releases of Amazon Linux.

- moto stores the tags of a launch template, sent as a tag specification for launch-template, in the data of the
  template as well. Terraform then finds a tag specification that nobody wrote, at every plan.
- moto keeps the network interface of a NAT gateway when it deletes the gateway.
- moto keeps what is said of a rule that names a security group, and does not tell it. Terraform says it again at every
  plan.
- moto knows the images of one release of Amazon Linux 2023. Others that AWS has published exist as soon as somebody
  asks for them. A new one is added here (docs.aws.amazon.com/linux/al2023/release-notes), and any other is unknown.
"""

import hashlib
import re
from typing import Any

from moto.ec2.models.amis import Ami, AmiBackend
from moto.ec2.models.launch_templates import LaunchTemplateVersion
from moto.ec2.models.nat_gateways import NatGatewayBackend
from moto.ec2.models.security_groups import SecurityGroupRule

RELEASES = ("2023.12.20260914.0", "2023.12.20260918.0", "2023.12.20261012.0")
RELEASE = re.compile(rf"al2023-ami-(?:{'|'.join(RELEASES)})-kernel-6.(?:1|12|18)-(x86_64|arm64)")
PUBLIC: dict[str, Any] = {
    **{"owner_id": "137112412989", "owner_alias": "amazon", "public": True},
    **{"virtualization_type": "hvm", "root_device_type": "ebs", "root_device_name": "/dev/xvda"},
}


def apply() -> None:
    create, delete = LaunchTemplateVersion.__init__, NatGatewayBackend.delete_nat_gateway
    describe = AmiBackend.describe_images

    def init(self: Any, template: Any, number: int, data: dict[str, Any], description: str) -> None:
        specifications = [
            each for each in data.get("TagSpecifications") or [] if each.get("ResourceType") != "launch-template"
        ]
        kept = {key: value for key, value in data.items() if key != "TagSpecifications"}
        create(
            self,
            template,
            number,
            kept | ({"TagSpecifications": specifications} if specifications else {}),
            description,
        )

    def delete_nat_gateway(self: Any, nat_gateway_id: str) -> Any:
        gateway = delete(self, nat_gateway_id)
        self.enis.pop(gateway._eni.id, None)
        return gateway

    def describe_images(self: Any, ami_ids: Any = None, filters: Any = None, **others: Any) -> Any:
        for name in (filters or {}).get("name", []):
            release = RELEASE.fullmatch(name)
            if release and all(image.name != name for image in self.amis.values()):
                key = f"ami-{hashlib.sha256(name.encode()).hexdigest()[:17]}"
                self.amis[key] = Ami(self, key, name=name, architecture=release[1], **PUBLIC)
        return describe(self, ami_ids, filters, **others)

    def description(self: Any) -> Any:
        return self.ip_range.get("Description") or self.source_group.get("Description")

    SecurityGroupRule.description = property(description)  # type: ignore[method-assign,assignment]
    AmiBackend.describe_images = describe_images  # type: ignore[method-assign, assignment]
    LaunchTemplateVersion.__init__ = init  # type: ignore[method-assign]
    NatGatewayBackend.delete_nat_gateway = delete_nat_gateway  # type: ignore[method-assign]
