"""A zone that only the VPC sees: the names of what is scraped and pushed to. It outlives every cluster."""

from imports.aws.route53_record import Route53Record
from imports.aws.route53_zone import Route53Zone, Route53ZoneVpc
from imports.engine import Construct, TerraformResourceLifecycle


class PrivateZone(Construct):
    """external-dns keeps the records of the pods in it; those of hosts come from add()."""

    def __init__(self, scope: Construct, id: str, *, domain: str, vpc_id: str, protected: bool) -> None:
        super().__init__(scope, id)
        self._zone = Route53Zone(
            self,
            "zone",
            name=domain,
            comment="What the monitoring host scrapes, and where logs are pushed to",
            vpc=[Route53ZoneVpc(vpc_id=vpc_id)],
            # Records of external-dns are left when a cluster goes, and they must not hold up the zone.
            force_destroy=not protected,
            lifecycle=TerraformResourceLifecycle(prevent_destroy=protected),
        )
        self.domain = domain

    def add(self, name: str, address: str) -> None:
        """An A record: loki becomes loki.<domain>."""
        Route53Record(
            self, name, zone_id=self._zone.zone_id, name=f"{name}.{self.domain}", type="A", ttl=60, records=[address]
        )
