"""EKS: the test names the behaviour, the decorator what plain moto does instead."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.simulator.conftest import Aws, missing_in_moto

pytestmark = pytest.mark.slow

ROLE = "arn:aws:iam::123456789012:role/cluster"


def new_cluster(aws: Aws, name: str, **arguments: Any) -> dict[str, Any]:
    subnets = [subnet["SubnetId"] for subnet in aws("ec2").describe_subnets()["Subnets"][:2]]
    cluster: dict[str, Any] = aws("eks").create_cluster(
        name=name,
        version="1.34",
        roleArn=ROLE,
        resourcesVpcConfig={"subnetIds": subnets, "endpointPrivateAccess": True, "publicAccessCidrs": ["1.2.3.4/32"]},
        **{"accessConfig": {"authenticationMode": "API"}, **arguments},
    )["cluster"]
    return cluster


def new_node_group(aws: Aws, cluster: dict[str, Any], **arguments: Any) -> dict[str, Any]:
    group: dict[str, Any] = aws("eks").create_nodegroup(
        clusterName=cluster["name"],
        nodegroupName="general",
        nodeRole=ROLE,
        subnets=cluster["resourcesVpcConfig"]["subnetIds"],
        scalingConfig={"minSize": 1, "maxSize": 3, "desiredSize": 1},
        **arguments,
    )["nodegroup"]
    return group


@missing_in_moto(KeyError, "accessConfig")
def test_a_cluster_is_as_it_was_asked_for(aws: Aws) -> None:
    new_cluster(aws, "asked", upgradePolicy={"supportType": "STANDARD"})

    cluster = aws("eks").describe_cluster(name="asked")["cluster"]

    assert cluster["accessConfig"] == {
        "authenticationMode": "API",
        "bootstrapClusterCreatorAdminPermissions": True,
    }
    assert cluster["upgradePolicy"] == {"supportType": "STANDARD"}
    assert cluster["version"] == "1.34"
    assert cluster["resourcesVpcConfig"]["publicAccessCidrs"] == ["1.2.3.4/32"]


@missing_in_moto(KeyError, "clusterSecurityGroupId")
def test_a_cluster_has_a_security_group_for_as_long_as_it_lives(aws: Aws) -> None:
    network = new_cluster(aws, "guarded")["resourcesVpcConfig"]
    group = network["clusterSecurityGroupId"]
    [found] = aws("ec2").describe_security_groups(GroupIds=[group])["SecurityGroups"]
    assert found["VpcId"] == network["vpcId"]

    aws("eks").delete_cluster(name="guarded")

    with pytest.raises(ClientError, match="InvalidGroup"):
        aws("ec2").describe_security_groups(GroupIds=[group])


@missing_in_moto(ClientError, "404|500")
def test_a_cluster_is_upgraded_one_minor_version_at_a_time(aws: Aws) -> None:
    eks = aws("eks")
    new_cluster(aws, "upgraded")

    update = eks.update_cluster_version(name="upgraded", version="1.35")["update"]

    assert eks.describe_update(name="upgraded", updateId=update["id"])["update"]["status"] == "Successful"
    assert eks.describe_cluster(name="upgraded")["cluster"]["version"] == "1.35"
    for version in ("1.37", "1.34"):
        with pytest.raises(ClientError, match=f"Unsupported Kubernetes minor version update from 1.35 to {version}"):
            eks.update_cluster_version(name="upgraded", version=version)


@missing_in_moto(KeyError, "update")
def test_the_settings_of_a_cluster_can_be_changed(aws: Aws) -> None:
    eks = aws("eks")
    new_cluster(aws, "changed")

    update = eks.update_cluster_config(
        name="changed", resourcesVpcConfig={"endpointPublicAccess": True, "publicAccessCidrs": ["5.6.7.8/32"]}
    )["update"]

    assert eks.describe_update(name="changed", updateId=update["id"])["update"]["type"] == "EndpointAccessUpdate"
    found = eks.describe_cluster(name="changed")["cluster"]["resourcesVpcConfig"]
    assert found["publicAccessCidrs"] == ["5.6.7.8/32"]
    assert found["endpointPrivateAccess"] is True


@missing_in_moto(AssertionError, "1.34")
def test_a_node_group_has_the_version_of_its_cluster(aws: Aws) -> None:
    group = new_node_group(aws, new_cluster(aws, "nodes"))

    assert group["version"] == "1.34"
    assert "remoteAccess" not in group


@missing_in_moto(KeyError, "updateConfig")
def test_a_node_group_keeps_how_it_is_updated(aws: Aws) -> None:
    group = new_node_group(aws, new_cluster(aws, "surge"), updateConfig={"maxUnavailablePercentage": 33})

    assert group["updateConfig"] == {"maxUnavailablePercentage": 33}


@missing_in_moto(ClientError, "404|500")
def test_a_node_group_can_be_changed_in_place(aws: Aws) -> None:
    eks = aws("eks")
    taint = {"key": "spot", "value": "true", "effect": "NO_SCHEDULE"}
    new_node_group(aws, new_cluster(aws, "scaled"), labels={"pool": "general"}, taints=[taint])
    group = {"clusterName": "scaled", "nodegroupName": "general"}

    eks.update_nodegroup_config(
        **group,
        scalingConfig={"maxSize": 5},
        labels={"addOrUpdateLabels": {"team": "backend"}, "removeLabels": ["pool"]},
        taints={"removeTaints": [taint]},
    )
    eks.update_nodegroup_version(**group, version="1.35")

    found = eks.describe_nodegroup(**group)["nodegroup"]
    assert found["scalingConfig"] == {"minSize": 1, "maxSize": 5, "desiredSize": 1}
    assert found["labels"] == {"team": "backend"}
    assert found["taints"] == []
    assert found["version"] == "1.35"


@missing_in_moto(ValueError, "not enough values to unpack")
def test_a_node_group_has_an_auto_scaling_group_that_scales_it(aws: Aws) -> None:
    eks, autoscaling = aws("eks"), aws("autoscaling")
    group = {"clusterName": "scaling", "nodegroupName": "general"}
    [named] = new_node_group(aws, new_cluster(aws, "scaling"))["resources"]["autoScalingGroups"]

    [found] = autoscaling.describe_auto_scaling_groups(AutoScalingGroupNames=[named["name"]])["AutoScalingGroups"]

    tags = {tag["Key"]: tag["Value"] for tag in found["Tags"]}
    assert (tags["eks:cluster-name"], tags["eks:nodegroup-name"]) == ("scaling", "general")
    autoscaling.set_desired_capacity(AutoScalingGroupName=named["name"], DesiredCapacity=2)
    assert eks.describe_nodegroup(**group)["nodegroup"]["scalingConfig"]["desiredSize"] == 2
    assert aws("ec2").describe_instances()["Reservations"] == []
    eks.delete_nodegroup(**group)
    gone = autoscaling.describe_auto_scaling_groups(AutoScalingGroupNames=[named["name"]])
    assert gone["AutoScalingGroups"] == []


@missing_in_moto(AssertionError, 'None == "Minimum capacity')
def test_the_sizes_of_a_node_group_are_in_order(aws: Aws) -> None:
    cluster = new_cluster(aws, "sized")
    new_node_group(aws, cluster)
    other = {"nodegroupName": "other", "nodeRole": ROLE, "subnets": cluster["resourcesVpcConfig"]["subnetIds"]}

    def refusal(action: str, least: int, wanted: int, most: int, **arguments: Any) -> str | None:
        sizes = {"minSize": least, "desiredSize": wanted, "maxSize": most}
        try:
            getattr(aws("eks"), action)(clusterName="sized", scalingConfig=sizes, **arguments)
        except ClientError as error:
            return str(error.response["Error"]["Message"])
        return None

    general = {"nodegroupName": "general"}
    too_few = "Minimum capacity 3 can't be greater than desired size 2"
    assert refusal("update_nodegroup_config", 3, 2, 5, **general) == too_few
    assert refusal("update_nodegroup_config", 1, 4, 3, **general) == "desiredSize can't be greater than maxSize"
    assert refusal("create_nodegroup", 3, 2, 5, **other) == "minSize can't be greater than desiredSize"
    assert refusal("create_nodegroup", 3, 3, 2, **other) == "minSize can't be greater than maxSize"
    assert refusal("update_nodegroup_config", 2, 2, 2, **general) is None


@missing_in_moto(ClientError, "404.* CreateAddon")
def test_add_ons_come_with_their_pod_identities_and_go_with_them(aws: Aws) -> None:
    eks = aws("eks")
    new_cluster(aws, "addons")
    addon = {"clusterName": "addons", "addonName": "vpc-cni"}
    identity = {"serviceAccount": "aws-node", "roleArn": ROLE}

    eks.create_addon(**addon, configurationValues="{}", podIdentityAssociations=[identity], tags={"stack": "eks"})

    found = eks.describe_addon(**addon)["addon"]
    assert found["status"] == "ACTIVE"
    assert found["configurationValues"] == "{}"
    assert eks.list_tags_for_resource(resourceArn=found["addonArn"])["tags"] == {"stack": "eks"}
    [association] = eks.list_pod_identity_associations(clusterName="addons")["associations"]
    assert found["podIdentityAssociations"] == [association["associationArn"]]
    eks.update_addon(**addon, addonVersion="v1.21.0-eksbuild.1")
    assert eks.describe_addon(**addon)["addon"]["addonVersion"] == "v1.21.0-eksbuild.1"
    assert eks.list_addons(clusterName="addons")["addons"] == ["vpc-cni"]
    with pytest.raises(ClientError, match="ResourceInUse"):
        eks.create_addon(**addon)
    with pytest.raises(ClientError, match="Addon vpcni specified is not supported"):
        eks.create_addon(clusterName="addons", addonName="vpcni")
    eks.delete_addon(**addon)
    assert eks.list_pod_identity_associations(clusterName="addons")["associations"] == []
    with pytest.raises(ClientError, match="ResourceNotFound"):
        eks.describe_addon(**addon)


@missing_in_moto(ClientError, "404.* CreateAccessEntry")
def test_access_entries_and_their_policies(aws: Aws) -> None:
    eks = aws("eks")
    new_cluster(aws, "access")
    principal = {"clusterName": "access", "principalArn": "arn:aws:iam::123456789012:role/admin"}
    policy = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy"

    eks.create_access_entry(**principal, tags={"stack": "eks"})
    eks.associate_access_policy(**principal, policyArn=policy, accessScope={"type": "cluster"})

    entry = eks.describe_access_entry(**principal)["accessEntry"]
    assert (entry["type"], entry["kubernetesGroups"]) == ("STANDARD", [])
    eks.tag_resource(resourceArn=entry["accessEntryArn"], tags={"team": "backend"})
    eks.untag_resource(resourceArn=entry["accessEntryArn"], tagKeys=["stack"])
    assert eks.list_tags_for_resource(resourceArn=entry["accessEntryArn"])["tags"] == {"team": "backend"}
    eks.update_access_entry(**principal, kubernetesGroups=["viewers"])
    assert eks.describe_access_entry(**principal)["accessEntry"]["kubernetesGroups"] == ["viewers"]
    [associated] = eks.list_associated_access_policies(**principal)["associatedAccessPolicies"]
    assert associated["policyArn"] == policy
    assert eks.list_access_entries(clusterName="access")["accessEntries"] == [principal["principalArn"]]
    with pytest.raises(ClientError, match="ResourceInUse"):
        eks.create_access_entry(**principal)
    eks.disassociate_access_policy(**principal, policyArn=policy)
    assert eks.list_associated_access_policies(**principal)["associatedAccessPolicies"] == []
    eks.delete_access_entry(**principal)
    with pytest.raises(ClientError, match="ResourceNotFound"):
        eks.describe_access_entry(**principal)


@missing_in_moto(ClientError, "404.* CreatePodIdentityAssociation")
def test_a_service_account_has_one_role(aws: Aws) -> None:
    eks = aws("eks")
    new_cluster(aws, "identities")
    account = {"clusterName": "identities", "namespace": "kube-system", "serviceAccount": "external-dns"}

    created = eks.create_pod_identity_association(**account, roleArn=ROLE)["association"]

    with pytest.raises(ClientError, match="Association already exists"):
        eks.create_pod_identity_association(**account, roleArn=ROLE)
    key = {"clusterName": "identities", "associationId": created["associationId"]}
    eks.update_pod_identity_association(**key, roleArn=f"{ROLE}-2")
    assert eks.describe_pod_identity_association(**key)["association"]["roleArn"] == f"{ROLE}-2"
    eks.delete_pod_identity_association(**key)
    with pytest.raises(ClientError, match="ResourceNotFound"):
        eks.describe_pod_identity_association(**key)
