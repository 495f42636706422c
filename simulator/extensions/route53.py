"""Route 53: a zone that is created with a VPC is private, also where the request does not say so in another place.

Without that Terraform associates the VPC again at every plan.
"""

from typing import Any

from moto.route53.responses import Route53


def apply() -> None:
    create = Route53.create_hosted_zone

    def create_hosted_zone(self: Any) -> Any:
        said = self._get_bool_param

        def private_with_vpc(name: str, *default: Any) -> Any:
            if name == "HostedZoneConfig.PrivateZone" and self._get_param("VPC.VPCId"):
                return True
            return said(name, *default)

        self._get_bool_param = private_with_vpc
        return create(self)

    Route53.create_hosted_zone = create_hosted_zone  # type: ignore[method-assign]
