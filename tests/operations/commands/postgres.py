"""A real PostgreSQL that answers TLS only, as RDS does here, with a certificate of an authority of its own."""

import datetime
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from modules.database.postgres import DATABASE, USER
from tests.conftest import free_port

BINARIES = sorted(Path("/usr/lib/postgresql").glob("*/bin"))  # where Debian has them
MISSING = "" if BINARIES and shutil.which("psql") else "PostgreSQL is not installed: apt-get install postgresql"
NAME = "realworld-staging.cxyz.us-east-1.rds.amazonaws.com"
PASSWORD = "canary:of\\the$database %s'"


@dataclass(frozen=True)
class Server:
    port: int
    authority: bytes
    sockets: Path  # where it lets everybody in

    @property
    def where(self) -> list[object]:
        """Options with which each of PostgreSQL's programs finds it, as its owner."""
        return ["-h", self.sockets, "-p", self.port, "-U", USER]


def sql(server: Server, text: str) -> None:
    run("psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", *server.where, "-d", DATABASE, "-c", text)


@contextmanager
def running(**more: object) -> Iterator[Server]:
    # Its owner is another user where root runs the tests, because it refuses to run as root.
    folder = Path(tempfile.mkdtemp(prefix="postgres-"))
    data, port = folder / "data", free_port()
    (folder / "password").write_text(PASSWORD)
    authority = _certificates(folder)
    if os.getuid() == 0:
        for path in (folder, *folder.iterdir()):
            shutil.chown(path, "postgres", "postgres")
    try:
        run(
            "initdb", "-D", data, "-U", USER, "-A", "scram-sha-256", "--pwfile", folder / "password", "-E", "UTF8", "-N"
        )
        options = {"port": port, "listen_addresses": "127.0.0.1", "unix_socket_directories": folder, "fsync": "off"}
        options |= {"ssl": "on", "ssl_cert_file": folder / "server.crt", "ssl_key_file": folder / "server.key"}
        options |= more
        with (data / "postgresql.conf").open("a") as file:
            file.writelines(f"{name} = '{value}'\n" for name, value in options.items())
        (data / "pg_hba.conf").write_text(
            "local all,replication all trust\nhostssl all all 127.0.0.1/32 scram-sha-256\n"
        )
        run("pg_ctl", "-D", data, "-l", folder / "log", "-w", "start")
        try:
            run("createdb", "-h", folder, "-p", port, "-U", USER, DATABASE)
            yield Server(port, authority, folder)
        finally:
            run("pg_ctl", "-D", data, "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder)


def run(program: str, *arguments: object) -> None:
    user = "postgres" if os.getuid() == 0 else None
    command = [str(BINARIES[-1] / program), *map(str, arguments)]
    quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL}  # the server keeps what pg_ctl had
    subprocess.run(command, user=user, group=user, extra_groups=[] if user else None, cwd="/", check=True, **quiet)  # type: ignore[call-overload]


def _certificates(folder: Path) -> bytes:
    """server.crt and server.key for the name that RDS gives; the certificate of the authority is returned."""
    keys = [ec.generate_private_key(ec.SECP256R1()) for _ in range(2)]
    names = [x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)]) for name in (folder.name, NAME)]
    now = datetime.datetime.now(datetime.UTC)
    certificates = [
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(names[0])
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(minutes=5))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(x509.BasicConstraints(ca=name is names[0], path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME), x509.DNSName("localhost")]), critical=False)
        .sign(keys[0], hashes.SHA256())
        for name, key in zip(names, keys, strict=True)
    ]
    pem = serialization.Encoding.PEM
    (folder / "server.crt").write_bytes(certificates[1].public_bytes(pem))
    key = keys[1].private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "server.key").write_bytes(key)
    (folder / "server.key").chmod(0o600)
    return certificates[0].public_bytes(pem)
