from typing import Any

from imports.engine import TerraformStack
from modules.network.domain import Domain
from settings.aws import DnsSettings
from tests.conftest import Template, all_of, only, synth


def template(stack: TerraformStack, **changes: Any) -> Template:
    defaults = {"domain": "acme.test", "create_zone": True, "delegated": True}
    domain = Domain(stack, "domain", settings=DnsSettings.model_validate(defaults | changes), protected=True)
    stack.add_override("locals", {"certificate_arn": domain.outputs.certificate_arn})
    return synth(stack)


def test_the_certificate_holds_for_the_domain_and_every_name_below(stack: TerraformStack) -> None:
    certificate = only(template(stack), "aws_acm_certificate")

    assert certificate["domain_name"] == "acme.test"
    assert certificate["subject_alternative_names"] == ["*.acme.test"]
    assert certificate["lifecycle"] == {"create_before_destroy": True}


def test_readers_wait_until_the_certificate_is_issued(stack: TerraformStack) -> None:
    assert template(stack)["locals"]["certificate_arn"].startswith("${aws_acm_certificate_validation.")


def test_before_the_delegation_nothing_waits(stack: TerraformStack) -> None:
    found = template(stack, delegated=False)

    assert all_of(found, "aws_acm_certificate_validation") == []
    assert found["locals"]["certificate_arn"].startswith("${aws_acm_certificate.")
    assert len(all_of(found, "aws_route53_record")) == 1


def test_a_zone_that_exists_is_only_read(stack: TerraformStack) -> None:
    found = template(stack, create_zone=False)

    assert all_of(found, "aws_route53_zone") == []
    [zone] = found["data"]["aws_route53_zone"].values()
    assert zone == {"name": "acme.test", "private_zone": False}
