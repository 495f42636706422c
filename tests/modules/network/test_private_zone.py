import pytest

from imports.engine import TerraformStack
from modules.network.private_zone import PrivateZone
from tests.conftest import Template, only, synth


def template(stack: TerraformStack, *, protected: bool = True) -> Template:
    zone = PrivateZone(stack, "zone", domain="acme.internal", vpc_id="vpc-1", protected=protected)
    zone.add("loki", "10.0.0.4")
    return synth(stack)


def test_only_the_vpc_sees_the_zone(stack: TerraformStack) -> None:
    zone = only(template(stack), "aws_route53_zone")

    assert (zone["name"], zone["vpc"]) == ("acme.internal", [{"vpc_id": "vpc-1"}])


@pytest.mark.parametrize("protected", [True, False])
def test_records_of_others_hold_up_its_end_only_where_it_must_not_end(stack: TerraformStack, protected: bool) -> None:
    zone = only(template(stack, protected=protected), "aws_route53_zone")

    assert (zone["force_destroy"], zone["lifecycle"]) == (not protected, {"prevent_destroy": protected})


def test_a_host_has_a_name_in_the_zone(stack: TerraformStack) -> None:
    found = template(stack)
    record = only(found, "aws_route53_record")

    [zone] = found["resource"]["aws_route53_zone"]
    assert record["zone_id"] == f"${{aws_route53_zone.{zone}.zone_id}}"
    assert (record["name"], record["type"], record["records"]) == ("loki.acme.internal", "A", ["10.0.0.4"])
    # Whatever has looked the name up follows a new address within minutes.
    assert record["ttl"] <= 300
