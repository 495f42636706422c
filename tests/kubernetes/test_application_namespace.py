"""What the namespace of the application allows, and what it gives to the pods of the application."""

import copy
import ipaddress
import json
import subprocess
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest

from operations import helm
from operations.manifests import mistakes, pods, selects
from tests.charts import VERSION, Objects, one, release_values, render, values_of
from tests.conftest import ROOT, Platform

CHART = ROOT / "charts" / "application-namespace"
BACKEND = ROOT / "realworld-example-app" / "helm"
WAYS = ("Ingress", "Egress")
SIDES = {"ingress": "from", "egress": "to"}
DNS, DATABASE, HTTP, METRICS = ("UDP", 53), ("TCP", 5432), ("TCP", "http"), ("TCP", "metrics")
HOSTILE = ["plain", ":?#%[]@/ é", "a+b c", "%20", "&=;,$!'()*", '"\\`{}|^<>', "😀\t~-_."]


@pytest.fixture(scope="module")
def values(platform: Platform) -> dict[str, Any]:
    return values_of(platform, "production", "application-namespace")


@pytest.fixture(scope="module")
def objects(values: dict[str, Any]) -> Objects:
    return render(CHART, "application-namespace", values)


@pytest.fixture(scope="module")
def backend(platform: Platform) -> Objects:
    return render(BACKEND, "realworld-backend", release_values(platform, "production"))


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
        tier: [str(next(ipaddress.ip_network(network).hosts())) for network in networks]
        for tier, networks in values["networks"].items()
    }
    public, private, database = (zones[tier][0] for tier in ("loadBalancer", "monitoring", "database"))
    needed: dict[str, Flow] = {
        "api to dns": ("egress", api, coredns, DNS),
        "api to dns over tcp": ("egress", api, coredns, ("TCP", 53)),
        "migration to dns": ("egress", migration, coredns, DNS),
        "test to dns": ("egress", test, coredns, DNS),
        "test to api": ("egress", test, ("realworld", api), HTTP),
        "api from test": ("ingress", api, ("realworld", test), HTTP),
    }
    for zone in range(3):
        needed |= {
            f"api to database {zone}": ("egress", api, zones["database"][zone], DATABASE),
            f"migration to database {zone}": ("egress", migration, zones["database"][zone], DATABASE),
            f"api from load balancer {zone}": ("ingress", api, zones["loadBalancer"][zone], HTTP),
            f"api from monitoring {zone}": ("ingress", api, zones["monitoring"][zone], METRICS),
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
        "metrics from internet": ("ingress", api, internet, METRICS),
        "metrics from test": ("ingress", api, ("realworld", test), METRICS),
        "anything into migration": ("ingress", migration, private, HTTP),
        "a pod without labels to database": ("egress", {}, database, DATABASE),
        "anything into a pod without labels": ("ingress", {}, public, HTTP),
    }
    return needed, forbidden


def test_helm_and_the_schemas_find_nothing_wrong(objects: Objects, values: dict[str, Any]) -> None:
    helm.lint(CHART, [json.dumps(values)])
    assert mistakes(objects, VERSION) == []


def test_exactly_the_needed_flows_are_open(objects: Objects, values: dict[str, Any], backend: Objects) -> None:
    needed, forbidden = flows(values, backend)

    assert [name for name, flow in needed.items() if not allows(policies(objects), *flow)] == []
    assert [name for name, flow in forbidden.items() if allows(policies(objects), *flow)] == []


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
    assert removed > 25


def parts(spec: dict[str, Any]) -> list[tuple[Any, ...]]:
    """The places of all that could be missing in a policy."""
    found: list[tuple[Any, ...]] = [("policyTypes", index) for index in range(len(spec["policyTypes"]))]
    for way, side in SIDES.items():
        for index, rule in enumerate(spec.get(way, [])):
            found.append((way, index))
            found += [(way, index, each, place) for each in (side, "ports") for place in range(len(rule[each]))]
    return found


def test_what_the_release_needs_is_there_before_it(objects: Objects, backend: Objects) -> None:
    """The hook runs before anything of the release: its Secret and its service account come from here."""
    secret = one(objects, "ExternalSecret")["spec"]["target"]
    account = one(objects, "ServiceAccount")["metadata"]["name"]

    asked = [
        (each["valueFrom"]["secretKeyRef"]["name"], each["valueFrom"]["secretKeyRef"]["key"])
        for every in backend
        for _, pod in pods(every)
        for each in pod["containers"][0].get("env", [])
        if "valueFrom" in each
    ]
    assert {name for name, _ in asked} == {secret["name"]}
    assert {key for _, key in asked} == secret["template"]["data"].keys()
    assert {pod["serviceAccountName"] for every in backend for _, pod in pods(every)} == {account}
    assert "Secret" not in {each["kind"] for each in backend}


@pytest.mark.parametrize("password", HOSTILE)
def test_every_password_survives_the_url(objects: Objects, tmp_path: Path, password: str) -> None:
    """External Secrets and helm share Go's templates and the sprig functions; Node.js reads URLs as Prisma does."""
    spec = one(objects, "ExternalSecret")["spec"]
    (tmp_path / "templates").mkdir()
    (tmp_path / "Chart.yaml").write_text("apiVersion: v2\nname: url\nversion: 1.0.0\n")
    (tmp_path / "templates" / "url.yaml").write_text(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: url}\n"
        "data: {url: {{ tpl .Values.template .Values.secret | quote }}}\n"
    )
    secret = {"username": "realworld", "password": password, "Template": {"BasePath": "", "Name": ""}}
    template = spec["target"]["template"]["data"]["DATABASE_URL"]
    text = json.dumps({"template": template, "secret": secret}, ensure_ascii=False)
    [rendered] = helm.template(tmp_path, name="url", namespace="x", values=[text], kubernetes_version=VERSION)
    url = rendered["data"]["url"]

    program = (
        "const u = new URL(process.argv[1]); console.log(JSON.stringify([u.password, u.hostname, u.pathname, u.port]))"
    )
    seen = json.loads(subprocess.run(["node", "-e", program, url], capture_output=True, text=True, check=True).stdout)
    assert [unquote(seen[0]), *seen[1:]] == [
        password,
        "realworld.abcdef.us-east-1.rds.amazonaws.com",
        "/realworld",
        "5432",
    ]
    parsed = urlsplit(url)
    assert (unquote(parsed.username or ""), unquote(parsed.password or "")) == ("realworld", password)
    assert parsed.query == "schema=public&sslmode=require&connection_limit=5"


def test_the_pipeline_may_release_the_chart_and_nothing_more(objects: Objects, backend: Objects) -> None:
    rules = one(objects, "Role")["rules"]
    writes = {resource for rule in rules if "create" in rule["verbs"] for resource in rule["resources"]}

    plurals = {"Ingress": "ingresses"}
    kinds = {plurals.get(each["kind"], f"{each['kind'].lower()}s") for each in backend}
    assert writes == kinds | {"secrets"}  # in which helm keeps its releases
    assert all("*" not in rule[field] for rule in rules for field in ("apiGroups", "resources", "verbs"))
    assert one(objects, "RoleBinding")["subjects"][0]["name"] == "realworld-deployers"


def test_where_terraform_releases_the_pipeline_may_not(platform: Platform) -> None:
    values = values_of(platform, "local", "application-namespace")  # the environment with an image in its settings

    assert {each["kind"] for each in render(CHART, "application-namespace", values)}.isdisjoint({"Role", "RoleBinding"})


def test_the_quota_holds_a_rollout_its_migration_and_a_test(objects: Objects, backend: Objects) -> None:
    hard = one(objects, "ResourceQuota")["spec"]["hard"]
    [(_, api)] = pods(one(backend, "Deployment"))
    requests = api["containers"][0]["resources"]["requests"]
    most = 8 + 2  # six pods, a quarter more in a rollout, the migration, the test

    assert int(hard["pods"]) >= most
    assert int(hard["requests.cpu"].removesuffix("m")) >= most * int(requests["cpu"].removesuffix("m"))
    assert int(hard["requests.memory"].removesuffix("Mi")) >= most * int(requests["memory"].removesuffix("Mi"))
    assert hard["services.loadbalancers"] == hard["services.nodeports"] == "0"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"region": ""}, "- region: Does not match pattern"),
        ({"jwtSecretArn": "secret"}, "- jwtSecretArn: Does not match pattern"),
        ({"networks": {"database": ["0.0.0.0/0"]}}, "- networks.database.0: Does not match pattern"),
        ({"networks": {"loadBalancer": []}}, "- networks.loadBalancer: Array must have at least 1 items"),
        ({"extra": 1}, "- (root): Additional property extra is not allowed"),
    ],
)
def test_wrong_values_are_refused(values: dict[str, Any], change: dict[str, Any], said: str) -> None:
    merged = values | {key: values[key] | new if isinstance(new, dict) else new for key, new in change.items()}
    with pytest.raises(helm.ChartError) as error:
        render(CHART, "application-namespace", merged)
    assert said in str(error.value)
