"""What CDKTF would lose without a word is an error; what it keeps passes."""

import subprocess
import sys
from typing import Any

import pytest

from imports.aws.eks_cluster import EksCluster
from imports.aws.launch_template import (
    LaunchTemplate,
    LaunchTemplateBlockDeviceMappings,
    LaunchTemplateTagSpecifications,
)
from imports.aws.security_group import SecurityGroup, SecurityGroupIngress
from imports.engine import TerraformStack
from imports.guard import _listed
from tests.conftest import ROOT, only, synth


def security_group(stack: TerraformStack, ingress: Any) -> dict[str, Any]:
    SecurityGroup(stack, "group", name="test", ingress=ingress)
    return only(synth(stack), "aws_security_group")


def test_a_plain_dict_in_a_list_of_blocks_is_refused(stack: TerraformStack) -> None:
    with pytest.raises(TypeError) as error:
        security_group(stack, [{"from_port": 443, "to_port": 443, "protocol": "tcp"}])

    assert str(error.value) == (
        "SecurityGroup: ingress[0] is a plain dict in a list of blocks, of which CDKTF loses from_port, to_port: "
        "write the struct class, such as SecurityGroupIngress(...)"
    )


def test_it_is_found_next_to_good_ones_and_inside_of_them(stack: TerraformStack) -> None:
    good = SecurityGroupIngress(from_port=443, to_port=443, protocol="tcp")
    with pytest.raises(TypeError, match=r"ingress\[1\] is a plain dict"):
        security_group(stack, [good, {"from_port": 80}])

    with pytest.raises(TypeError, match=r"block_device_mappings\[0\]\.\w+\[0\] is a plain dict|ebs"):
        LaunchTemplate(
            stack,
            "template",
            block_device_mappings=[LaunchTemplateBlockDeviceMappings(ebs=[{"volume_size": 50}])],  # type: ignore[arg-type]
        )


def test_what_is_converted_passes(stack: TerraformStack) -> None:
    ingress = SecurityGroupIngress(from_port=443, to_port=443, protocol="tcp")
    [rule] = security_group(stack, [ingress])["ingress"]
    assert (rule["from_port"], rule["to_port"]) == (443, 443)

    EksCluster(
        stack,
        "cluster",
        name="test",
        role_arn="arn",
        vpc_config={"subnet_ids": ["subnet-1"], "endpoint_private_access": True},
    )
    cluster = only(synth(stack), "aws_eks_cluster")
    assert cluster["vpc_config"]["endpoint_private_access"] is True


def test_maps_keep_their_keys(stack: TerraformStack) -> None:
    tags = {"cost_center": "1", "Name": "x"}
    specification = LaunchTemplateTagSpecifications(resource_type="instance", tags=tags)
    LaunchTemplate(stack, "template", tags=tags, tag_specifications=[specification])

    template = only(synth(stack), "aws_launch_template")

    assert template["tags"] == tags
    assert template["tag_specifications"][0]["tags"] == tags


def test_a_block_becomes_a_list_where_the_bindings_want_one() -> None:
    block = SecurityGroupIngress(from_port=443, to_port=443, protocol="tcp")

    assert _listed(block, "typing.Union[cdktn.IResolvable, typing.Sequence[typing.Union[Ingress, Dict[...]]]]") == [
        block
    ]
    assert _listed(block, "typing.Union[Ingress, typing.Dict[builtins.str, typing.Any]]") is block
    assert _listed([block], "typing.Sequence[Ingress]") == [block]


@pytest.mark.slow
def test_an_engine_that_loses_nothing_needs_no_guard() -> None:
    """When this fails, CDKTF keeps such dicts, and imports/guard.py can go."""
    script = """
import imports.guard
imports.guard.install = lambda: None
from imports.aws.security_group import SecurityGroup
from imports.engine import TerraformStack, Testing
stack = TerraformStack(Testing.app(), "test")
SecurityGroup(stack, "group", name="test", ingress=[{"from_port": 443, "protocol": "tcp"}])
print("443" in Testing.synth(stack))
"""
    result = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)

    assert result.stdout == "False\n"
