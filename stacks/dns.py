"""The public hosted zone of the domain, and the certificate that the load balancer shows, validated by DNS."""

from imports.engine import Construct
from modules.network.domain import Domain
from settings import Settings
from stacks.base import AreaStack


class DnsStack(AreaStack):
    def __init__(self, scope: Construct, settings: Settings) -> None:
        super().__init__(scope, "dns", settings)

        domain = Domain(self, "domain", settings=settings.dns, protected=not settings.allow_destroy)

        self.publish(domain.outputs)
