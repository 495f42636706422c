"""What a request costs, by route: python -m tests.container.benchmark, with PostgreSQL of Debian and Node.js.

REALWORLD_APP names a checkout of the application, built as for its image: npm ci && npx prisma generate && npx nx build
api.
Without it, a small service of our own on the same packages is measured, whose client of the database is another one.

CPU is counted for the process itself, so other programs on the machine do not change it. What a pod serves at its
request is measured with the process stopped for the rest of every 100 ms, as on a node that has nothing to spare.
"""

import http.client
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import yaml

from modules.database.postgres import DATABASE, USER
from tests.container.conftest import CONTAINER, SECRETS, SERVICE, Server, installed, migrated, prisma
from tests.container.test_migrations import sql
from tests.operations.commands import postgres

OBJECTIVE_SECONDS = 0.5  # of 99 in 100, the default of monitoring.slos
CONNECTIONS = 5
SHARES = (0.9, 0.7, 0.5, 0.3, 0.1)  # of the CPU that a pod asks for
TICKS = os.sysconf("SC_CLK_TCK")
ACCOUNT = {"email": "a@b.test", "username": "a", "password": "not a secret"}
LOGIN = json.dumps({"user": ACCOUNT})
Request = Callable[[int], tuple[str, str, str]]
ROUTES: dict[str, Request] = {
    "GET /": lambda _: ("GET", "/", ""),
    "GET /api/tags": lambda _: ("GET", "/api/tags", ""),
    "GET /api/articles": lambda _: ("GET", "/api/articles?limit=20", ""),
    "GET /api/articles/:slug": lambda number: ("GET", f"/api/articles/article-{number % 20}-1", ""),
    "POST /api/users/login": lambda _: ("POST", "/api/users/login", LOGIN),
    "POST /api/users": lambda number: (
        "POST",
        "/api/users",
        json.dumps(
            {"user": {**ACCOUNT, "email": f"{number}@{time.time_ns()}", "username": f"{number}-{time.time_ns()}"}}
        ),
    ),
}


def cpu_seconds(server: Server) -> float:
    user, system = Path(f"/proc/{server.process.pid}/stat").read_text().rsplit(")", 1)[1].split()[11:13]
    return (int(user) + int(system)) / TICKS


def megabytes(server: Server) -> int:
    lines = Path(f"/proc/{server.process.pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) // 1024


def load(server: Server, route: Request, seconds: float, rate: float | None = None) -> list[float]:
    """How long each request took, from the moment in which it was due: as many as there can be, or rate a second."""
    began, took, lock, numbers = time.monotonic(), [], threading.Lock(), iter(range(10**9))

    def client(_: int) -> None:
        with closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)) as connection:
            while True:
                with lock:
                    number = next(numbers)
                due = began + number / rate if rate else time.monotonic()
                if due > began + seconds:
                    return
                time.sleep(max(0.0, due - time.monotonic()))
                method, path, body = route(number)
                connection.request(method, path, body or None, {"Content-Type": "application/json"} if body else {})
                answer = connection.getresponse()
                answer.read()
                assert answer.status < 300, f"{method} {path}: {answer.status}"
                took.append(time.monotonic() - due)

    clients = CONNECTIONS if rate is None else 4 * CONNECTIONS
    with ThreadPoolExecutor(clients) as pool:
        list(pool.map(client, range(clients)))
    return sorted(took)


@contextmanager
def starved(server: Server, cpus: float) -> Iterator[None]:
    """The process runs for that part of each 100 ms."""
    done = threading.Event()

    def pace() -> None:
        while not done.is_set():
            server.process.send_signal(signal.SIGCONT)
            time.sleep(0.1 * cpus)
            server.process.send_signal(signal.SIGSTOP)
            time.sleep(0.1 * (1 - cpus))
        server.process.send_signal(signal.SIGCONT)

    thread = threading.Thread(target=pace)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def measure(server: Server, asked: dict[str, Any], seconds: float) -> Iterator[list[str]]:
    cpus = int(asked["resources"]["requests"]["cpu"].removesuffix("m")) / 1000
    for name, route in ROUTES.items():
        load(server, route, seconds / 5)  # what is compiled, and opened, once
        before = cpu_seconds(server)
        took = load(server, route, seconds)
        each = (cpu_seconds(server) - before) / len(took)
        rate, slowest = 0.0, float("inf")
        with starved(server, cpus):
            for share in SHARES:
                rate = share * cpus / each
                waited = load(server, route, max(seconds, 5 / rate), rate)
                slowest = waited[int(0.99 * (len(waited) - 1))]
                if slowest <= OBJECTIVE_SECONDS:
                    break
        fits = f"{rate:.1f}/s, {slowest * 1000:.0f} ms" if slowest <= OBJECTIVE_SECONDS else "none"
        yield [
            name,
            f"{each * 1000:.1f}",
            f"{1 / each:.0f}",
            f"{took[len(took) // 2] * 1000:.0f}",
            fits,
            f"{megabytes(server)}",
        ]


@contextmanager
def application(folder: Path, port: int) -> Iterator[tuple[str, Server]]:
    login = f"{USER}:{quote(postgres.PASSWORD, safe='')}"
    url = f"postgresql://{login}@127.0.0.1:{port}/{DATABASE}?connection_limit={CONNECTIONS}&sslmode="
    checkout = os.environ.get("REALWORLD_APP")
    if checkout:
        main, url = Path(checkout) / "dist" / "api" / "main.js", url + "require"
        if not main.is_file():
            sys.exit(f"{main} is missing: in {checkout}, npm ci && npx prisma generate && npx nx build api")
        command = ["npx", "prisma", "migrate", "deploy"]
        subprocess.run(command, cwd=checkout, env=os.environ | {"DATABASE_URL": url}, stdout=sys.stderr, check=True)
        what = f"The application in {checkout}"
    else:
        service, url = installed(SERVICE, folder / "service"), url + "no-verify"
        prisma(service, url, "generate")
        migrated(service, url)
        sql(
            f"{url.split('?')[0]}?sslmode=no-verify",
            """INSERT INTO "Article"(slug) SELECT 'article-' || n || '-1' FROM generate_series(0, 19) n""",
        )
        main, what = (
            service / "server.cjs",
            "A small service on the packages of the application, not the application itself",
        )
    container = installed(CONTAINER, folder / "container")
    with Server(container, main, **SECRETS | {"DATABASE_URL": url}).up() as server:
        token = json.loads(server.ask("POST", "/api/users", LOGIN).body)["user"].get("token")
        for number in range(20) if token else ():
            article = {"title": f"article {number}", "description": "d", "body": "b" * 2000, "tagList": ["one", "two"]}
            server.ask("POST", "/api/articles", json.dumps({"article": article}), Authorization=f"Token {token}")
        yield what, server


def main(seconds: float = 10) -> None:
    if postgres.MISSING:
        sys.exit(postgres.MISSING)
    asked = yaml.safe_load((CONTAINER.parent / "helm" / "values.yaml").read_text())
    with (
        tempfile.TemporaryDirectory() as folder,
        postgres.running() as database,
        application(Path(folder), database.port) as (what, server),
    ):
        request = asked["resources"]["requests"]["cpu"]
        print(f"{what}, Node.js {subprocess.check_output(['node', '--version'], text=True).strip()}\n")
        served = f"at {request}, 99 % in {OBJECTIVE_SECONDS} s"
        print(f"| route | CPU ms | of one CPU /s | median ms | {served} | MB so far |")
        print("|---|---:|---:|---:|---|---:|")
        for row in measure(server, asked, seconds):
            print(f"| {' | '.join(row)} |", flush=True)


if __name__ == "__main__":
    main(*map(float, sys.argv[1:2]))
