"""A runner of GitHub Actions inside the VPC, because jobs of GitHub's own runners cannot reach the cluster.

Terraform makes the host, and `make runner` provisions the self-hosted runner on it: with Ansible, over Session Manager.
"""

from imports.aws.ssm_parameter import SsmParameter
from imports.engine import Construct, Fn
from modules.hosts.instance_repair import instance_repair
from modules.hosts.runner_host import RunnerHost
from modules.secrets.key import Key
from modules.storage.transfer_bucket import TransferBucket
from outputs import IamOutputs, RunnerOutputs, VpcOutputs
from settings import Settings
from stacks.base import AreaStack
from stacks.iam import IamStack
from stacks.vpc import VpcStack

NO_TOKEN = "none"


class RunnerStack(AreaStack):
    def __init__(self, scope: Construct, settings: Settings, *, vpc: VpcStack, iam: IamStack) -> None:
        super().__init__(scope, "runner", settings)
        network = self.read(vpc, VpcOutputs)
        roles = self.read(iam, IamOutputs)
        protected = not settings.allow_destroy

        key = Key(
            self,
            "key",
            name=f"{settings.names.prefix}-runner",
            description="The disk of the runner",
            account=settings.account,
            protected=protected,
        )
        host = RunnerHost(
            self,
            "host",
            name=settings.names.prefix,
            settings=settings.runner,
            vpc_id=network.vpc_id,
            subnet_id=Fn.lookup(network.private_subnets, settings.names.runner_zone),
            instance_profile=roles.runner_instance_profile_name,
            key_arn=key.arn,
            tags=self.tags(),
        )
        repair = Construct(self, "repair")
        instance_repair(
            repair,
            name=f"{settings.names.prefix}-runner",
            region=settings.region,
            instance_id=host.instance_id,
            topic_arn=settings.names.alert_topic_arn,
        )
        token = SsmParameter(
            self,
            "registration_token",
            name=settings.names.runner_token_parameter,
            description="What the next runner registers with: a workflow of GitHub writes it, and it holds for an hour",
            type="SecureString",
            # Written once and never read back: whatever is in it later is in no state, and no plan changes it. Another
            # description has to come with another version, or Terraform would write an empty value.
            value_wo=NO_TOKEN,
            value_wo_version=1,
        )
        bucket = TransferBucket(self, "transfers", name=settings.names.runner_bucket, protected=protected)

        self.publish(
            RunnerOutputs(
                runner_instance_id=host.instance_id,
                runner_transfer_bucket_name=bucket.name,
                runner_token_parameter=token.name,
            )
        )
