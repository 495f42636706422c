"""As much of a Kubernetes API as our commands ask: it knows one token, and says who may do everything.

The paths and the shapes are those of the API reference (authorization.k8s.io/v1, networking.k8s.io/v1, core/v1); what
asks it is the real kubectl.
"""

import datetime
import ipaddress
import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

TOKEN = "k8s-aws-v1.stand-in"
UNAUTHORIZED = {"kind": "Status", "status": "Failure", "message": "Unauthorized", "reason": "Unauthorized", "code": 401}


class Api:
    """Change allowed, ingresses and services between requests; seen has the paths that were asked."""

    def __init__(self, folder: Path) -> None:
        self.allowed = True
        self.ingresses: list[dict[str, Any]] = []
        self.services: list[dict[str, Any]] = []
        self.seen: list[str] = []
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

    def _answer(self, path: str) -> dict[str, Any]:
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
                path = self.path.split("?")[0]
                api.seen.append(path)
                if self.headers["Transfer-Encoding"] == "chunked":
                    while size := int(self.rfile.readline(), 16):
                        self.rfile.read(size + 2)
                known = self.headers["Authorization"] == f"Bearer {TOKEN}"
                body = json.dumps(api._answer(path) if known else UNAUTHORIZED).encode()
                self.send_response(200 if known else 401)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.send_header("Connection", "close")
                self.end_headers()
                self.wfile.write(body)

            do_GET = do_POST = _reply

            def log_message(self, *_: object) -> None:
                """Silent."""

        return Handler


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
