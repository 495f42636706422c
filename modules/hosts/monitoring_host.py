"""One EC2 host whose data and address outlive it: volume and network interface are resources of their own."""

from collections.abc import Mapping
from ipaddress import IPv4Network

import yaml

from imports.aws.ebs_volume import EbsVolume
from imports.aws.instance import InstanceNetworkInterface
from imports.aws.network_interface import NetworkInterface
from imports.aws.security_group import SecurityGroup
from imports.aws.volume_attachment import VolumeAttachment
from imports.engine import Construct, TerraformResourceLifecycle
from imports.literal import literal
from modules.database.postgres import PORT as POSTGRES
from modules.hosts.amazon_linux import amazon_linux_host
from modules.hosts.volume_snapshots import TAG
from modules.network.rules import EVERYWHERE, HTTP, HTTPS, Egress, Ingress, allow
from monitoring.bundle import HERE
from settings.monitoring import MonitoringSettings

HOST_FILES = {
    "mount-data.sh": ("/usr/local/sbin/mount-data", "0755"),
    "sync-config.sh": ("/usr/local/sbin/sync-config", "0755"),
    "monitoring-data.service": ("/etc/systemd/system/monitoring-data.service", "0644"),
    "monitoring-config.service": ("/etc/systemd/system/monitoring-config.service", "0644"),
    "monitoring-config.timer": ("/etc/systemd/system/monitoring-config.timer", "0644"),
}
HOST_ENV = "/etc/monitoring/host.env"
DATA = "/var/lib/monitoring"
LOKI, GRAFANA = 3100, 3000
# What Prometheus scrapes on nodes and in pods.
SCRAPE_TARGETS = {"api": 9464, "kube-state-metrics": 8080, "node-exporter": 9100}


class MonitoringHost(Construct):
    """network has all that it scrapes, log_senders those that push logs, by zone; plain_http is how it probes the API.

    host_env is what the scripts on the host know about this environment, as variables.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        name: str,
        settings: MonitoringSettings,
        vpc_id: str,
        subnet_id: str,
        network: IPv4Network,
        log_senders: Mapping[str, IPv4Network],
        plain_http: bool,
        instance_profile: str,
        key_arn: str,
        host_env: Mapping[str, str],
        tags: Mapping[str, str],
        protected: bool,
    ) -> None:
        super().__init__(scope, id)

        group = SecurityGroup(
            self,
            "security_group",
            name_prefix=f"{name}-monitoring-",
            description="Logs from the subnets of the pods, Grafana for listed networks",
            vpc_id=vpc_id,
            tags={"Name": f"{name}-monitoring"},
            lifecycle=TerraformResourceLifecycle(create_before_destroy=True),
        )
        self._network_rules(group, settings, network, log_senders, plain_http)

        # Whatever replaces the instance, logs are pushed to the same address.
        interface = NetworkInterface(
            self,
            "network_interface",
            subnet_id=subnet_id,
            security_groups=[group.id],
            description=f"{name}-monitoring",
            tags={"Name": f"{name}-monitoring"},
        )
        volume = EbsVolume(
            self,
            "data",
            availability_zone=settings.zone,
            size=settings.volume_gb,
            type="gp3",
            encrypted=True,
            kms_key_id=key_arn,
            tags={"Name": f"{name}-monitoring-data", TAG: f"{name}-monitoring"},
            lifecycle=TerraformResourceLifecycle(prevent_destroy=protected),
        )
        instance = amazon_linux_host(
            self,
            name=f"{name}-monitoring",
            instance_type=settings.instance_type,
            instance_profile=instance_profile,
            disk_gb=30,
            key_arn=key_arn,
            tags=tags,
            network_interface=[InstanceNetworkInterface(network_interface_id=interface.id, device_index=0)],
            user_data=user_data({**host_env, "VOLUME_ID": volume.id}),
            user_data_replace_on_change=True,
        )
        VolumeAttachment(
            self,
            "attachment",
            device_name="/dev/sdf",
            volume_id=volume.id,
            instance_id=instance.id,
            # Writers stop before their disk goes.
            stop_instance_before_detaching=True,
        )

        self.instance_id = instance.id
        self.security_group_id = group.id
        self.private_ip = interface.private_ip
        self.volume_id = volume.id

    def _network_rules(
        self,
        group: SecurityGroup,
        settings: MonitoringSettings,
        network: IPv4Network,
        log_senders: Mapping[str, IPv4Network],
        plain_http: bool,
    ) -> None:
        """Names and time come from the VPC itself, which no security group filters. Whoever is asked has a rule too."""
        allow(Egress, self, "egress", group.id, HTTPS, EVERYWHERE, "The API, AWS and the registries of images")
        if plain_http:
            allow(Egress, self, "plain_http", group.id, HTTP, EVERYWHERE, "The API before it has a certificate")
        allow(Egress, self, "psql", group.id, POSTGRES, network, "People who use psql, through Session Manager")
        targets = Construct(self, "targets")
        for target, port in SCRAPE_TARGETS.items():
            allow(Egress, targets, target, group.id, port, network, f"Prometheus to {target}")
        loki, grafana = Construct(self, "loki_clients"), Construct(self, "grafana_clients")
        for zone, senders in log_senders.items():
            allow(Ingress, loki, zone, group.id, LOKI, senders, "Logs from pods")
        for cidr in settings.allowed_cidrs:
            allow(Ingress, grafana, str(cidr), group.id, GRAFANA, cidr, "Grafana for a network")


def user_data(host_env: Mapping[str, str]) -> str:
    """cloud-config; at most 16 KiB, which is what EC2 takes. Values of host_env may be references."""
    config = yaml.safe_load((HERE / "host" / "user-data.yaml").read_text(encoding="utf-8"))
    variables = "".join(f"{name}={value}\n" for name, value in sorted({**host_env, "DATA": DATA}.items()))
    config["write_files"] = [
        {"path": HOST_ENV, "permissions": "0644", "content": variables},
        *(
            {"path": path, "permissions": mode, "content": literal((HERE / "host" / file).read_text(encoding="utf-8"))}
            for file, (path, mode) in HOST_FILES.items()
        ),
    ]
    return f"#cloud-config\n{yaml.safe_dump(config, sort_keys=False, width=1000)}"
