"""The namespace of the application: quota, limits, network policies, its Secret, its pipeline's rights, its release."""

import json
from typing import Any

from imports.engine import Construct
from modules.cluster.chart_release import CHARTS, ROOT, own_release
from modules.cluster.cluster_connection import connect
from modules.database.postgres import PORT
from modules.network.addresses import database_cidr, private_cidr, public_cidr
from outputs import (
    AddonsOutputs,
    AppOutputs,
    DatabaseOutputs,
    DnsOutputs,
    EksOutputs,
    MonitoringOutputs,
    SecretsOutputs,
)
from settings import Settings
from stacks.addons import AddonsStack
from stacks.base import AreaStack
from stacks.database import DatabaseStack
from stacks.dns import DnsStack
from stacks.eks import DEPLOYERS, EksStack
from stacks.monitoring import MonitoringStack
from stacks.pod_roles import CONTROLLERS_NAMESPACE
from stacks.secrets import SecretsStack

NAME = "realworld-backend"  # of the release, and of what it finds in its namespace
CHART = ROOT / "realworld-example-app" / "helm"


class AppStack(AreaStack):
    def __init__(
        self,
        scope: Construct,
        settings: Settings,
        *,
        dns: DnsStack,
        secrets: SecretsStack,
        eks: EksStack,
        database: DatabaseStack,
        monitoring: MonitoringStack,
        addons: AddonsStack,
    ) -> None:
        super().__init__(scope, "app", settings, in_cluster=True)
        secret = self.read(secrets, SecretsOutputs)
        cluster = self.read(eks, EksOutputs)
        server = self.read(database, DatabaseOutputs)
        namespace = self.read(addons, AddonsOutputs).application_namespace
        edge = self.read(dns, DnsOutputs) if settings.dns.delegated or settings.app.rate_limit else None
        connect(self, cluster, region=settings.region)

        zones, app = settings.vpc.zones, settings.app
        home = private_cidr if settings.database.subnets == "private" else database_cidr
        values = {
            "host": settings.names.host,
            # Before the domain is delegated there is no certificate to show, so there is plain HTTP.
            "certificateArn": edge.certificate_arn if edge and settings.dns.delegated else "",
            # The controller detaches what it is told no longer only where it is told so.
            "webAclArn": edge.web_acl_arn if edge and app.rate_limit else "none",
            "metricsHost": f"api.{settings.names.internal_domain}",
            "serviceAccountName": NAME,
            "secretName": NAME,
            "replicas": {"min": app.min_replicas, "max": app.max_replicas},
        }
        policy = own_release(
            self,
            "namespace",
            name="application-namespace",
            chart=CHARTS / "application-namespace",
            # Helm keeps what it will delete in a Secret beside the release: not where the pipeline can write it.
            namespace=CONTROLLERS_NAMESPACE,
            values={
                "namespace": namespace,
                "serviceAccountName": NAME,
                "secretName": NAME,
                # One owner: where Terraform releases, the pipeline has no right to.
                "deployerGroup": "" if app.image else DEPLOYERS,
                "releaseValues": json.dumps(values),
                "region": settings.region,
                "database": {
                    "address": server.database_address,
                    "port": PORT,
                    "name": server.database_name,
                    "connectionsPerPod": app.connections_per_pod,
                    "secretArn": server.database_secret_arn,
                },
                "jwtSecretArn": secret.jwt_secret_arn,
                "networks": {
                    "loadBalancer": [str(public_cidr(settings.vpc, zone)) for zone in zones],
                    "monitoring": [f"{self.read(monitoring, MonitoringOutputs).monitoring_private_ip}/32"],
                    "database": [str(home(settings.vpc, zone)) for zone in zones],
                },
                "quota": quota(app.most_pods),
            },
        )
        if app.image:
            own_release(
                self,
                "api",
                name=NAME,
                chart=CHART,
                namespace=namespace,
                values=values
                | {
                    "image": app.image,
                    "migration": {"image": app.migrator_image},
                    # Nobody knows what the image is built for: as long as there are nodes of the usual kind, for these.
                    "architectures": settings.eks.architectures[:1],
                },
                after=[policy],
            )
        else:
            # Where Terraform has owned the release until now, it forgets it: the pipeline goes on with what runs.
            self.add_override("removed", [{"from": "helm_release.api", "lifecycle": {"destroy": False}}])

        self.publish(
            AppOutputs(
                app_url=settings.names.api_url,
                release_values=json.dumps(values),
            )
        )


def quota(most_pods: int) -> dict[str, Any]:
    """Room for a rollout, its migration and a test, and for nothing else: the chart asks for 400m and 192Mi a pod.

    A pod that is ending counts until it is gone, which takes longer than its successor takes to be ready."""
    pods = 2 * most_pods + 2
    return {"pods": str(pods), "cpu": f"{pods * 400}m", "memory": f"{pods * 192}Mi"}
