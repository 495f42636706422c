"""Charts rendered with the values of an environment, as plain objects."""

import json
from pathlib import Path
from typing import Any, get_args

from operations.cluster import helm
from operations.cluster.kubernetes import resolved
from settings.aws import EksSettings
from tests.conftest import ROOT, Platform, all_of

VERSION = "1.35"
# All that a cluster may have: each chart has to fit the one that comes next before anybody upgrades.
VERSIONS: tuple[str, ...] = get_args(EksSettings.model_fields["kubernetes_version"].annotation)
MONITORING_HOST = "10.30.0.20"
Objects = list[dict[str, Any]]


def example(reference: str) -> str:
    """What an output of AWS may look like."""
    arn = "arn:aws:{}:us-east-1:123456789012:{}"
    return {
        "database_secret_arn": arn.format("secretsmanager", "secret:rds!db-1-abcdef"),
        "jwt_secret_arn": arn.format("secretsmanager", "secret:realworld/jwt-secret-abcdef"),
        "web_acl_arn": arn.format("wafv2", "regional/webacl/realworld/1"),
        "certificate_arn": arn.format("acm", "certificate/1"),
        "monitoring_private_ip": MONITORING_HOST,
        "database_address": "realworld.abcdef.us-east-1.rds.amazonaws.com",
    }.get(reference, "realworld")


def values_of(platform: Platform, environment: str, release: str) -> dict[str, Any]:
    """The values that a stack gives to a release, with examples in the place of what AWS only knows later."""
    stacks = platform(environment)
    [found] = [
        each for stack in ("addons", "app") for each in all_of(stacks[stack], "helm_release") if each["name"] == release
    ]
    merged: dict[str, Any] = {}
    for text in found["values"]:
        merged = merge(merged, json.loads(_resolved(text)))
    return merged


def merge(first: dict[str, Any], second: dict[str, Any]) -> dict[str, Any]:
    """Both, as helm merges files of values: inside of mappings, and whole lists."""
    both = {
        key: merge(first[key], second[key])
        for key in first.keys() & second.keys()
        if isinstance(first[key], dict) and isinstance(second[key], dict)
    }
    return first | second | both


def release_values(platform: Platform, environment: str) -> dict[str, Any]:
    """What the pipeline of the application gets from the stack app, with images."""
    text = platform(environment)["app"]["output"]["release_values"]["value"]
    values: dict[str, Any] = json.loads(_resolved(text))
    registry = "123456789012.dkr.ecr.us-east-1.amazonaws.com/realworld"
    images = {
        "image": f"{registry}/backend@sha256:{'a' * 64}",
        "migration": {"image": f"{registry}/migrator:1.2.3"},
    }
    return values | images


def _resolved(text: str) -> str:
    return resolved(text, lambda _stack, output: example(output))


def render(
    chart: Path, name: str, values: dict[str, Any], namespace: str = "realworld", version: str = VERSION
) -> Objects:
    return helm.template(
        ROOT / chart, name=name, namespace=namespace, values=[json.dumps(values)], kubernetes_version=version
    )


def one(objects: Objects, kind: str, name: str | None = None) -> dict[str, Any]:
    [found] = [each for each in objects if each["kind"] == kind and name in (None, each["metadata"]["name"])]
    return found


def secret_of(namespace: Objects, folder: Path, password: str) -> dict[str, str]:
    """What External Secrets makes of the password of the database: it and helm share Go's templates and sprig."""
    template = one(namespace, "ExternalSecret")["spec"]["target"]["template"]["data"]
    (folder / "templates").mkdir(parents=True)
    (folder / "Chart.yaml").write_text("apiVersion: v2\nname: secret\nversion: 1.0.0\n")
    (folder / "templates" / "secret.yaml").write_text(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: secret}\ndata:\n"
        "{{- range $key, $text := .Values.template }}\n"
        '  {{ $key }}: {{ tpl $text (merge (dict "Template" $.Template) $.Values.secret) | quote }}\n{{- end }}\n'
    )
    secret = {"username": "realworld", "password": password, "jwtSecret": "signs"}
    values = json.dumps({"template": template, "secret": secret}, ensure_ascii=False)
    [rendered] = helm.template(folder, name="secret", namespace="x", values=[values], kubernetes_version=VERSION)
    data: dict[str, str] = rendered["data"]
    return data
