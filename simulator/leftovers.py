"""What is left in an AWS account that a new account would not have."""

from collections.abc import Callable
from typing import Any

import jmespath

# Service, operation, and the JMESPath of the names. Everything that AWS makes by itself is filtered out: the default
# VPC and what belongs to a VPC, default groups, keys of AWS, and what only waits for its deletion.
LISTINGS = (
    ("acm", "list_certificates", "CertificateSummaryList[].CertificateArn"),
    ("autoscaling", "describe_auto_scaling_groups", "AutoScalingGroups[].AutoScalingGroupName"),
    ("backup", "list_backup_plans", "BackupPlansList[].BackupPlanArn"),
    ("backup", "list_backup_vaults", "BackupVaultList[?BackupVaultName!='Default'].BackupVaultArn"),
    ("cloudwatch", "describe_alarms", "MetricAlarms[].AlarmArn"),
    ("dlm", "get_lifecycle_policies", "Policies[].PolicyId"),
    ("ec2", "describe_addresses", "Addresses[].AllocationId"),
    ("ec2", "describe_flow_logs", "FlowLogs[].FlowLogId"),
    ("ec2", "describe_instances", "Reservations[].Instances[?State.Name!='terminated'][].InstanceId"),
    ("ec2", "describe_internet_gateways", "InternetGateways[].InternetGatewayId"),
    ("ec2", "describe_launch_templates", "LaunchTemplates[].LaunchTemplateName"),
    ("ec2", "describe_nat_gateways", "NatGateways[?State!='deleted'].NatGatewayId"),
    ("ec2", "describe_network_acls", "NetworkAcls[?!IsDefault].NetworkAclId"),
    ("ec2", "describe_network_interfaces", "NetworkInterfaces[].NetworkInterfaceId"),
    ("ec2", "describe_route_tables", "RouteTables[?!(Associations[?Main])].RouteTableId"),
    ("ec2", "describe_security_groups", "SecurityGroups[?GroupName!='default'].GroupId"),
    ("ec2", "describe_subnets", "Subnets[?!DefaultForAz].SubnetId"),
    ("ec2", "describe_volumes", "Volumes[].VolumeId"),
    ("ec2", "describe_vpc_endpoints", "VpcEndpoints[?State!='deleted'].VpcEndpointId"),
    ("ec2", "describe_vpcs", "Vpcs[?!IsDefault].VpcId"),
    ("ecr", "describe_repositories", "repositories[].repositoryArn"),
    ("eks", "list_clusters", "clusters"),
    ("iam", "list_instance_profiles", "InstanceProfiles[].Arn"),
    ("iam", "list_open_id_connect_providers", "OpenIDConnectProviderList[].Arn"),
    ("iam", "list_policies", "Policies[?!starts_with(Arn, 'arn:aws:iam::aws:')].Arn"),
    ("iam", "list_roles", "Roles[?!starts_with(Path, '/aws-service-role/')].Arn"),
    ("kms", "list_aliases", "Aliases[?!starts_with(AliasName, 'alias/aws/')].AliasName"),
    (
        "logs",
        "describe_log_groups",
        # EKS writes its last lines into a group that it makes again, and Enhanced Monitoring has one for the account.
        "logGroups[?!(starts_with(logGroupName, '/aws/eks/') && !retentionInDays || logGroupName == 'RDSOSMetrics')]"
        ".logGroupName",
    ),
    ("rds", "describe_db_instances", "DBInstances[].DBInstanceIdentifier"),
    (
        "rds",
        "describe_db_parameter_groups",
        "DBParameterGroups[?!starts_with(DBParameterGroupName, 'default.')].DBParameterGroupName",
    ),
    ("rds", "describe_db_snapshots", "DBSnapshots[].DBSnapshotIdentifier"),
    ("rds", "describe_db_subnet_groups", "DBSubnetGroups[].DBSubnetGroupName"),
    ("route53", "list_hosted_zones", "HostedZones[].Name"),
    ("s3", "list_buckets", "Buckets[].Name"),
    ("secretsmanager", "list_secrets", "SecretList[].Name"),
    ("sns", "list_topics", "Topics[].TopicArn"),
    ("ssm", "describe_parameters", "Parameters[?!starts_with(Name, '/aws/')].Name"),
)


def leftovers(client: Callable[[str], Any]) -> list[str]:
    """One line for each resource, such as `s3 my-bucket`. client makes the boto3 client of a service."""
    clients = {service: client(service) for service, _, _ in LISTINGS}
    found = [
        f"{service} {name}"
        for service, operation, names in LISTINGS
        for name in _list(clients[service], operation, names)
    ]
    kms = clients["kms"]
    of_aws = _list(kms, "list_aliases", "Aliases[?starts_with(AliasName, 'alias/aws/')].TargetKeyId")
    for key in sorted({*_list(kms, "list_keys", "Keys[].KeyId")} - {*of_aws}):
        if kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"] != "PendingDeletion":
            found.append(f"kms {key}")
    return found


def _list(client: Any, operation: str, names: str) -> list[str]:
    if client.can_paginate(operation):
        return list(client.get_paginator(operation).paginate().search(names))
    return list(jmespath.search(names, getattr(client, operation)()) or [])
