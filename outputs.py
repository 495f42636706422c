"""Every value that crosses a stack boundary: the contract between areas.

A field is a str, a list[str] or a dict[str, str]; its name is the name of the Terraform output, and its text the
description. Renaming one breaks every stack that reads it, so treat this file as an API. Nothing secret is ever in
here: whoever can read one output can read the whole state.
"""

from dataclasses import dataclass
from typing import Annotated


@dataclass(frozen=True, kw_only=True)
class StateOutputs:
    state_bucket_name: Annotated[str, "Bucket that holds the state of every stack."]


@dataclass(frozen=True, kw_only=True)
class VpcOutputs:
    vpc_id: Annotated[str, "Id of the VPC."]
    vpc_cidr: Annotated[str, "IPv4 network of the VPC."]
    public_subnet_ids: Annotated[list[str], "Subnets of load balancers and NAT gateways, one in each zone."]
    private_subnet_ids: Annotated[list[str], "Subnets of nodes and pods, one in each zone."]
    private_subnets: Annotated[dict[str, str], "Subnets of nodes and pods, by zone."]
    database_subnet_ids: Annotated[list[str], "Subnets without a way out, one in each zone."]
    database_security_group_id: Annotated[str, "Security group of the database, to which its clients add themselves."]
    nat_public_ips: Annotated[list[str], "Addresses that the private subnets have on the internet."]


@dataclass(frozen=True, kw_only=True)
class IamOutputs:
    cluster_role_arn: Annotated[str, "Role of the EKS control plane."]
    node_role_arn: Annotated[str, "Role of the EKS nodes."]
    vpc_cni_role_arn: Annotated[str, "Role of the VPC CNI add-on."]
    ebs_csi_role_arn: Annotated[str, "Role of the EBS CSI add-on."]
    load_balancer_controller_role_arn: Annotated[str, "Role of the AWS Load Balancer Controller."]
    cluster_autoscaler_role_arn: Annotated[str, "Role of Cluster Autoscaler."]
    external_dns_role_arn: Annotated[str, "Role of external-dns."]
    external_secrets_role_arn: Annotated[str, "Role of External Secrets."]
    snapshots_role_arn: Annotated[str, "Role that takes snapshots of volumes."]
    monitoring_instance_profile_name: Annotated[str, "Instance profile of the monitoring host."]
    runner_instance_profile_name: Annotated[str, "Instance profile of the self-hosted runner."]
    plan_role_arn: Annotated[str, "Role with which GitHub Actions plans: reads only."]
    deploy_role_arn: Annotated[str, "Role with which GitHub Actions deploys the platform."]
    restore_drill_role_arn: Annotated[str, "Role with which GitHub Actions tests that the database can be restored."]
    runner_token_role_arn: Annotated[str, "Role with which GitHub Actions hands its token to the self-hosted runner."]
    push_role_arn: Annotated[str, "Role with which GitHub Actions pushes the images of the application."]
    release_role_arn: Annotated[str, "Role with which GitHub Actions releases the application."]


@dataclass(frozen=True, kw_only=True)
class RegistryOutputs:
    repository_urls: Annotated[list[str], "Repositories of the images, in the order of the settings."]


@dataclass(frozen=True, kw_only=True)
class DnsOutputs:
    zone_id: Annotated[str, "Id of the public hosted zone."]
    zone_name_servers: Annotated[list[str], "Name servers that the registrar has to point to."]
    certificate_arn: Annotated[str, "Certificate of the domain and of every name below it."]
    web_acl_arn: Annotated[str, "Limits of AWS WAF for the load balancer; none where there are none."] = "none"


@dataclass(frozen=True, kw_only=True)
class SecretsOutputs:
    jwt_secret_arn: Annotated[str, "Secret with which the application signs its tokens."]


@dataclass(frozen=True, kw_only=True)
class EksOutputs:
    cluster_name: Annotated[str, "Name of the cluster."]
    cluster_endpoint: Annotated[str, "URL of the Kubernetes API."]
    cluster_certificate_authority_data: Annotated[str, "Certificate authority of the Kubernetes API, in base64."]
    cluster_security_group_id: Annotated[str, "Security group of the control plane, the nodes and the pods."]
    cluster_version: Annotated[str, "Kubernetes version of the control plane."]


@dataclass(frozen=True, kw_only=True)
class DatabaseOutputs:
    database_identifier: Annotated[str, "Name of the RDS instance."]
    database_address: Annotated[str, "Host name of the database."]
    database_port: Annotated[str, "Port of the database."]
    database_name: Annotated[str, "Name of the database inside the server."]
    database_secret_arn: Annotated[str, "Secret in which RDS keeps the user and the password."]
    database_security_group_id: Annotated[str, "Security group of the database."]
    alarm_topic_arn: Annotated[str, "SNS topic that the alarms of the database go to."]


@dataclass(frozen=True, kw_only=True)
class MonitoringOutputs:
    monitoring_instance_id: Annotated[str, "The monitoring host: its own name for Session Manager."]
    monitoring_private_ip: Annotated[str, "Address of the monitoring host in the VPC."]
    monitoring_volume_id: Annotated[str, "Volume with the metrics, the logs and the dashboards that people made."]
    grafana_secret_arn: Annotated[str, "Secret with the password of the user admin of Grafana."]
    alert_topic_arn: Annotated[str, "SNS topic that all alerts go to."]
    silence_topic_arn: Annotated[str, "SNS topic that says when no alerts can come."]


@dataclass(frozen=True, kw_only=True)
class RunnerOutputs:
    runner_instance_id: Annotated[str, "Host of the self-hosted runner: its own name for Session Manager."]
    runner_transfer_bucket_name: Annotated[str, "Bucket through which Ansible sends files to the runner."]
    runner_token_parameter: Annotated[
        str, "Name of the SSM parameter from which a runner takes its registration token."
    ]


@dataclass(frozen=True, kw_only=True)
class AddonsOutputs:
    application_namespace: Annotated[str, "Namespace of the application."]


@dataclass(frozen=True, kw_only=True)
class AppOutputs:
    app_url: Annotated[str, "Where the API answers once it is released."]
    release_values: Annotated[str, "Values of the application's chart in this environment, as JSON for helm --values."]
