"""What all namespaces rely on: load balancers, nodes, external-dns, External Secrets, Reloader, metrics, logs."""

from typing import Any

from imports.engine import Construct
from imports.kubernetes.namespace_v1 import NamespaceV1, NamespaceV1Metadata
from imports.literal import literal
from modules.cluster.chart_release import PINS, ROOT, pinned_release
from modules.cluster.cluster_connection import connect
from outputs import AddonsOutputs, EksOutputs, VpcOutputs
from settings import Settings
from stacks.base import AreaStack
from stacks.eks import EksStack
from stacks.pod_roles import APPLICATION_NAMESPACE
from stacks.vpc import VpcStack

# Of promtail. config.alloy says why.
PATIENCE = {"max_retries": 0, "max_period": "30s"}
ALLOY = (ROOT / "monitoring" / "alloy" / "config.alloy").read_text(encoding="utf-8")


class AddonsStack(AreaStack):
    def __init__(self, scope: Construct, settings: Settings, *, vpc: VpcStack, eks: EksStack) -> None:
        super().__init__(scope, "addons", settings, in_cluster=True)
        network = self.read(vpc, VpcOutputs)
        cluster = self.read(eks, EksOutputs)
        connect(self, cluster, region=settings.region)

        application = self._namespace(APPLICATION_NAMESPACE, security="restricted", readiness_gates=True)
        # The exporter of node metrics and the log agent read files of the node.
        monitoring = self._namespace("monitoring", security="privileged")
        logging = self._namespace("logging", security="privileged")

        charts = Construct(self, "charts")
        # Its webhook answers for every Ingress, so it has to serve before, and be there after, whatever has one.
        controller = pinned_release(
            charts,
            "aws-load-balancer-controller",
            # A pod cannot ask the node for these two: the hop limit of its metadata service is 1.
            values={"clusterName": cluster.cluster_name, "region": settings.region, "vpcId": network.vpc_id},
            after=[application],
        )
        pinned_release(
            charts,
            "cluster-autoscaler",
            values={
                "autoDiscovery": {"clusterName": cluster.cluster_name},
                "awsRegion": settings.region,
                "image": {"tag": PINS["cluster-autoscaler"]["images"][settings.eks.kubernetes_version]},
            },
            after=[controller],
        )
        pinned_release(
            charts,
            "external-dns",
            values={
                "txtOwnerId": settings.names.prefix,
                "domainFilters": [settings.dns.domain, settings.names.internal_domain],
                "env": [{"name": "AWS_REGION", "value": settings.region}],
            },
            after=[controller],
        )
        pinned_release(charts, "external-secrets", values={}, after=[controller])
        pinned_release(
            charts, "reloader", values={"reloader": {"namespaces": [APPLICATION_NAMESPACE]}}, after=[controller]
        )
        pinned_release(
            charts,
            "kube-state-metrics",
            values={"service": {"annotations": self._record("kube-state-metrics")}},
            after=[controller, monitoring],
        )
        pinned_release(charts, "prometheus-node-exporter", values={}, after=[controller, monitoring])
        pinned_release(
            charts,
            settings.addons.log_agent,
            values=self._log_agent_values(cluster.cluster_name),
            after=[controller, logging],
        )

        self.publish(AddonsOutputs(application_namespace=APPLICATION_NAMESPACE))

    def _namespace(self, name: str, *, security: str, readiness_gates: bool = False) -> NamespaceV1:
        """security is the level of the Pod Security Standards below which nothing starts."""
        labels = {f"pod-security.kubernetes.io/{mode}": security for mode in ("enforce", "audit", "warn")}
        if readiness_gates:
            # A pod counts as ready when the load balancer sends to it, so a rollout does not outrun it.
            labels["elbv2.k8s.aws/pod-readiness-gate-inject"] = "enabled"
        return NamespaceV1(self, name, metadata=NamespaceV1Metadata(name=name, labels=labels))

    def _record(self, name: str) -> dict[str, str]:
        return {"external-dns.alpha.kubernetes.io/hostname": f"{name}.{self.settings.names.internal_domain}"}

    def _log_agent_values(self, cluster_name: str) -> dict[str, Any]:
        url = f"http://loki.{self.settings.names.internal_domain}:3100/loki/api/v1/push"
        if self.settings.addons.log_agent == "promtail":
            client = {"url": url, "external_labels": {"cluster": cluster_name}, "backoff_config": PATIENCE}
            return {"config": {"clients": [client]}}
        variables = {"LOKI_URL": url, "CLUSTER": cluster_name}
        return {
            "alloy": {
                "configMap": {"content": literal(ALLOY)},
                "extraEnv": [{"name": name, "value": value} for name, value in variables.items()],
            }
        }
