from typing import Any

import pytest

from imports.engine import TerraformStack
from modules.hosts.amazon_linux import RELEASE
from modules.hosts.runner_host import RunnerHost
from settings.aws import RunnerSettings
from tests.conftest import only, synth


@pytest.fixture
def found(stack: TerraformStack) -> Any:
    RunnerHost(
        stack,
        "host",
        name="acme",
        settings=RunnerSettings(volume_gb=80),
        vpc_id="vpc-1",
        subnet_id="subnet-1",
        instance_profile="acme-runner",
        key_arn="arn:key",
        tags={"stack": "runner"},
    )
    return synth(stack)


def test_nothing_comes_in(found: Any) -> None:
    assert "aws_vpc_security_group_ingress_rule" not in found["resource"]
    assert "aws_security_group_rule" not in found["resource"]
    assert not {"ingress", "egress"} & only(found, "aws_security_group").keys()


def test_only_https_goes_out(found: Any) -> None:
    rule = only(found, "aws_vpc_security_group_egress_rule")

    assert (rule["ip_protocol"], rule["from_port"], rule["to_port"]) == ("tcp", 443, 443)


def test_the_instance_has_its_own_group_alone_and_no_public_address(found: Any) -> None:
    instance = only(found, "aws_instance")

    [group] = found["resource"]["aws_security_group"]
    assert instance["vpc_security_group_ids"] == [f"${{aws_security_group.{group}.id}}"]
    assert (instance["subnet_id"], instance["associate_public_ip_address"]) == ("subnet-1", False)


def test_no_container_of_a_job_reads_the_metadata(found: Any) -> None:
    options = only(found, "aws_instance")["metadata_options"]

    assert options == {
        "http_endpoint": "enabled",
        "http_tokens": "required",
        "http_put_response_hop_limit": 1,
        "instance_metadata_tags": "disabled",
    }


def test_nobody_logs_in_with_a_key_and_nothing_is_in_the_user_data(found: Any) -> None:
    instance = only(found, "aws_instance")

    assert not {"key_name", "user_data", "user_data_base64"} & instance.keys()
    assert instance["iam_instance_profile"] == "acme-runner"


def test_the_disk_is_encrypted_and_tagged(found: Any) -> None:
    disk = only(found, "aws_instance")["root_block_device"]

    assert (disk["encrypted"], disk["kms_key_id"], disk["volume_size"]) == (True, "arn:key", 80)
    assert disk["tags"] == {"stack": "runner"}


def test_the_release_of_the_image_is_a_fixed_one_of_amazon(found: Any) -> None:
    [image] = found["data"]["aws_ami"].values()

    assert image["owners"] == ["amazon"]
    assert image["filter"] == [{"name": "name", "values": [f"al2023-ami-{RELEASE}"]}]
    assert "most_recent" not in image
    assert not set("*?") & set(RELEASE)
