"""A public hosted zone and a certificate for the domain and every name below it."""

from imports.aws.acm_certificate import AcmCertificate
from imports.aws.acm_certificate_validation import AcmCertificateValidation, AcmCertificateValidationTimeouts
from imports.aws.data_aws_route53_zone import DataAwsRoute53Zone
from imports.aws.route53_record import Route53Record
from imports.aws.route53_zone import Route53Zone
from imports.engine import Construct, TerraformResourceLifecycle
from outputs import DnsOutputs
from settings.aws import DnsSettings


class Domain(Construct):
    def __init__(self, scope: Construct, id: str, *, settings: DnsSettings, protected: bool) -> None:
        super().__init__(scope, id)

        zone: Route53Zone | DataAwsRoute53Zone
        if settings.create_zone:
            # A zone that is created again gets other name servers, and the registrar has to be told.
            zone = Route53Zone(
                self,
                "zone",
                name=settings.domain,
                force_destroy=not protected,
                lifecycle=TerraformResourceLifecycle(prevent_destroy=protected),
            )
        else:
            zone = DataAwsRoute53Zone(self, "zone", name=settings.domain, private_zone=False)

        certificate = AcmCertificate(
            self,
            "certificate",
            domain_name=settings.domain,
            subject_alternative_names=[f"*.{settings.domain}"],
            validation_method="DNS",
            lifecycle=TerraformResourceLifecycle(create_before_destroy=True),
        )
        # ACM asks for one and the same record for a domain and its wildcard, so the first option stands for both.
        # The bindings cannot index a set, hence the expression.
        option = f"tolist({certificate.fqn}.domain_validation_options)[0]"
        record = Route53Record(
            self,
            "validation_record",
            zone_id=zone.zone_id,
            name=f"${{{option}.resource_record_name}}",
            type=f"${{{option}.resource_record_type}}",
            records=[f"${{{option}.resource_record_value}}"],
            ttl=300,
            allow_overwrite=True,
        )
        certificate_arn = certificate.arn
        if settings.delegated:
            # Whoever reads the ARN from here waits for the certificate to be issued.
            certificate_arn = AcmCertificateValidation(
                self,
                "validation",
                certificate_arn=certificate.arn,
                validation_record_fqdns=[record.fqdn],
                timeouts=AcmCertificateValidationTimeouts(create="15m"),
            ).certificate_arn

        self.outputs = DnsOutputs(
            zone_id=zone.zone_id, zone_name_servers=zone.name_servers, certificate_arn=certificate_arn
        )
