"""EC2, DLM and private zones: the test names the behaviour, the decorator what plain moto does instead."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.simulator.conftest import Aws, missing_in_moto

pytestmark = pytest.mark.slow

IMAGE = "al2023-ami-2023.12.20260914.0-kernel-6.18-x86_64"


def subnet_of(aws: Aws) -> str:
    return str(aws("ec2").describe_subnets()["Subnets"][0]["SubnetId"])


def new_instance(aws: Aws, **interface: Any) -> dict[str, Any]:
    [instance] = aws("ec2").run_instances(
        ImageId="ami-12c6146b", MinCount=1, MaxCount=1, NetworkInterfaces=[{"DeviceIndex": 0, **interface}]
    )["Instances"]
    [[found]] = [
        reservation["Instances"]
        for reservation in aws("ec2").describe_instances(InstanceIds=[instance["InstanceId"]])["Reservations"]
    ]
    return dict(found)


def interfaces(aws: Aws, *ids: str) -> list[dict[str, Any]]:
    found = aws("ec2").describe_network_interfaces(Filters=[{"Name": "network-interface-id", "Values": list(ids)}])
    return list(found["NetworkInterfaces"])


@missing_in_moto(KeyError, "Description")
def test_a_rule_that_names_a_group_keeps_what_is_said_of_it(aws: Aws) -> None:
    ec2 = aws("ec2")
    [group, client] = [ec2.create_security_group(GroupName=name, Description=name)["GroupId"] for name in ("a", "b")]
    source = {"GroupId": client, "Description": "clients"}
    rule = {"IpProtocol": "tcp", "FromPort": 5432, "ToPort": 5432, "UserIdGroupPairs": [source]}
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[rule])

    filters = [{"Name": "group-id", "Values": [group]}]
    rules = ec2.describe_security_group_rules(Filters=filters)["SecurityGroupRules"]
    assert [each["Description"] for each in rules if not each["IsEgress"]] == ["clients"]


@missing_in_moto(AssertionError, r"\[\] == \[")
def test_each_release_of_amazon_linux_that_is_published_exists(aws: Aws) -> None:
    for architecture in ("x86_64", "arm64"):
        name = IMAGE.replace("x86_64", architecture)
        images = aws("ec2").describe_images(Owners=["amazon"], Filters=[{"Name": "name", "Values": [name]}])["Images"]
        again = aws("ec2").describe_images(Owners=["amazon"], Filters=[{"Name": "name", "Values": [name]}])["Images"]

        assert [(image["Name"], image["Architecture"]) for image in images] == [(name, architecture)]
        assert [image["ImageId"] for image in again] == [image["ImageId"] for image in images]
    unpublished = IMAGE.replace("20260914.0", "20260915.0")
    assert aws("ec2").describe_images(Filters=[{"Name": "name", "Values": [unpublished]}])["Images"] == []


@missing_in_moto(AssertionError, r"\[\] == \['sg-")
def test_an_instance_has_the_security_groups_of_its_interface(aws: Aws) -> None:
    ec2 = aws("ec2")
    group = ec2.create_security_group(GroupName="of-interface", Description="test")["GroupId"]

    instance = new_instance(aws, SubnetId=subnet_of(aws), Groups=[group])

    assert [each["GroupId"] for each in instance["SecurityGroups"]] == [group]


@missing_in_moto(AssertionError, r"'Association' not in")
def test_an_interface_without_a_public_address_is_associated_with_none(aws: Aws) -> None:
    [interface] = new_instance(aws, SubnetId=subnet_of(aws), AssociatePublicIpAddress=False)["NetworkInterfaces"]
    [public] = new_instance(aws, SubnetId=subnet_of(aws), AssociatePublicIpAddress=True)["NetworkInterfaces"]

    assert public["Association"]["PublicIp"]
    assert "Association" not in interface


@missing_in_moto(AssertionError, r"== \[\]")
def test_the_interface_that_came_with_an_instance_goes_with_it(aws: Aws) -> None:
    instance = new_instance(aws, SubnetId=subnet_of(aws))
    kept = new_instance(aws, SubnetId=subnet_of(aws), DeleteOnTermination=False)
    [interface], [other] = instance["NetworkInterfaces"], kept["NetworkInterfaces"]

    aws("ec2").terminate_instances(InstanceIds=[instance["InstanceId"], kept["InstanceId"]])

    assert interfaces(aws, interface["NetworkInterfaceId"]) == []
    assert [each["Status"] for each in interfaces(aws, other["NetworkInterfaceId"])] == ["available"]


@missing_in_moto(AssertionError, "'in-use' == 'available'")
def test_an_interface_that_was_given_to_an_instance_is_free_when_that_ends(aws: Aws) -> None:
    ec2 = aws("ec2")
    interface = ec2.create_network_interface(SubnetId=subnet_of(aws))["NetworkInterface"]["NetworkInterfaceId"]
    instance = new_instance(aws, NetworkInterfaceId=interface)

    ec2.terminate_instances(InstanceIds=[instance["InstanceId"]])

    [found] = interfaces(aws, interface)
    assert found["Status"] == "available"
    assert "Attachment" not in found
    ec2.delete_network_interface(NetworkInterfaceId=interface)
    assert interfaces(aws, interface) == []


@missing_in_moto(AssertionError, "False is True")
def test_a_zone_that_is_created_with_a_vpc_is_private(aws: Aws) -> None:
    vpc = {"VPCRegion": "us-east-1", "VPCId": aws("ec2").describe_vpcs()["Vpcs"][0]["VpcId"]}
    public = aws("route53").create_hosted_zone(Name="public.test", CallerReference="public")["HostedZone"]
    created = aws("route53").create_hosted_zone(Name="private.test", CallerReference="private", VPC=vpc)["HostedZone"]

    found = aws("route53").get_hosted_zone(Id=created["Id"])

    assert public["Config"]["PrivateZone"] is False
    assert found["HostedZone"]["Config"]["PrivateZone"] is True
    assert found["VPCs"] == [vpc]


@missing_in_moto(ClientError, "404|Not Found|NotFound|501|500")
def test_a_policy_of_snapshots_lives_and_changes(aws: Aws) -> None:
    dlm = aws("dlm")
    rule = {"Interval": 24, "IntervalUnit": "HOURS", "Times": ["03:30"]}
    schedule = {"Name": "daily", "CreateRule": rule, "RetainRule": {"Count": 14}}
    details = {"ResourceTypes": ["VOLUME"], "TargetTags": [{"Key": "a", "Value": "b"}], "Schedules": [schedule]}
    key = dlm.create_lifecycle_policy(
        ExecutionRoleArn="arn:aws:iam::123456789012:role/snapshots",
        Description="Daily",
        State="ENABLED",
        PolicyDetails=details,
        Tags={"stack": "monitoring"},
    )["PolicyId"]

    policy = dlm.get_lifecycle_policy(PolicyId=key)["Policy"]
    assert policy["PolicyDetails"] == {"PolicyType": "EBS_SNAPSHOT_MANAGEMENT"} | details
    assert (policy["State"], policy["Description"]) == ("ENABLED", "Daily")
    dlm.tag_resource(ResourceArn=policy["PolicyArn"], Tags={"team": "backend"})
    dlm.untag_resource(ResourceArn=policy["PolicyArn"], TagKeys=["stack"])
    assert dlm.list_tags_for_resource(ResourceArn=policy["PolicyArn"])["Tags"] == {"team": "backend"}
    dlm.update_lifecycle_policy(PolicyId=key, State="DISABLED")
    assert [(each["PolicyId"], each["State"]) for each in dlm.get_lifecycle_policies()["Policies"]] == [
        (key, "DISABLED")
    ]
    dlm.delete_lifecycle_policy(PolicyId=key)
    assert dlm.get_lifecycle_policies()["Policies"] == []
    with pytest.raises(dlm.exceptions.ResourceNotFoundException):
        dlm.get_lifecycle_policy(PolicyId=key)


@missing_in_moto(ClientError, "404|Not Found|NotFound|501|500")
def test_snapshots_of_a_policy_stay_when_it_goes(aws: Aws) -> None:
    """Those of the volumes that it names, with their tags, and none of a policy that is switched off."""
    ec2, dlm = aws("ec2"), aws("dlm")

    def volume(**tags: str) -> str:
        named = [{"Key": name, "Value": value} for name, value in tags.items()]
        specification = [{"ResourceType": "volume", "Tags": named}]
        return str(
            ec2.create_volume(AvailabilityZone="us-east-1a", Size=10, TagSpecifications=specification)["VolumeId"]
        )

    def lived(value: str, state: str) -> list[dict[str, Any]]:
        rule = {"CreateRule": {"Interval": 24, "IntervalUnit": "HOURS"}, "RetainRule": {"Count": 14}}
        key = dlm.create_lifecycle_policy(
            ExecutionRoleArn="arn:aws:iam::123456789012:role/snapshots",
            Description="Daily",
            State=state,
            PolicyDetails={
                "ResourceTypes": ["VOLUME"],
                "TargetTags": [{"Key": "snapshots", "Value": value}],
                "Schedules": [{"Name": "daily", "CopyTags": True, **rule}],
            },
        )["PolicyId"]
        dlm.delete_lifecycle_policy(PolicyId=key)
        filters = [{"Name": "tag:aws:dlm:lifecycle-policy-id", "Values": [key]}]
        return list(ec2.describe_snapshots(Filters=filters)["Snapshots"])

    volumes = [volume(snapshots="a", project="p"), volume(snapshots="b")]

    [found] = lived("a", "ENABLED")
    assert (found["VolumeId"], found["VolumeSize"]) == (volumes[0], 10)
    assert {each["Key"]: each["Value"] for each in found["Tags"]}.items() >= {"project": "p", "snapshots": "a"}.items()
    assert lived("b", "DISABLED") == []
    ec2.delete_snapshot(SnapshotId=found["SnapshotId"])
    for each in volumes:
        ec2.delete_volume(VolumeId=each)
