"""As much of a Kubernetes API as our commands ask: it knows one token, and says who may do everything.

The paths and the shapes are those of the API reference (authorization.k8s.io/v1, networking.k8s.io/v1, core/v1); what
asks it are the real kubectl and the real helm, whose objects it keeps without a word.
"""

import base64
import datetime
import io
import ipaddress
import json
import re
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

STORED = {"secrets": "Secret", "configmaps": "ConfigMap", "pods": "Pod"}
STORE = re.compile(rf"/api/v1/(?:namespaces/(?P<namespace>[^/]+)/)?(?P<kind>{'|'.join(STORED)})(?:/(?P<name>[^/]+))?")
NETWORKING = "/apis/networking.k8s.io/v1"
INGRESS = re.compile(rf"{NETWORKING}/namespaces/(?P<namespace>[^/]+)/ingresses(?:/(?P<name>[^/]+))?")
Answer = tuple[int, dict[str, Any]]
PLACE = ("namespace", "name")
TOKEN = "k8s-aws-v1.stand-in"
UNAUTHORIZED = {"kind": "Status", "status": "Failure", "message": "Unauthorized", "reason": "Unauthorized", "code": 401}


DISCOVERY: dict[str, dict[str, Any]] = {
    "/version": {"major": "1", "minor": "35", "gitVersion": "v1.35.0"},
    "/api": {"kind": "APIVersions", "versions": ["v1"]},
    "/apis": {
        "kind": "APIGroupList",
        "apiVersion": "v1",
        "groups": [
            {
                "name": "networking.k8s.io",
                "versions": [{"groupVersion": "networking.k8s.io/v1", "version": "v1"}],
                "preferredVersion": {"groupVersion": "networking.k8s.io/v1", "version": "v1"},
            }
        ],
    },
    NETWORKING: {
        "kind": "APIResourceList",
        "groupVersion": "networking.k8s.io/v1",
        "resources": [
            {
                "name": "ingresses",
                "singularName": "ingress",
                "namespaced": True,
                "kind": "Ingress",
                "verbs": ["create", "delete", "get", "list", "patch", "update"],
            }
        ],
    },
    "/api/v1": {
        "kind": "APIResourceList",
        "groupVersion": "v1",
        "resources": [
            {
                "name": name,
                "singularName": "",
                "namespaced": True,
                "kind": kind,
                "verbs": ["create", "delete", "get", "list", "patch", "update"],
            }
            for name, kind in STORED.items()
        ],
    },
}


class Api:
    """Change allowed, ingresses and services between requests; seen has the paths that were asked.

    removes_ingresses is what the load balancer controller does: until it is called, and says yes, an Ingress that was
    deleted stays, as with a finalizer.
    """

    def __init__(self, folder: Path) -> None:
        self.allowed = True
        self.removes_ingresses: Callable[[], bool] = lambda: True
        self.ingresses: list[dict[str, Any]] = []
        self.services: list[dict[str, Any]] = []
        self.seen: list[str] = []
        self.objects: dict[tuple[str, str, str], dict[str, Any]] = {}  # by kind, namespace and name
        self.certificate, key = _certificate(folder)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(self.certificate, key)
        self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self._server.server_address[1]}"

    def kubeconfig(self, path: Path, token: str = TOKEN) -> Path:
        server = {"server": self.url, "certificate-authority": str(self.certificate)}
        config = {
            "current-context": "lab",
            "contexts": [{"name": "lab", "context": {"cluster": "lab", "user": "me"}}],
            "clusters": [{"name": "lab", "cluster": server}],
            "users": [{"name": "me", "user": {"token": token}}],
        }
        path.write_text(yaml.safe_dump(config))
        return path

    def stop(self) -> None:
        if self._thread.is_alive():
            self._server.shutdown()
            self._server.server_close()
            self._thread.join()

    def _answer(self, method: str, path: str, query: str, body: dict[str, Any]) -> Answer:
        if found := STORE.fullmatch(path):
            return self._store(method, found["kind"], found["namespace"] or "", found["name"] or "", query, body)
        if found := INGRESS.fullmatch(path):
            return self._ingress(method, found["namespace"], found["name"] or "", body)
        return 200, DISCOVERY[path] if path in DISCOVERY else self._said(path)

    def _ingress(self, method: str, namespace: str, name: str, body: dict[str, Any]) -> Answer:
        if method == "POST":
            kept = {**body, "metadata": {**body["metadata"], "namespace": namespace, "uid": "1"}}
            self.ingresses.append(kept)
            return 201, kept
        kept = next(
            (each for each in self.ingresses if [each["metadata"][key] for key in PLACE] == [namespace, name]), {}
        )
        if not kept:
            return 404, {**UNAUTHORIZED, "message": "not found", "reason": "NotFound", "code": 404}
        if method == "DELETE":
            kept["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
        unlocked = method == "PATCH" and body["metadata"] == {"finalizers": None}
        if (method == "DELETE" and self.removes_ingresses()) or (unlocked and "deletionTimestamp" in kept["metadata"]):
            self.ingresses.remove(kept)
        return 200, {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", **kept}

    def _store(self, method: str, kind: str, namespace: str, name: str, query: str, body: dict[str, Any]) -> Answer:
        key = (kind, namespace, name or body.get("metadata", {}).get("name", ""))
        if method == "GET" and not name:
            wanted = [each.split("=") for each in parse_qs(query).get("labelSelector", [""])[0].split(",") if each]
            items = [
                each
                for (other, where, _), each in self.objects.items()
                if other == kind and namespace in ("", where)
                if all(each["metadata"].get("labels", {}).get(label) == value for label, value in wanted)
            ]
            return 200, {"kind": f"{STORED[kind]}List", "apiVersion": "v1", "metadata": {}, "items": items}
        if name and key not in self.objects:
            return 404, {**UNAUTHORIZED, "message": "not found", "reason": "NotFound", "code": 404}
        if method == "DELETE":
            return 200, self.objects.pop(key)
        if method in ("POST", "PUT"):
            metadata = {"namespace": namespace, "uid": "1", **body["metadata"]}
            self.objects[key] = {"apiVersion": "v1", "kind": STORED[kind], **body, "metadata": metadata}
        elif method == "PATCH":
            self.objects[key] |= {field: value for field, value in body.items() if field != "metadata"}
        return 200, self.objects[key]

    def _said(self, path: str) -> dict[str, Any]:
        items = {"/apis/networking.k8s.io/v1/ingresses": self.ingresses, "/api/v1/services": self.services}
        if path in items:
            return {"items": items[path]}
        assert path == "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
        return {"kind": "SelfSubjectAccessReview", "status": {"allowed": self.allowed}}

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        api = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _reply(self) -> None:
                path, _, query = self.path.partition("?")
                api.seen.append(path)
                sent = self.rfile.read(int(self.headers["Content-Length"] or 0))
                if self.headers["Transfer-Encoding"] == "chunked":
                    while size := int(self.rfile.readline(), 16):
                        sent += self.rfile.read(size + 2)[:-2]
                known = self.headers["Authorization"] == f"Bearer {TOKEN}"
                asked = _decoded(sent) if self.command in ("POST", "PUT", "PATCH") else {}
                code, answer = api._answer(self.command, path, query, asked) if known else (401, UNAUTHORIZED)
                body = json.dumps(answer).encode()
                self.send_response(code)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.send_header("Connection", "close")
                self.end_headers()
                self.wfile.write(body)

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _reply

            def log_message(self, *_: object) -> None:
                """Silent."""

        return Handler


def _decoded(sent: bytes) -> dict[str, Any]:
    """What a client sends: JSON, or a Secret in protobuf, with the numbers of k8s.io/api/core/v1/generated.proto."""
    if not sent.startswith(b"k8s\0"):
        decoded: dict[str, Any] = json.loads(sent or "{}")
        return decoded
    secret = _fields(_fields(sent[4:])[2][0])
    metadata = _fields(secret[1][0])
    labels = dict(map(_entry, metadata.get(11, [])))
    return {
        "metadata": {"name": metadata[1][0].decode(), "labels": {key: each.decode() for key, each in labels.items()}},
        "data": {key: base64.b64encode(each).decode() for key, each in map(_entry, secret[2])},
        "type": secret[3][0].decode(),
    }


def _entry(data: bytes) -> tuple[str, bytes]:
    """Of a map."""
    found = _fields(data)
    return found[1][0].decode(), found[2][0]


def _fields(data: bytes) -> dict[int, list[Any]]:
    """A message of protobuf: https://protobuf.dev/programming-guides/encoding/"""
    found: dict[int, list[Any]] = {}
    rest = io.BytesIO(data)

    def varint() -> int:
        value = shift = 0
        while True:
            byte = rest.read(1)[0]
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    while rest.tell() < len(data):
        number, wire = divmod(varint(), 8)
        assert wire in (0, 2)
        found.setdefault(number, []).append(rest.read(varint()) if wire == 2 else varint())
    return found


@contextmanager
def running(folder: Path) -> Iterator[Api]:
    api = Api(folder)
    try:
        yield api
    finally:
        api.stop()


def with_load_balancer(name: str, namespace: str, release: str = "") -> dict[str, Any]:
    annotations = {"meta.helm.sh/release-name": release, "meta.helm.sh/release-namespace": namespace}
    metadata = {"name": name, "namespace": namespace, "annotations": annotations if release else {}}
    return {"metadata": metadata, "spec": {"type": "LoadBalancer"}}


def _certificate(folder: Path) -> tuple[Path, Path]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "kubernetes")])
    now = datetime.datetime.now(datetime.UTC)
    address = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(minutes=5))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(address, critical=False)
        .sign(key, hashes.SHA256())
    )
    paths = folder / "api.crt", folder / "api.key"
    paths[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return paths
