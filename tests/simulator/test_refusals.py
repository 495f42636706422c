"""What AWS refuses reaches whoever deploys, through the real Terraform and the real AWS provider."""

import json
from pathlib import Path

import pytest

from imports.aws.provider import AwsProvider
from imports.engine import TerraformStack, Testing
from tests.conftest import synth
from tests.simulator.conftest import Aws
from tests.simulator.terraform import REGION, workspace
from tests.simulator.test_gaps_of_eks import new_cluster

pytestmark = pytest.mark.slow

ASSUMED = json.dumps({"Version": "2012-10-17", "Statement": []})
ROLE = "arn:aws:iam::123456789012:role/taken"
DATABASE = {"engine": "postgres", "allocated_storage": 20, "username": "realworld", "skip_final_snapshot": True}
OFFERED = {"engine_version": "17", "instance_class": "db.t4g.medium", "manage_master_user_password": True}
NODES = {"cluster_name": "refusals", "node_role_arn": ROLE, "ami_type": "AL2023_x86_64_STANDARD"}
SIZES = {"scaling_config": {"min_size": 1, "desired_size": 1, "max_size": 1}}

REFUSED = {
    "aws_cloudwatch_log_group.model": "InvalidParameterException: 1 validation error detected: Value 'a|b' at "
    "'tags.team.member' failed to satisfy constraint: Member must satisfy regular expression pattern: ",
    "aws_instance.image": "InvalidAMIID.NotFound: The image id '[ami-0123456789abcdef0]' does not exist",
    "aws_instance.type": "InvalidParameterValue: Value (t3.huge) for parameter instanceType is invalid.",
    "aws_db_instance.class": "InvalidParameterCombination: RDS does not support creating a DB instance with the "
    "following combination: DBInstanceClass=db.t5g.medium, Engine=postgres, EngineVersion=17",
    "aws_db_instance.version": "InvalidParameterCombination: Cannot find version 17.99 for postgres",
    "aws_eks_node_group.type": "InvalidParameterException: The following supplied instance types do not "
    "exist: [t3.huge]",
    "aws_eks_node_group.architecture": "InvalidParameterException: [t4g.large] is not a valid instance type for "
    "requested amiType AL2023_x86_64_STANDARD",
    "aws_iam_role.taken": "EntityAlreadyExists: Role with name taken already exists.",
    "aws_cloudwatch_log_group.taken": "ResourceAlreadyExistsException: The specified log group already exists",
    "aws_kms_alias.taken": "AlreadyExistsException: An alias with the name",
    "aws_ecr_repository.taken": "RepositoryAlreadyExistsException: The repository with name 'taken' already exists",
    "aws_security_group.taken": "InvalidGroup.Duplicate: The security group 'taken' already exists",
    "aws_ssm_parameter.taken": "ParameterAlreadyExists: The parameter already exists.",
    "aws_s3_bucket.taken": "BucketAlreadyExists",
    "aws_backup_vault.taken": "AlreadyExistsException: Backup vault with the same name already exists",
}


def test_what_aws_refuses_is_said_in_its_words(tmp_path: Path, simulator: Aws) -> None:
    """All in one apply, because none needs another."""
    subnets = new_cluster(simulator, "refusals")["resourcesVpcConfig"]["subnetIds"]
    key = simulator("kms").create_key()["KeyMetadata"]["KeyId"]
    vpc = simulator("ec2").describe_subnets(SubnetIds=subnets)["Subnets"][0]["VpcId"]
    simulator("iam").create_role(RoleName="taken", AssumeRolePolicyDocument=ASSUMED)
    simulator("logs").create_log_group(logGroupName="taken")
    simulator("kms").create_alias(AliasName="alias/taken", TargetKeyId=key)
    simulator("ecr").create_repository(repositoryName="taken")
    simulator("ec2").create_security_group(GroupName="taken", Description="taken", VpcId=vpc)
    simulator("ssm").put_parameter(Name="taken", Value="1", Type="String")
    simulator("s3").create_bucket(Bucket="taken")
    simulator("backup").create_backup_vault(BackupVaultName="taken")
    provider = TerraformStack(Testing.app(), "refusals")
    AwsProvider(provider, "aws", region=REGION)
    template = synth(provider)
    template["resource"] = {
        "aws_cloudwatch_log_group": {"model": {"name": "model", "tags": {"team": "a|b"}}, "taken": {"name": "taken"}},
        "aws_instance": {
            "image": {"ami": "ami-0123456789abcdef0", "instance_type": "t3.small", "subnet_id": subnets[0]},
            "type": {"ami": "ami-12c6146b", "instance_type": "t3.huge", "subnet_id": subnets[0]},
        },
        "aws_db_instance": {
            "class": {**DATABASE, **OFFERED, "identifier": "class", "instance_class": "db.t5g.medium"},
            "version": {**DATABASE, **OFFERED, "identifier": "version", "engine_version": "17.99"},
        },
        "aws_eks_node_group": {
            name: {**NODES, **SIZES, "node_group_name": name, "subnet_ids": subnets, "instance_types": [kind]}
            for name, kind in {"type": "t3.huge", "architecture": "t4g.large"}.items()
        },
        "aws_iam_role": {"taken": {"name": "taken", "assume_role_policy": ASSUMED}},
        "aws_kms_alias": {"taken": {"name": "alias/taken", "target_key_id": key}},
        "aws_ecr_repository": {"taken": {"name": "taken"}},
        "aws_security_group": {"taken": {"name": "taken", "vpc_id": vpc}},
        "aws_ssm_parameter": {"taken": {"name": "taken", "type": "String", "insecure_value": "2"}},
        "aws_s3_bucket": {"taken": {"bucket": "taken"}},
        "aws_backup_vault": {"taken": {"name": "taken"}},
    }
    stack = workspace(tmp_path / "refusals", simulator)
    stack.write(template)

    refused = stack.run("apply", "-auto-approve")

    assert refused.returncode == 1
    errors = [" ".join(each.replace("\u2502", " ").split()) for each in refused.stderr.split("Error: ")[1:]]
    told = {address: [each for each in errors if f"with {address}," in each] for address in REFUSED}
    assert {address: len(each) for address, each in told.items()} == dict.fromkeys(REFUSED, 1), refused.stderr
    assert [(address, told[address]) for address, said in REFUSED.items() if said not in told[address][0]] == []
    assert len(errors) == len(REFUSED)
