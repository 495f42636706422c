"""What the platform knows about AWS: each type of resource that it manages or reads, and their services.

A test compares this with what is synthesized, and names the line to add.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class ResourceType:
    """service: the prefix of its actions in IAM, and the name of its client in boto3.

    listing: the operation and the JMESPath that find what is left of it in an account. Everything that AWS makes by
    itself is filtered out: the default VPC and what belongs to a VPC, default groups, keys of AWS, and what only waits
    for its deletion. part_of: the type that it never outlives, instead of a listing. What is only read has neither.

    stateful: with it goes data, or a name that others know. It has a lifecycle with prevent_destroy.
    secret: to compare one with AWS, the provider reads the value in it, even if Terraform does not keep it.
    """

    service: str
    listing: tuple[str, str] | None = None
    part_of: str = ""
    stateful: bool = False
    secret: bool = False


RESOURCES = {
    "aws_acm_certificate": ResourceType("acm", ("list_certificates", "CertificateSummaryList[].CertificateArn")),
    "aws_acm_certificate_validation": ResourceType("acm", part_of="aws_acm_certificate"),
    "aws_ami": ResourceType("ec2"),
    "aws_autoscaling_group": ResourceType("autoscaling"),
    "aws_autoscaling_groups": ResourceType("autoscaling"),
    "aws_backup_plan": ResourceType("backup", ("list_backup_plans", "BackupPlansList[].BackupPlanArn")),
    "aws_backup_selection": ResourceType("backup", part_of="aws_backup_plan"),
    "aws_backup_vault": ResourceType(
        "backup",
        ("list_backup_vaults", "BackupVaultList[?BackupVaultName!='Default'].BackupVaultArn"),
        stateful=True,
    ),
    "aws_cloudwatch_log_group": ResourceType(
        "logs",
        (
            "describe_log_groups",
            # EKS writes its last lines into a group that it makes again, and Enhanced Monitoring has one for the
            # account.
            "logGroups[?!(starts_with(logGroupName, '/aws/eks/') && !retentionInDays"
            " || logGroupName == 'RDSOSMetrics')].logGroupName",
        ),
    ),
    "aws_cloudwatch_log_groups": ResourceType("logs"),
    "aws_cloudwatch_metric_alarm": ResourceType("cloudwatch", ("describe_alarms", "MetricAlarms[].AlarmArn")),
    "aws_db_instance": ResourceType(
        "rds", ("describe_db_instances", "DBInstances[].DBInstanceIdentifier"), stateful=True
    ),
    "aws_db_parameter_group": ResourceType(
        "rds",
        (
            "describe_db_parameter_groups",
            "DBParameterGroups[?!starts_with(DBParameterGroupName, 'default.')].DBParameterGroupName",
        ),
    ),
    "aws_db_subnet_group": ResourceType("rds", ("describe_db_subnet_groups", "DBSubnetGroups[].DBSubnetGroupName")),
    "aws_default_security_group": ResourceType("ec2", part_of="aws_vpc"),
    "aws_dlm_lifecycle_policy": ResourceType("dlm", ("get_lifecycle_policies", "Policies[].PolicyId")),
    "aws_ebs_volume": ResourceType("ec2", ("describe_volumes", "Volumes[].VolumeId"), stateful=True),
    "aws_ecr_lifecycle_policy": ResourceType("ecr", part_of="aws_ecr_repository"),
    "aws_ecr_repository": ResourceType("ecr", ("describe_repositories", "repositories[].repositoryArn"), stateful=True),
    "aws_eip": ResourceType("ec2", ("describe_addresses", "Addresses[].AllocationId")),
    "aws_eks_access_entry": ResourceType("eks", part_of="aws_eks_cluster"),
    "aws_eks_access_policy_association": ResourceType("eks", part_of="aws_eks_cluster"),
    "aws_eks_addon": ResourceType("eks", part_of="aws_eks_cluster"),
    "aws_eks_cluster": ResourceType("eks", ("list_clusters", "clusters"), stateful=True),
    "aws_eks_node_group": ResourceType("eks", part_of="aws_eks_cluster"),
    "aws_eks_pod_identity_association": ResourceType("eks", part_of="aws_eks_cluster"),
    "aws_flow_log": ResourceType("ec2", ("describe_flow_logs", "FlowLogs[].FlowLogId")),
    "aws_iam_instance_profile": ResourceType("iam", ("list_instance_profiles", "InstanceProfiles[].Arn")),
    "aws_iam_openid_connect_provider": ResourceType(
        "iam", ("list_open_id_connect_providers", "OpenIDConnectProviderList[].Arn")
    ),
    "aws_iam_policy": ResourceType("iam", ("list_policies", "Policies[?!starts_with(Arn, 'arn:aws:iam::aws:')].Arn")),
    "aws_iam_role": ResourceType("iam", ("list_roles", "Roles[?!starts_with(Path, '/aws-service-role/')].Arn")),
    "aws_iam_role_policy": ResourceType("iam", part_of="aws_iam_role"),
    "aws_iam_role_policy_attachment": ResourceType("iam", part_of="aws_iam_role"),
    "aws_instance": ResourceType(
        "ec2", ("describe_instances", "Reservations[].Instances[?State.Name!='terminated'][].InstanceId")
    ),
    "aws_internet_gateway": ResourceType("ec2", ("describe_internet_gateways", "InternetGateways[].InternetGatewayId")),
    "aws_kms_alias": ResourceType("kms", ("list_aliases", "Aliases[?!starts_with(AliasName, 'alias/aws/')].AliasName")),
    "aws_kms_key": ResourceType("kms", stateful=True),  # simulator/leftovers.py asks about each
    "aws_launch_template": ResourceType("ec2", ("describe_launch_templates", "LaunchTemplates[].LaunchTemplateName")),
    "aws_nat_gateway": ResourceType("ec2", ("describe_nat_gateways", "NatGateways[?State!='deleted'].NatGatewayId")),
    "aws_network_interface": ResourceType(
        "ec2", ("describe_network_interfaces", "NetworkInterfaces[].NetworkInterfaceId")
    ),
    "aws_route": ResourceType("ec2", part_of="aws_route_table"),
    "aws_route53_record": ResourceType("route53", part_of="aws_route53_zone"),
    "aws_route53_zone": ResourceType("route53", ("list_hosted_zones", "HostedZones[].Name"), stateful=True),
    "aws_route_table": ResourceType(
        "ec2", ("describe_route_tables", "RouteTables[?!(Associations[?Main])].RouteTableId")
    ),
    "aws_route_table_association": ResourceType("ec2", part_of="aws_route_table"),
    "aws_s3_bucket": ResourceType("s3", ("list_buckets", "Buckets[].Name"), stateful=True),
    "aws_s3_bucket_lifecycle_configuration": ResourceType("s3", part_of="aws_s3_bucket"),
    "aws_s3_bucket_ownership_controls": ResourceType("s3", part_of="aws_s3_bucket"),
    "aws_s3_bucket_policy": ResourceType("s3", part_of="aws_s3_bucket"),
    "aws_s3_bucket_public_access_block": ResourceType("s3", part_of="aws_s3_bucket"),
    "aws_s3_bucket_server_side_encryption_configuration": ResourceType("s3", part_of="aws_s3_bucket"),
    "aws_s3_bucket_versioning": ResourceType("s3", part_of="aws_s3_bucket"),
    "aws_s3_object": ResourceType("s3", part_of="aws_s3_bucket"),
    "aws_secretsmanager_random_password": ResourceType("secretsmanager"),
    "aws_secretsmanager_secret": ResourceType("secretsmanager", ("list_secrets", "SecretList[].Name"), stateful=True),
    "aws_secretsmanager_secret_version": ResourceType(
        "secretsmanager", part_of="aws_secretsmanager_secret", secret=True
    ),
    "aws_security_group": ResourceType(
        "ec2", ("describe_security_groups", "SecurityGroups[?GroupName!='default'].GroupId")
    ),
    "aws_sns_topic": ResourceType("sns", ("list_topics", "Topics[].TopicArn")),
    "aws_sns_topic_subscription": ResourceType("sns", part_of="aws_sns_topic"),
    "aws_ssm_parameter": ResourceType(
        "ssm", ("describe_parameters", "Parameters[?!starts_with(Name, '/aws/')].Name"), secret=True
    ),
    "aws_subnet": ResourceType("ec2", ("describe_subnets", "Subnets[?!DefaultForAz].SubnetId")),
    "aws_volume_attachment": ResourceType("ec2", part_of="aws_instance"),
    "aws_vpc": ResourceType("ec2", ("describe_vpcs", "Vpcs[?!IsDefault].VpcId")),
    "aws_vpc_endpoint": ResourceType(
        "ec2", ("describe_vpc_endpoints", "VpcEndpoints[?State!='deleted'].VpcEndpointId")
    ),
    "aws_vpc_security_group_egress_rule": ResourceType("ec2", part_of="aws_security_group"),
    "aws_vpc_security_group_ingress_rule": ResourceType("ec2", part_of="aws_security_group"),
    "aws_wafv2_web_acl": ResourceType("wafv2", ("list_web_acls", "WebACLs[].Name")),
}

# What an operation of a listing has to be told.
ASKED = {"list_web_acls": {"Scope": "REGIONAL"}}


def holds_data(address: str) -> bool:
    """Whether data goes with a resource. A type that is used no more is in no row, and its last resource goes now."""
    kind = address.split(".")[0]
    return RESOURCES[kind].stateful if kind in RESOURCES else kind.startswith("aws_")


# The services that the platform consists of: the role that plans may read these and no other. Each has what reads its
# content and not how it is set up, which no plan needs: values of secrets, lines of logs, images, screens and output of
# commands. ReadOnlyAccess allows most of it. Empty where there is nothing to deny, or, for objects and parameters,
# where stacks/iam_pipelines.py says which ones.
CONTENT = {
    "acm": "",
    "autoscaling": "",
    "backup": "",
    "cloudwatch": "",
    "dlm": "",
    "ec2": "GetConsoleOutput GetConsoleScreenshot GetPasswordData",
    "ecr": "BatchGetImage GetAuthorizationToken GetDownloadUrlForLayer",
    "eks": "AccessKubernetesApi",
    "iam": "Generate* GetCredentialReport",
    "kms": "Decrypt",
    "logs": "Filter* Get* Start* Stop* Unmask",
    "rds": "Download*",
    "route53": "",
    "s3": "",
    "secretsmanager": "BatchGetSecretValue GetSecretValue",
    "sns": "",
    "ssm": "GetCommandInvocation GetParameterHistory ListCommandInvocations",
    "sts": "",  # of no resource: the provider asks who it is
    "wafv2": "GetSampledRequests",
}
# Besides, called by hosts, nodes and pods, and by AWS Backup in the name of who makes a vault: no resource is theirs.
CALLED = ("backup-storage", "ec2messages", "eks-auth", "elasticloadbalancing", "ssmmessages", "tag")
