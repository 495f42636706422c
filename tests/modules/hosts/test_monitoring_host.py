from ipaddress import IPv4Network
from typing import Any

import pytest

from imports.engine import TerraformStack
from modules.hosts.monitoring_host import MonitoringHost
from settings.monitoring import MonitoringSettings
from tests.conftest import all_of, only, synth


@pytest.fixture(params=[True, False])
def plain_http(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.fixture
def found(stack: TerraformStack, plain_http: bool) -> Any:
    MonitoringHost(
        stack,
        "host",
        name="acme",
        settings=MonitoringSettings(zone="us-east-1a", allowed_cidrs=(IPv4Network("10.8.0.0/16"),)),
        vpc_id="vpc-1",
        subnet_id="subnet-1",
        network=IPv4Network("10.0.0.0/16"),
        plain_http=plain_http,
        log_senders={"us-east-1a": IPv4Network("10.0.0.0/19")},
        instance_profile="acme-monitoring",
        key_arn="arn:key",
        host_env={"REGION": "us-east-1"},
        tags={"stack": "monitoring"},
        protected=True,
    )
    return synth(stack)


def test_only_logs_and_grafana_come_in(found: Any) -> None:
    rules = all_of(found, "aws_vpc_security_group_ingress_rule")
    assert sorted((rule["from_port"], rule["to_port"], rule["cidr_ipv4"]) for rule in rules) == [
        (3000, 3000, "10.8.0.0/16"),
        (3100, 3100, "10.0.0.0/19"),
    ]


def test_https_goes_everywhere_and_other_ports_to_who_is_asked(found: Any, plain_http: bool) -> None:
    rules = all_of(found, "aws_vpc_security_group_egress_rule")
    assert {rule["ip_protocol"] for rule in rules} == {"tcp"}
    ports = {(rule["cidr_ipv4"], rule["from_port"], rule["to_port"]) for rule in rules}
    everywhere = {443, 80} if plain_http else {443}
    assert {first for network, first, _ in ports if network == "0.0.0.0/0"} == everywhere
    assert {first for network, first, _ in ports if network == "10.0.0.0/16"} == {5432, 8080, 9100, 9464}
    assert all(first == last for _, first, last in ports)


def test_the_instance_answers_imdsv2_only_and_has_no_key(found: Any) -> None:
    instance = only(found, "aws_instance")
    assert instance["metadata_options"]["http_tokens"] == "required"
    assert instance["metadata_options"]["http_put_response_hop_limit"] == 1
    assert "key_name" not in instance
    assert instance["root_block_device"]["encrypted"] is True


def test_user_data_names_the_volume_and_replaces_the_instance_alone(found: Any) -> None:
    instance, volume = only(found, "aws_instance"), only(found, "aws_ebs_volume")
    assert "VOLUME_ID=${aws_ebs_volume.host_data_" in instance["user_data"]
    # What the shell is to expand has to get past Terraform.
    assert "$${VOLUME_ID/-/}" in instance["user_data"]
    assert instance["user_data_replace_on_change"] is True
    assert not [value for value in volume.values() if "aws_instance" in str(value)]
    assert "aws_network_interface" in str(instance["network_interface"])
    assert (volume["encrypted"], volume["availability_zone"]) == (True, "us-east-1a")
