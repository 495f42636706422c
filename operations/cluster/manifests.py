"""Mistakes in Kubernetes objects that can be found without a cluster.

First the strict schemas of the API for the cluster's version; then what these schemas cannot say, and what the API
server, or nobody at all, would find later.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any

import kubernetes_validate

Object = dict[str, Any]

# Kinds that EKS or what we install defines: their own schemas are not among those of Kubernetes.
CUSTOM_GROUPS = (
    "external-secrets.io",
    "elbv2.k8s.aws",
    "networking.k8s.aws",
    "gateway.k8s.aws",
    "gateway.networking.k8s.io",
)
NAME = re.compile(r"[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?")
LABEL_NAME = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")  # a name that becomes part of a host name or a label
QUANTITY = re.compile(r"([0-9]+(?:\.[0-9]+)?)([numkMGTPE]|[KMGTPE]i)?")
FACTORS = {"n": 1e-9, "u": 1e-6, "m": 1e-3, "": 1, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15, "E": 1e18} | {
    f"{unit}i": 1024.0**power for power, unit in enumerate("KMGTPE", start=1)
}
PATH_TYPES = ("Exact", "Prefix", "ImplementationSpecific")
POD_TEMPLATES = ("DaemonSet", "Deployment", "Job", "ReplicaSet", "StatefulSet")


def errors(objects: Sequence[Object], kubernetes_version: str) -> list[str]:
    """One line for each error: the object, the field, what is wrong."""
    found = [f"{_title(each)}: {error}" for each in objects for error in _schema(each, kubernetes_version)]
    if found:  # the rest relies on fields that the schemas require
        return found
    return [
        *(f"{_title(each)}: {error}" for each in objects for error in _alone(each)),
        *(f"{_title(each)}: {error}" for each in objects for error in _together(each, objects)),
    ]


def pods(each: Object) -> list[tuple[dict[str, str], Object]]:
    """The labels and the spec of the pods that an object makes: none or one."""
    if each["kind"] == "Pod":
        return [(each["metadata"].get("labels", {}), each["spec"])]
    if each["kind"] in POD_TEMPLATES:
        template = each["spec"]["template"]
        return [(template["metadata"].get("labels", {}), template["spec"])]
    return []


def selects(selector: Object, labels: dict[str, str]) -> bool:
    """Whether a label selector of Kubernetes matches; an empty one matches everything."""
    for expression in selector.get("matchExpressions", []):
        value, values = labels.get(expression["key"]), expression.get("values", [])
        matches = {
            "In": value in values,
            "NotIn": value not in values,
            "Exists": value is not None,
            "DoesNotExist": value is None,
        }
        if not matches[expression["operator"]]:
            return False
    return all(labels.get(key) == value for key, value in selector.get("matchLabels", {}).items())


def _title(each: Object) -> str:
    return f"{each.get('kind')} {each.get('metadata', {}).get('name')}"


def _schema(each: Object, version: str) -> Iterator[str]:
    try:
        kubernetes_validate.validate(each, version, strict=True)
    except kubernetes_validate.SchemaNotFoundError:
        group = each["apiVersion"].partition("/")[0]
        if not group.endswith(CUSTOM_GROUPS):
            yield f"Kubernetes {version} has no {each['apiVersion']} {each['kind']}"
    except kubernetes_validate.ValidationError as error:
        yield f"{'.'.join(map(str, error.path)) or 'the object'}: {error.message}"


def _alone(each: Object) -> Iterator[str]:
    name = each["metadata"].get("name", "")
    pattern = LABEL_NAME if each["kind"] in ("Service", "Job", "Namespace") else NAME
    if each["kind"] not in ("ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding") and not pattern.fullmatch(name):
        yield f"metadata.name {name!r} is not a name of lowercase letters, digits and hyphens"
    spec = each.get("spec", {})
    if each["kind"] in POD_TEMPLATES and "selector" in spec:
        labels = spec["template"]["metadata"].get("labels", {})
        if not selects(spec["selector"], labels):
            yield f"spec.selector does not match the labels of its own pods, {labels}"
    if each["kind"] == "PodDisruptionBudget" and len({"minAvailable", "maxUnavailable"} & spec.keys()) != 1:
        yield "spec needs one of minAvailable and maxUnavailable"
    for path in _paths(each):
        if path["pathType"] not in PATH_TYPES:
            yield f"pathType {path['pathType']!r} is none of {', '.join(PATH_TYPES)}"
    if each["kind"] == "ResourceQuota":
        yield from (f"spec.hard.{key}: {value!r} is no quantity" for key, value in spec["hard"].items() if _bad(value))
    for _, pod in pods(each):
        for container in [*pod.get("initContainers", []), *pod["containers"]]:
            yield from (f"container {container['name']}: {error}" for error in _container(container))


def _container(container: Object) -> Iterator[str]:
    resources = container.get("resources") or {}
    requests, limits = resources.get("requests") or {}, resources.get("limits") or {}
    for kind, quantities in (("requests", requests), ("limits", limits)):
        yield from (f"{kind}.{key}: {value!r} is no quantity" for key, value in quantities.items() if _bad(value))
    for key in requests.keys() & limits.keys():
        if not _bad(requests[key]) and not _bad(limits[key]) and _amount(requests[key]) > _amount(limits[key]):
            yield f"requests {key} {requests[key]}, which is more than its limit {limits[key]}"
    named = {port["name"] for port in container.get("ports", []) if "name" in port}
    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        action = container.get(probe, {})
        for port in (action.get(way, {}).get("port") for way in ("httpGet", "tcpSocket")):
            if isinstance(port, str) and port not in named:
                yield f"{probe} asks the port {port!r}, which it does not have"


def _together(each: Object, objects: Sequence[Object]) -> Iterator[str]:
    """What refers to another object of the same release."""
    if each["kind"] == "Service" and (selector := each["spec"].get("selector")):
        selected = [pod for other in objects for labels, pod in pods(other) if selector.items() <= labels.items()]
        if not selected:
            yield f"spec.selector {selector} selects no pod"
        for port in each["spec"].get("ports", []):
            target = port.get("targetPort")
            if isinstance(target, str) and any(target not in _port_names(pod) for pod in selected):
                yield f"targetPort {target!r} is no port of the pods that it selects"
    services = {other["metadata"]["name"]: other for other in objects if other["kind"] == "Service"}
    for backend in (path["backend"]["service"] for path in _paths(each)):
        ports = services.get(backend["name"], {"spec": {"ports": []}})["spec"]["ports"]
        if not any(backend["port"] in ({"name": port.get("name")}, {"number": port["port"]}) for port in ports):
            yield f"backend {backend['name']} has no port {backend['port']}"
    if each["kind"] == "HorizontalPodAutoscaler":
        target = each["spec"]["scaleTargetRef"]
        if not any((other["kind"], other["metadata"]["name"]) == (target["kind"], target["name"]) for other in objects):
            yield f"scaleTargetRef {target['kind']} {target['name']} is not there"
    if each["kind"] == "PodDisruptionBudget":
        selector = each["spec"].get("selector", {})
        if not any(selects(selector, labels) for other in objects for labels, _ in pods(other)):
            yield "spec.selector selects no pod"


def _paths(each: Object) -> list[Object]:
    rules = each["spec"].get("rules", []) if each["kind"] == "Ingress" else []
    return [path for rule in rules for path in rule["http"]["paths"]]


def _port_names(pod: Object) -> set[str]:
    return {port["name"] for container in pod["containers"] for port in container.get("ports", []) if "name" in port}


def _bad(quantity: Any) -> bool:
    return isinstance(quantity, bool) or QUANTITY.fullmatch(str(quantity)) is None


def _amount(quantity: Any) -> float:
    match = QUANTITY.fullmatch(str(quantity))
    assert match is not None
    return float(match[1]) * FACTORS[match[2] or ""]
