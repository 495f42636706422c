"""What AWS and the load balancer controller make, which no synthesized stack has. Each with the page that says so."""

import json
from dataclasses import dataclass
from typing import Any

from operations.cluster.manifests import pods
from tests.charts import Objects, one
from tests.reachability.network import ANY, EVERYWHERE, Rule
from tests.reachability.policies import Pod

FRONTEND, BACKEND = "the controller's group of the load balancer", "the controller's group of its targets"
# What an instance has where its template is silent, with images of Amazon Linux 2023:
# https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-IMDS-new-instances.html
HOPS_OF_THE_IMAGE = 2
# What EKS takes for an open public endpoint without networks:
# https://docs.aws.amazon.com/eks/latest/userguide/cluster-endpoint.html
PUBLIC_ENDPOINT_WITHOUT_NETWORKS = ["0.0.0.0/0"]


def of_eks(group: str) -> list[Rule]:
    """The group of a cluster, which its control plane, its nodes and so its pods have.

    https://docs.aws.amazon.com/eks/latest/userguide/sec-group-reqs.html
    """
    return [
        Rule("made by EKS/in from itself", "in", group, "-1", ANY, peer=group),
        Rule("made by EKS/out", "out", group, "-1", ANY, network=EVERYWHERE),
        Rule("made by EKS/out to itself", "out", group, "-1", ANY, peer=group),
    ]


@dataclass(frozen=True)
class Backend:
    """The rendered chart of the application: pods by component, and what its Ingress asks the controller for."""

    pods: dict[str, Pod]
    listens: tuple[int, ...]
    public: bool
    target: int


def backend(objects: Objects) -> Backend:
    found = {
        labels["app.kubernetes.io/component"]: Pod(
            each["metadata"].get("namespace", "realworld"),
            tuple(sorted(labels.items())),
            tuple(
                (port["name"], port["containerPort"])
                for container in spec["containers"]
                for port in container.get("ports", [])
            ),
        )
        for each in objects
        for labels, spec in pods(each)
    }
    ingress, service = one(objects, "Ingress"), one(objects, "Service", "realworld-backend")
    asked: dict[str, Any] = ingress["metadata"]["annotations"]
    prefix = "alb.ingress.kubernetes.io"
    assert asked[f"{prefix}/target-type"] == "ip", "with instances, it would be ports of nodes"
    unknown = {f"{prefix}/{each}" for each in ("inbound-cidrs", "security-groups", "subnets")} & asked.keys()
    assert not unknown, f"what {unknown} changes is not known here"
    [port] = [each for each in service["spec"]["ports"] if each["name"] == "http"]
    return Backend(
        pods=found,
        listens=tuple(number for each in json.loads(asked[f"{prefix}/listen-ports"]) for number in each.values()),
        public=asked[f"{prefix}/scheme"] == "internet-facing",
        target=dict(found["api"].ports)[port["targetPort"]],
    )


def of_the_controller(backend: Backend, group: str) -> list[Rule]:
    """Two groups of a load balancer, and a rule in that of its targets for each port of theirs.

    https://kubernetes-sigs.github.io/aws-load-balancer-controller/latest/deploy/security_groups/
    """
    made = "made by the controller"
    return [
        *(
            Rule(f"{made}/in/{port}", "in", FRONTEND, "tcp", (port, port), network=EVERYWHERE)
            for port in backend.listens
        ),
        Rule(f"{made}/out of the first group", "out", FRONTEND, "-1", ANY, network=EVERYWHERE),
        Rule(f"{made}/out of the second group", "out", BACKEND, "-1", ANY, network=EVERYWHERE),
        Rule(f"{made}/to targets", "in", group, "tcp", (backend.target, backend.target), peer=BACKEND),
    ]
