"""The checks find what the schemas of Kubernetes find, and what these let pass."""

import copy
from typing import Any

import pytest

from operations.cluster.manifests import errors
from tests.charts import VERSION

LABELS = {"app": "api"}
OBJECTS: list[dict[str, Any]] = [
    {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "api"},
        "spec": {
            "selector": {"matchLabels": LABELS},
            "template": {
                "metadata": {"labels": LABELS},
                "spec": {
                    "containers": [
                        {
                            "name": "api",
                            "image": "api:1",
                            "ports": [{"name": "http", "containerPort": 3000}],
                            "readinessProbe": {"httpGet": {"path": "/", "port": "http"}},
                            "resources": {"requests": {"memory": "128Mi"}, "limits": {"memory": "256Mi"}},
                        }
                    ]
                },
            },
        },
    },
    {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "api"},
        "spec": {"selector": LABELS, "ports": [{"name": "http", "port": 80, "targetPort": "http"}]},
    },
    {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {"name": "api"},
        "spec": {
            "rules": [
                {
                    "host": "api.example.com",
                    "http": {
                        "paths": [
                            {
                                "path": "/",
                                "pathType": "Prefix",
                                "backend": {"service": {"name": "api", "port": {"name": "http"}}},
                            }
                        ]
                    },
                }
            ]
        },
    },
    {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": {"name": "api"},
        "spec": {"maxUnavailable": 1, "selector": {"matchLabels": LABELS}},
    },
    {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": "api"},
        "spec": {"scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "api"}, "maxReplicas": 2},
    },
]
CONTAINER = "spec.template.spec.containers.0"


def test_nothing_is_wrong_with_what_is_right() -> None:
    assert errors(OBJECTS, VERSION) == []


@pytest.mark.parametrize(
    ("kind", "field", "value", "said"),
    [
        # what schemas find
        ("Deployment", "spec.template.spec.contaners", [], "Additional properties are not allowed"),
        ("Deployment", f"{CONTAINER}.ports.0.containerPort", "3000", "'3000' is not of type 'integer'"),
        ("Ingress", "metadata.annotations", {"port": 80}, "80 is not of type"),
        ("Ingress", "apiVersion", "networking.k8s.io/v1beta1", "Kubernetes 1.35 has no networking.k8s.io/v1beta1"),
        ("Deployment", "kind", "Deploymint", "Kubernetes 1.35 has no apps/v1 Deploymint"),
        # what they do not
        ("Deployment", "spec.selector.matchLabels", {"app": "web"}, "does not match the labels of its own pods"),
        ("Deployment", "metadata.name", "Api_1", "'Api_1' is not a name"),
        ("Deployment", f"{CONTAINER}.resources.requests.memory", "128Mib", "'128Mib' is no quantity"),
        ("Deployment", f"{CONTAINER}.resources.requests.memory", "1Gi", "which is more than its limit 256Mi"),
        ("Deployment", f"{CONTAINER}.readinessProbe.httpGet.port", "web", "asks the port 'web'"),
        ("Service", "spec.selector", {"app": "web"}, "selects no pod"),
        ("Service", "spec.ports.0.targetPort", "web", "'web' is no port of the pods"),
        ("Service", "metadata.name", "a" * 64, "is not a name"),
        ("Ingress", "spec.rules.0.http.paths.0.pathType", "prefix", "'prefix' is none of Exact, Prefix"),
        ("Ingress", "spec.rules.0.http.paths.0.backend.service.name", "web", "backend web has no port"),
        ("Ingress", "spec.rules.0.http.paths.0.backend.service.port", {"number": 81}, "has no port {'number': 81}"),
        ("PodDisruptionBudget", "spec.minAvailable", 1, "needs one of minAvailable and maxUnavailable"),
        ("PodDisruptionBudget", "spec.selector.matchLabels", {"app": "web"}, "selects no pod"),
        ("HorizontalPodAutoscaler", "spec.scaleTargetRef.name", "web", "scaleTargetRef Deployment web is not there"),
    ],
)
def test_each_error_is_found(kind: str, field: str, value: Any, said: str) -> None:
    objects = copy.deepcopy(OBJECTS)
    [broken] = [each for each in objects if each["kind"] == kind]
    place: Any = broken
    *path, last = field.split(".")
    for part in path:
        place = place[int(part)] if part.isdigit() else place[part]
    place[last] = value

    assert any(said in line for line in errors(objects, VERSION)), errors(objects, VERSION)


def test_an_object_without_what_it_must_have_is_an_error_and_no_accident() -> None:
    objects = copy.deepcopy(OBJECTS)
    [ingress] = [each for each in objects if each["kind"] == "Ingress"]
    del ingress["spec"]["rules"][0]["http"]["paths"][0]["pathType"]
    del objects[0]["spec"]["template"]

    found = errors(objects, VERSION)
    assert found == [
        "Deployment api: spec: 'template' is a required property",
        "Ingress api: spec.rules.0.http.paths.0: 'pathType' is a required property",
    ]
