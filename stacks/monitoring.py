"""A host with Prometheus, Alertmanager, Loki and Grafana, its volume and snapshots, alarms about it, the private zone.

It knows no cluster: it is there before one, and after it.
"""

from imports.aws.ssm_parameter import SsmParameter
from imports.engine import Construct, Fn
from modules.alarms.host_alarms import HostAlarms
from modules.database.client import admit
from modules.hosts.monitoring_host import MonitoringHost
from modules.hosts.volume_snapshots import VolumeSnapshots
from modules.network.addresses import private_cidr
from modules.network.private_zone import PrivateZone
from modules.secrets.generated_secret import GeneratedSecret
from modules.secrets.key import Key
from modules.storage.configuration import Configuration
from monitoring import bundle
from outputs import IamOutputs, MonitoringOutputs, VpcOutputs
from settings import Settings
from stacks.base import AreaStack
from stacks.iam import IamStack
from stacks.vpc import VpcStack


class MonitoringStack(AreaStack):
    def __init__(self, scope: Construct, settings: Settings, *, vpc: VpcStack, iam: IamStack) -> None:
        super().__init__(scope, "monitoring", settings)
        network = self.read(vpc, VpcOutputs)
        roles = self.read(iam, IamOutputs)
        protected = not settings.allow_destroy
        name = settings.names.prefix

        key = Key(
            self,
            "key",
            name=f"{name}-monitoring",
            description="The volume of the monitoring host and its alerts",
            account=settings.account,
            protected=protected,
            services=["cloudwatch.amazonaws.com"],
        )
        silence_key = Key(
            self,
            "silence_key",
            name=f"{name}-monitoring-silent",
            description="Word that the monitoring host is silent",
            account=settings.account,
            protected=protected,
            services=["cloudwatch.amazonaws.com"],
        )
        password = GeneratedSecret(
            self,
            "grafana",
            name=settings.names.grafana_secret,
            description="Password of the user admin of Grafana",
            generation=settings.monitoring.grafana_password_generation,
            protected=protected,
        )
        Configuration(
            self,
            "configuration",
            bucket=settings.names.monitoring_bucket,
            files=bundle.files(settings),
            protected=protected,
        )
        host = MonitoringHost(
            self,
            "host",
            name=name,
            settings=settings.monitoring,
            vpc_id=network.vpc_id,
            subnet_id=Fn.lookup(network.private_subnets, settings.monitoring.zone),
            network=settings.vpc.cidr,
            log_senders={zone: private_cidr(settings.vpc, zone) for zone in settings.vpc.zones},
            plain_http=settings.names.api_url.startswith("http:"),
            instance_profile=roles.monitoring_instance_profile_name,
            key_arn=key.arn,
            host_env={
                "CONFIG_BUCKET": settings.names.monitoring_bucket,
                "GRAFANA_SECRET": settings.names.grafana_secret,
                "NAMESPACE": settings.names.monitoring_namespace,
                "REGION": settings.region,
            },
            tags=self.tags(),
            protected=protected,
        )
        admit(
            self,
            "database_client",
            database=network.database_security_group_id,
            client=host.security_group_id,
            description="People who use psql, through Session Manager",
        )
        VolumeSnapshots(
            self,
            "snapshots",
            value=f"{name}-monitoring",
            retention_days=settings.monitoring.snapshot_retention_days,
            role_arn=roles.snapshots_role_arn,
        )
        alarms = HostAlarms(
            self,
            "alarms",
            name=name,
            namespace=settings.names.monitoring_namespace,
            region=settings.region,
            instance_id=host.instance_id,
            key_arn=key.arn,
            silence_key_arn=silence_key.arn,
            emails=settings.monitoring.alert_emails,
        )
        zone = PrivateZone(
            self, "private_zone", domain=settings.names.internal_domain, vpc_id=network.vpc_id, protected=protected
        )
        zone.add("loki", host.private_ip)

        # Not in the stack of the database: a stack with a value that no plan may read is planned without a refresh.
        SsmParameter(
            self,
            "restore_drill",
            name=settings.names.restore_drill_parameter,
            description="The restore drill that has passed last writes its name here, and when is what counts",
            type="String",
            value_wo="none",  # as in stacks/runner.py: no plan changes what is in it later
            value_wo_version=1,
        )

        self.publish(
            MonitoringOutputs(
                monitoring_instance_id=host.instance_id,
                monitoring_private_ip=host.private_ip,
                monitoring_volume_id=host.volume_id,
                grafana_secret_arn=password.arn,
                alert_topic_arn=alarms.topic_arn,
                silence_topic_arn=alarms.silence_topic_arn,
            )
        )
