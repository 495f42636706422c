"""How what a run created, and no state knows, is found in AWS and imported: for each type of resource.

Sources: the section Import of each type in the documentation of the AWS provider, as collected with their quotes in
crossplane-contrib/provider-upjet-aws (config/externalname.go), and what the provider itself accepts in
tests/operations/recovery. What can be repeated is from the API reference of each service.
"""

from dataclasses import dataclass, field

# Where the id under which a resource is imported is not the one that it has in its state: from the arguments as they
# are configured, references included, and that id. None where there is no import. Every other type has just {id}.
IMPORT_IDS = {
    "aws_acm_certificate_validation": None,
    "aws_backup_selection": "{plan_id}|{id}",
    "aws_db_instance": "{identifier}",
    "aws_eks_pod_identity_association": "{cluster_name},{id}",
    "aws_iam_role_policy_attachment": "{role}/{policy_arn}",
    "aws_route": "{route_table_id}_{destination_cidr_block}",
    "aws_route_table_association": "{subnet_id}/{route_table_id}",
    "aws_s3_object": "{bucket}/{key}",
    "aws_volume_attachment": "{device_name}:{volume_id}:{instance_id}",
    "aws_wafv2_web_acl": "{id}/{name}/{scope}",
    "helm_release": "{namespace}/{name}",
}

# Where the id under which it is imported follows from the arguments alone: nobody has to have seen its creation end.
NATURAL_IDS = {
    "aws_backup_vault": "{name}",
    "aws_db_instance": "{identifier}",
    "aws_db_subnet_group": "{name}",
    "aws_ecr_repository": "{name}",
    "aws_eks_access_entry": "{cluster_name}:{principal_arn}",
    "aws_eks_access_policy_association": "{cluster_name}#{principal_arn}#{policy_arn}",
    "aws_eks_addon": "{cluster_name}:{addon_name}",
    "aws_eks_cluster": "{name}",
    "aws_eks_node_group": "{cluster_name}:{node_group_name}",
    "aws_iam_instance_profile": "{name}",
    "aws_iam_openid_connect_provider": "arn:aws:iam::{account}:oidc-provider/{host}",  # host: of its url
    "aws_iam_policy": "arn:aws:iam::{account}:policy/{name}",
    "aws_iam_role": "{name}",
    "aws_kms_alias": "{name}",
    "aws_route": "{route_table_id}_{destination_cidr_block}",
    "aws_route53_record": "{zone_id}_{name}_{type}",
    "aws_route_table_association": "{subnet_id}/{route_table_id}",
    "aws_ssm_parameter": "{name}",
    "aws_volume_attachment": "{device_name}:{volume_id}:{instance_id}",
    "helm_release": "{namespace}/{name}",
    "kubernetes_namespace_v1": "{metadata[name]}",
}

# To create these once more is to write the same again: nothing is double, and nothing is refused. A destroy has to know
# them: it finds them under these ids, or they go with something else.
REPEATABLE = {
    "aws_acm_certificate_validation": None,
    "aws_cloudwatch_log_group": "{name}",  # a deploy finds it by the code itself, which imports it
    "aws_cloudwatch_metric_alarm": "{alarm_name}",
    "aws_default_security_group": None,
    "aws_ecr_lifecycle_policy": "{repository}",
    "aws_iam_role_policy": "{role}:{name}",
    "aws_iam_role_policy_attachment": "{role}/{policy_arn}",
    "aws_s3_bucket_lifecycle_configuration": "{bucket}",
    "aws_s3_bucket_ownership_controls": "{bucket}",
    "aws_s3_bucket_policy": "{bucket}",
    "aws_s3_bucket_public_access_block": "{bucket}",
    "aws_s3_bucket_server_side_encryption_configuration": "{bucket}",
    "aws_s3_bucket_versioning": "{bucket}",
    "aws_s3_object": "{bucket}/{key}",
    "aws_secretsmanager_secret_version": None,  # of a value that nobody has read yet
    "aws_sns_topic": "arn:aws:sns:{region}:{account}:{name}",
    "aws_sns_topic_subscription": None,
}


@dataclass(frozen=True)
class Lookup:
    """The operation that lists what there is, and the JMESPath of what tells one from another.

    Each object has an id, and, where AWS says them, created, tags, and arguments of the resource under their own names.
    arguments are those of the operation, from the arguments of the resource.
    """

    operation: str
    query: str
    arguments: dict[str, str] = field(default_factory=dict)


LOOKUPS = {
    "aws_acm_certificate": Lookup(
        "list_certificates",
        "CertificateSummaryList[].{id: CertificateArn, domain_name: DomainName, created: CreatedAt}",
    ),
    "aws_backup_plan": Lookup(
        "list_backup_plans", "BackupPlansList[].{id: BackupPlanId, name: BackupPlanName, created: CreationDate}"
    ),
    "aws_backup_selection": Lookup(
        "list_backup_selections",
        "BackupSelectionsList[].{id: SelectionId, name: SelectionName, created: CreationDate}",
        {"BackupPlanId": "plan_id"},
    ),
    "aws_db_parameter_group": Lookup(
        "describe_db_parameter_groups",
        "DBParameterGroups[].{id: DBParameterGroupName, name_prefix: DBParameterGroupName,"
        " family: DBParameterGroupFamily}",
    ),
    "aws_dlm_lifecycle_policy": Lookup(
        "get_lifecycle_policies", "Policies[].{id: PolicyId, description: Description, tags: Tags}"
    ),
    "aws_ebs_volume": Lookup("describe_volumes", "Volumes[].{id: VolumeId, created: CreateTime, tags: Tags}"),
    "aws_eip": Lookup("describe_addresses", "Addresses[].{id: AllocationId, tags: Tags}"),
    "aws_eks_pod_identity_association": Lookup(
        "list_pod_identity_associations",
        "associations[].{id: associationId, namespace: namespace, service_account: serviceAccount}",
        {"clusterName": "cluster_name"},
    ),
    "aws_flow_log": Lookup("describe_flow_logs", "FlowLogs[].{id: FlowLogId, created: CreationTime, tags: Tags}"),
    "aws_instance": Lookup(
        "describe_instances",
        "Reservations[].Instances[?State.Name!='terminated'][].{id: InstanceId, created: LaunchTime, tags: Tags}",
    ),
    "aws_internet_gateway": Lookup(
        "describe_internet_gateways", "InternetGateways[].{id: InternetGatewayId, tags: Tags}"
    ),
    "aws_kms_key": Lookup("list_keys", "Keys[].{id: KeyId}"),  # each is asked for what it is
    "aws_launch_template": Lookup(
        "describe_launch_templates", "LaunchTemplates[].{id: LaunchTemplateId, created: CreateTime, tags: Tags}"
    ),
    "aws_nat_gateway": Lookup(
        "describe_nat_gateways",
        "NatGateways[?State!='deleted' && State!='failed'].{id: NatGatewayId, created: CreateTime, tags: Tags}",
    ),
    "aws_network_interface": Lookup(
        "describe_network_interfaces",
        "NetworkInterfaces[].{id: NetworkInterfaceId, description: Description, tags: TagSet}",
    ),
    "aws_route53_zone": Lookup("list_hosted_zones", "HostedZones[].{id: Id, name: Name, reference: CallerReference}"),
    "aws_route_table": Lookup("describe_route_tables", "RouteTables[].{id: RouteTableId, tags: Tags}"),
    "aws_s3_bucket": Lookup("list_buckets", "Buckets[].{id: Name, bucket: Name, created: CreationDate}"),
    "aws_secretsmanager_secret": Lookup(
        "list_secrets", "SecretList[].{id: ARN, name: Name, created: CreatedDate, tags: Tags}"
    ),
    "aws_security_group": Lookup(
        "describe_security_groups", "SecurityGroups[].{id: GroupId, name: GroupName, tags: Tags}"
    ),
    "aws_subnet": Lookup("describe_subnets", "Subnets[].{id: SubnetId, cidr_block: CidrBlock, tags: Tags}"),
    "aws_vpc": Lookup("describe_vpcs", "Vpcs[].{id: VpcId, tags: Tags}"),
    "aws_vpc_endpoint": Lookup(
        "describe_vpc_endpoints",
        "VpcEndpoints[?State!='deleted'].{id: VpcEndpointId, service_name: ServiceName,"
        " created: CreationTimestamp, tags: Tags}",
    ),
    "aws_vpc_security_group_egress_rule": Lookup(
        "describe_security_group_rules",
        "SecurityGroupRules[?IsEgress].{id: SecurityGroupRuleId, description: Description, tags: Tags}",
    ),
    "aws_vpc_security_group_ingress_rule": Lookup(
        "describe_security_group_rules",
        "SecurityGroupRules[?!IsEgress].{id: SecurityGroupRuleId, description: Description, tags: Tags}",
    ),
    "aws_wafv2_web_acl": Lookup("list_web_acls", "WebACLs[].{id: Id, name: Name}", {"Scope": "scope"}),
}

# By which arguments one that another project made is known as the one of a stack; in this order, because the later ones
# refer to those before them.
IDENTITIES = {
    "aws_iam_openid_connect_provider": ["url"],
    "aws_vpc": ["cidr_block"],
    "aws_subnet": ["vpc_id", "cidr_block"],
    "aws_internet_gateway": ["vpc_id"],
    "aws_nat_gateway": ["subnet_id"],
    "aws_route_table_association": ["subnet_id"],
    "aws_route": ["route_table_id", "destination_cidr_block"],
    "aws_vpc_endpoint": ["vpc_id", "service_name"],
    "aws_ecr_repository": ["name"],
    "aws_route53_zone": ["name"],
    "aws_db_subnet_group": ["name"],
    "aws_db_instance": ["identifier"],
    "aws_eks_cluster": ["name"],
    "aws_eks_access_entry": ["cluster_name", "principal_arn"],
    "aws_eks_addon": ["cluster_name", "addon_name"],
}

# Arguments of what is known that say which one another of the stack is.
REFERRED = {"aws_nat_gateway": ["allocation_id"], "aws_route_table_association": ["route_table_id"]}

# The waiter of boto3 for what AWS takes its time to make: Terraform must not read it before. Arguments of the waiter
# from those of the resource, and its id.
READY = {
    "aws_db_instance": ("db_instance_available", {"DBInstanceIdentifier": "{identifier}"}),
    "aws_eks_addon": ("addon_active", {"clusterName": "{cluster_name}", "addonName": "{addon_name}"}),
    "aws_eks_cluster": ("cluster_active", {"name": "{name}"}),
    "aws_eks_node_group": (
        "nodegroup_active",
        {"clusterName": "{cluster_name}", "nodegroupName": "{node_group_name}"},
    ),
}
