"""The public hosted zone of the domain, and the certificate of the load balancer, validated by DNS, and its limits."""

from dataclasses import replace

from imports.engine import Construct
from modules.network.domain import Domain
from modules.network.web_acl import web_acl
from settings import Settings
from stacks.base import AreaStack


class DnsStack(AreaStack):
    def __init__(self, scope: Construct, settings: Settings) -> None:
        super().__init__(scope, "dns", settings)

        domain = Domain(self, "domain", settings=settings.dns, protected=not settings.allow_destroy)

        outputs = domain.outputs
        if limit := settings.app.rate_limit:
            limits = web_acl(self, "web_acl", name=settings.names.prefix, settings=limit)
            outputs = replace(outputs, web_acl_arn=limits.arn)

        self.publish(outputs)
