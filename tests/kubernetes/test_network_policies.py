"""What may talk to what in the namespace of the application: every flow that is needed, and no other."""

import copy
import ipaddress
import json
import subprocess
from typing import Any

import pytest
import yaml

from operations.cluster.manifests import pods, selects
from operations.cluster.programs import carried
from tests.charts import MONITORING_HOST, Objects, one, release_values, render, values_of
from tests.conftest import ROOT, Platform

WAYS = ("Ingress", "Egress")
SIDES = {"ingress": "from", "egress": "to"}
OTHERS = ("default", "kube-system", "logging", "monitoring", "of-somebody")
DNS, DATABASE, HTTP, METRICS = ("UDP", 53), ("TCP", 5432), ("TCP", "http"), ("TCP", "metrics")


@pytest.fixture(scope="module")
def values(platform: Platform) -> dict[str, Any]:
    return values_of(platform, "production", "application-namespace")


@pytest.fixture(scope="module")
def objects(values: dict[str, Any]) -> Objects:
    return render(ROOT / "charts" / "application-namespace", "application-namespace", values)


@pytest.fixture(scope="module")
def backend(platform: Platform) -> Objects:
    chart = ROOT / "realworld-example-app" / "helm"
    return render(chart, "realworld-backend", release_values(platform, "production"))


def policies(objects: Objects) -> Objects:
    return [each for each in objects if each["kind"] == "NetworkPolicy"]


def allows(found: Objects, way: str, labels: dict[str, str], peer: Any, port: tuple[str, int | str]) -> bool:
    """Whether policies let a pod with these labels talk to, or hear from, a peer: an address, or labels of a pod."""
    applying = [each["spec"] for each in found if selects(each["spec"]["podSelector"], labels)]
    applying = [spec for spec in applying if way.capitalize() in spec["policyTypes"]]
    if not applying:
        return True  # Kubernetes isolates a pod only when some policy does
    rules = [rule for spec in applying for rule in spec.get(way, [])]
    return any(
        # In both lists, nothing means everything.
        (not rule["ports"] or {"protocol": port[0], "port": port[1]} in rule["ports"])
        and (not rule[SIDES[way]] or any(_is(each, peer) for each in rule[SIDES[way]]))
        for rule in rules
    )


def _is(rule: dict[str, Any], peer: Any) -> bool:
    if "ipBlock" in rule:
        return isinstance(peer, str) and ipaddress.ip_address(peer) in ipaddress.ip_network(rule["ipBlock"]["cidr"])
    if isinstance(peer, str):
        return False
    namespace, labels = peer
    wanted = rule.get("namespaceSelector", {"matchLabels": {"kubernetes.io/metadata.name": "realworld"}})
    return selects(wanted, {"kubernetes.io/metadata.name": namespace}) and selects(rule["podSelector"], labels)


Flow = tuple[str, dict[str, str], Any, tuple[str, int | str]]


def flows(values: dict[str, Any], backend: Objects) -> tuple[dict[str, Flow], dict[str, Flow]]:
    """Every flow that is needed, and some that are not, by what it is for."""
    api, migration, test = (
        next(labels for labels, _ in pods(one(backend, kind))) for kind in ("Deployment", "Job", "Pod")
    )
    coredns, internet = ("kube-system", {"k8s-app": "kube-dns"}), "203.0.113.9"
    zones = {
        tier: [str(next(iter(ipaddress.ip_network(network).hosts()))) for network in networks]
        for tier, networks in values["networks"].items()
    }
    public, database = zones["loadBalancer"][0], zones["database"][0]
    host, private = MONITORING_HOST, str(ipaddress.ip_address(MONITORING_HOST) + 1)  # nodes and pods are its neighbours
    needed: dict[str, Flow] = {
        "api to dns": ("egress", api, coredns, DNS),
        "api to dns over tcp": ("egress", api, coredns, ("TCP", 53)),
        "migration to dns": ("egress", migration, coredns, DNS),
        "test to dns": ("egress", test, coredns, DNS),
        "api from monitoring": ("ingress", api, host, METRICS),
        "test to api": ("egress", test, ("realworld", api), HTTP),
        "api from test": ("ingress", api, ("realworld", test), HTTP),
    }
    for zone in range(3):
        needed |= {
            f"api to database {zone}": ("egress", api, zones["database"][zone], DATABASE),
            f"migration to database {zone}": ("egress", migration, zones["database"][zone], DATABASE),
            f"api from load balancer {zone}": ("ingress", api, zones["loadBalancer"][zone], HTTP),
        }
    forbidden: dict[str, Flow] = {
        "api to internet": ("egress", api, internet, ("TCP", 443)),
        "api to internet as if to the database": ("egress", api, internet, DATABASE),
        "api to another port of the database": ("egress", api, database, ("TCP", 22)),
        "api to the metadata of the node": ("egress", api, "169.254.169.254", ("TCP", 80)),
        "api to api": ("egress", api, ("realworld", api), HTTP),
        "api to dns elsewhere": ("egress", api, ("default", {"k8s-app": "kube-dns"}), DNS),
        "api to another port of dns": ("egress", api, coredns, ("TCP", 9153)),
        "migration to internet": ("egress", migration, internet, ("TCP", 443)),
        "test to database": ("egress", test, database, DATABASE),
        "test to another port of api": ("egress", test, ("realworld", api), METRICS),
        "test to the namespace": ("egress", test, ("realworld", migration), HTTP),
        "api from internet": ("ingress", api, internet, HTTP),
        "api from other namespaces": ("ingress", api, ("default", test), HTTP),
        "api from the nodes": ("ingress", api, private, HTTP),
        "metrics from load balancer": ("ingress", api, public, METRICS),
        "metrics from nodes and pods of other namespaces": ("ingress", api, private, METRICS),
        "requests from monitoring": ("ingress", api, host, HTTP),
        "metrics from internet": ("ingress", api, internet, METRICS),
        "metrics from test": ("ingress", api, ("realworld", test), METRICS),
        "anything into migration": ("ingress", migration, private, HTTP),
        "a pod without labels to database": ("egress", {}, database, DATABASE),
        "anything into a pod without labels": ("ingress", {}, public, HTTP),
    }
    return needed, forbidden


def test_exactly_the_needed_flows_are_open(objects: Objects, values: dict[str, Any], backend: Objects) -> None:
    needed, forbidden = flows(values, backend)

    assert [name for name, flow in needed.items() if not allows(policies(objects), *flow)] == []
    assert [name for name, flow in forbidden.items() if allows(policies(objects), *flow)] == []


def refused(found: Objects, namespace: str, address: str) -> bool:
    """Whether a policy for the whole cluster, which comes before those of namespaces, denies a pod to send there."""
    return any(
        rule["action"] == "Deny" and "ports" not in rule and _is({"ipBlock": {"cidr": network}}, address)
        for each in found
        if each["kind"] == "ClusterNetworkPolicy" and each["spec"]["tier"] == "Admin"
        if selects(each["spec"]["subject"]["namespaces"], {"kubernetes.io/metadata.name": namespace})
        for rule in each["spec"]["egress"]
        for peer in rule["to"]
        for network in peer["networks"]
    )


def test_no_pod_of_another_namespace_reaches_the_database(objects: Objects, values: dict[str, Any]) -> None:
    """Whatever is allowed there: https://docs.aws.amazon.com/eks/latest/userguide/cni-network-policy.html"""
    for network in map(ipaddress.ip_network, values["networks"]["database"]):
        for address in (str(network[4]), str(network[-2])):
            assert [namespace for namespace in OTHERS if not refused(objects, namespace, address)] == []
            assert not refused(objects, "realworld", address)
    assert not refused(objects, "kube-system", MONITORING_HOST)


def test_a_cluster_that_is_not_of_eks_has_no_such_kind(values: dict[str, Any]) -> None:
    chart, text = ROOT / "charts" / "application-namespace", json.dumps(values)

    def kinds(*options: str) -> set[str]:
        command = [str(carried("helm")), "template", "x", str(chart), "--values", "-", *options]
        said = subprocess.run(command, input=text, capture_output=True, text=True, check=True).stdout
        return {each["kind"] for each in yaml.safe_load_all(said)}

    assert "ClusterNetworkPolicy" not in kinds("--kube-version", "1.35.0")
    assert "ClusterNetworkPolicy" in kinds("--kube-version", "1.35.0-eks-1a2b3c4")


def test_no_part_of_a_policy_can_be_missed(objects: Objects, values: dict[str, Any], backend: Objects) -> None:
    """Without any one rule, peer, port or direction, some flow is another: the test above would tell."""
    needed, forbidden = flows(values, backend)
    unnoticed, removed = [], 0
    assert one(objects, "NetworkPolicy", "default-deny")["spec"] == {"podSelector": {}, "policyTypes": list(WAYS)}
    for index, policy in enumerate(policies(objects)):
        if policy["metadata"]["name"] == "default-deny":  # the policy for DNS selects every pod too
            continue
        for place in parts(policy["spec"]):
            changed = copy.deepcopy(policies(objects))
            inside: Any = changed[index]["spec"]
            *path, last = place
            for part in path:
                inside = inside[part]
            del inside[last]
            closed = any(not allows(changed, *flow) for flow in needed.values())
            opened = any(allows(changed, *flow) for flow in forbidden.values())
            if not (closed or opened):
                unnoticed.append((policy["metadata"]["name"], place))
            removed += 1

    assert unnoticed == []
    assert removed > 23


def parts(spec: dict[str, Any]) -> list[tuple[Any, ...]]:
    """The places of all that could be missing in a policy."""
    found: list[tuple[Any, ...]] = [("policyTypes", index) for index in range(len(spec["policyTypes"]))]
    for way, side in SIDES.items():
        for index, rule in enumerate(spec.get(way, [])):
            found.append((way, index))
            found += [(way, index, each, place) for each in (side, "ports") for place in range(len(rule[each]))]
    return found
