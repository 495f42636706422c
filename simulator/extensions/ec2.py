"""EC2: tags of launch templates, and the network interface of a NAT gateway that is gone.

- moto stores the tags of a launch template, sent as a tag specification for launch-template, in the data of the
  template as well. Terraform then finds a tag specification that nobody wrote, at every plan.
- moto keeps the network interface of a NAT gateway when it deletes the gateway.
"""

from typing import Any

from moto.ec2.models.launch_templates import LaunchTemplateVersion
from moto.ec2.models.nat_gateways import NatGatewayBackend


def apply() -> None:
    create, delete = LaunchTemplateVersion.__init__, NatGatewayBackend.delete_nat_gateway

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

    LaunchTemplateVersion.__init__ = init  # type: ignore[method-assign]
    NatGatewayBackend.delete_nat_gateway = delete_nat_gateway  # type: ignore[method-assign]
