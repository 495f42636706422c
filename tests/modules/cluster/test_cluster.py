from typing import Any

import pytest
from pydantic import ValidationError

from imports.engine import TerraformStack
from modules.cluster.cluster import Cluster
from modules.cluster.node_counts import NodeCounts
from modules.cluster.node_group import NodeGroup
from settings.aws import EksSettings, NodeGroupSettings
from tests.conftest import Template, addresses, only, synth

TYPES = {"x86_64": ["t3.large"], "arm64": ["t4g.large"]}
GROUP = {"instance_types": ["t3.large"], "min_size": 2, "max_size": 4}


def cluster(stack: TerraformStack, *, protected: bool = True, **changes: Any) -> Template:
    Cluster(
        stack,
        "cluster",
        name="acme-test",
        settings=EksSettings.model_validate({"node_groups": {"general": GROUP}} | changes),
        role_arn="arn:aws:iam::111122223333:role/cluster",
        key_arn="arn:aws:kms:us-east-1:111122223333:key/1",
        subnet_ids=["subnet-a", "subnet-b"],
        protected=protected,
    )
    return synth(stack)


def node_group(stack: TerraformStack, *, release: str | None = None, **changes: Any) -> Template:
    NodeGroup(
        stack,
        "general",
        name="general",
        settings=NodeGroupSettings.model_validate(GROUP | changes),
        cluster_name="acme-test",
        cluster_version="1.35",
        release=release,
        role_arn="arn:aws:iam::111122223333:role/node",
        subnet_ids=["subnet-a", "subnet-b"],
        tags={"project": "acme"},
        counts=NodeCounts(stack, "counts", cluster_name="acme-test"),
        after=[],
    )
    return synth(stack)


def test_the_api_is_private_until_a_network_is_listed(stack: TerraformStack) -> None:
    endpoint = only(cluster(stack), "aws_eks_cluster")["vpc_config"]

    assert (endpoint["endpoint_private_access"], endpoint["endpoint_public_access"]) == (True, False)
    assert "public_access_cidrs" not in endpoint


def test_only_listed_networks_reach_the_public_endpoint(stack: TerraformStack) -> None:
    endpoint = only(cluster(stack, public_access_cidrs=["203.0.113.0/24"]), "aws_eks_cluster")["vpc_config"]

    assert endpoint["endpoint_public_access"] is True
    assert endpoint["public_access_cidrs"] == ["203.0.113.0/24"]


def test_nobody_is_an_administrator_without_an_access_entry(stack: TerraformStack) -> None:
    access = only(cluster(stack), "aws_eks_cluster")["access_config"]

    assert access == {"authentication_mode": "API", "bootstrap_cluster_creator_admin_permissions": False}


def test_secrets_are_encrypted_and_every_log_is_kept(stack: TerraformStack) -> None:
    found = cluster(stack, log_retention_days=90)

    resource = only(found, "aws_eks_cluster")
    assert resource["encryption_config"]["resources"] == ["secrets"]
    assert set(resource["enabled_cluster_log_types"]) == {
        "api",
        "audit",
        "authenticator",
        "controllerManager",
        "scheduler",
    }
    group = only(found, "aws_cloudwatch_log_group")
    assert (group["name"], group["retention_in_days"]) == ("/aws/eks/acme-test/cluster", 90)
    assert resource["depends_on"] == [address for address in addresses(found) if "log_group" in address]


def test_extended_support_is_never_paid_by_accident(stack: TerraformStack) -> None:
    assert only(cluster(stack), "aws_eks_cluster")["upgrade_policy"] == {"support_type": "STANDARD"}


@pytest.mark.parametrize("protected", [True, False])
def test_a_protected_cluster_cannot_be_destroyed(stack: TerraformStack, protected: bool) -> None:
    assert only(cluster(stack, protected=protected), "aws_eks_cluster")["lifecycle"]["prevent_destroy"] is protected


def test_pods_cannot_reach_the_credentials_of_their_node(stack: TerraformStack) -> None:
    metadata = only(node_group(stack), "aws_launch_template")["metadata_options"]

    assert (metadata["http_tokens"], metadata["http_put_response_hop_limit"]) == ("required", 1)


def test_disks_of_nodes_are_encrypted(stack: TerraformStack) -> None:
    [device] = only(node_group(stack, disk_gb=80), "aws_launch_template")["block_device_mappings"]

    assert device["ebs"]["encrypted"] == "true"
    assert device["ebs"]["volume_size"] == 80


@pytest.mark.parametrize("architecture", ["x86_64", "arm64"])
def test_nodes_follow_the_newest_image_for_their_version(stack: TerraformStack, architecture: str) -> None:
    found = node_group(stack, architecture=architecture, instance_types=TYPES[architecture])

    [(name, published)] = found["data"]["aws_ssm_parameter"].items()
    assert published["name"] == (
        f"/aws/service/eks/optimized-ami/1.35/amazon-linux-2023/{architecture}/standard/recommended/release_version"
    )
    assert only(found, "aws_eks_node_group")["release_version"] == f"${{data.aws_ssm_parameter.{name}.insecure_value}}"


def test_an_image_can_be_held(stack: TerraformStack) -> None:
    found = node_group(stack, release="1.35.2-20260915")

    assert only(found, "aws_eks_node_group")["release_version"] == "1.35.2-20260915"
    assert "aws_ssm_parameter" not in found["data"]


def test_an_image_for_another_kubernetes_is_refused() -> None:
    with pytest.raises(ValidationError, match=r"write a release of 1\.35, or none"):
        EksSettings.model_validate({"node_groups": {"general": GROUP}, "node_release": "1.34.2-20260915"})


def test_nodes_keep_the_security_group_of_the_cluster(stack: TerraformStack) -> None:
    template = only(node_group(stack), "aws_launch_template")

    assert not {"vpc_security_group_ids", "network_interfaces", "security_group_names"} & template.keys()


def test_instances_and_volumes_carry_the_tags(stack: TerraformStack) -> None:
    specifications = only(node_group(stack), "aws_launch_template")["tag_specifications"]

    assert {each["resource_type"] for each in specifications} == {"instance", "volume"}
    assert all(each["tags"] == {"project": "acme", "Name": "acme-test-general"} for each in specifications)


@pytest.mark.parametrize(
    ("architecture", "ami_type"), [("x86_64", "AL2023_x86_64_STANDARD"), ("arm64", "AL2023_ARM_64_STANDARD")]
)
def test_the_image_fits_the_architecture(stack: TerraformStack, architecture: str, ami_type: str) -> None:
    found = node_group(stack, architecture=architecture, instance_types=TYPES[architecture])

    assert only(found, "aws_eks_node_group")["ami_type"] == ami_type


def test_a_group_that_is_replaced_has_its_successor_first(stack: TerraformStack) -> None:
    assert only(node_group(stack), "aws_eks_node_group")["lifecycle"] == {"create_before_destroy": True}
