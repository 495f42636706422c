"""Whether the domain leads to the zone, as a public resolver says."""

import json
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest

from operations.preflight import domain
from tests.conftest import changed
from tests.operations.preflight.conftest import Aws

NAME = "local.realworld-inc.link"
OURS, THEIRS = ["ns-1.awsdns-01.org", "ns-2.awsdns-02.com"], ["ns1.example.net"]
Resolver = Callable[..., None]


@pytest.fixture
def resolver(monkeypatch: pytest.MonkeyPatch) -> Iterator[Resolver]:
    """resolver(*servers): what a public resolver says, in the format of its documentation."""
    said: dict[str, Any] = {}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            assert self.path == f"/resolve?name={NAME}&type=NS"
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps(said).encode())

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever).start()
    monkeypatch.setattr(domain, "RESOLVER", f"http://127.0.0.1:{server.server_address[1]}/resolve")

    def answer(*servers: str) -> None:
        said.clear()
        said["Status"] = 0 if servers else 3
        if servers:
            said["Answer"] = [{"name": f"{NAME}.", "type": 2, "TTL": 60, "data": f"{each}."} for each in servers]

    yield answer
    server.shutdown()
    server.server_close()


def zone(aws: Aws, there: bool = True) -> None:
    """The answers about public zones, with a private one of the same name."""
    zones = [{"Id": "/hostedzone/P", "Name": f"{NAME}.", "CallerReference": "p", "Config": {"PrivateZone": True}}]
    if there:
        zones += [{"Id": "/hostedzone/Z", "Name": f"{NAME}.", "CallerReference": "z", "Config": {"PrivateZone": False}}]
    page = {"HostedZones": zones, "IsTruncated": False, "MaxItems": "10"}
    aws.answers("route53", "list_hosted_zones_by_name", page, DNSName=NAME, MaxItems="10")
    if there:
        answer = {"HostedZone": zones[1], "DelegationSet": {"NameServers": OURS}}
        aws.answers("route53", "get_hosted_zone", answer, Id="/hostedzone/Z")


def test_a_domain_that_leads_to_the_zone(aws: Aws, resolver: Resolver) -> None:
    zone(aws)
    resolver(*map(str.upper, OURS))
    [check] = aws.ask("Domain")
    assert (check.found, check.remedy) == (f"{NAME} is delegated to {', '.join(OURS)}", "")


@pytest.mark.parametrize(("servers", "found"), [(THEIRS, f"{NAME} is delegated to ns1.example.net"), ([], "not")])
def test_a_certificate_is_not_awaited_where_the_domain_leads_elsewhere(
    aws: Aws, resolver: Resolver, servers: list[str], found: str
) -> None:
    zone(aws)
    resolver(*servers)
    check = aws.fails("Domain")
    assert found in check.found
    assert check.needed == ", ".join(OURS)
    assert check.remedy == (
        "Write dns.delegated: false into environments/local.yaml until the registrar has the output zone_name_servers."
    )


def test_nothing_leads_to_a_zone_that_is_to_be_created(aws: Aws, resolver: Resolver) -> None:
    zone(aws, there=False)
    resolver(*THEIRS)
    assert aws.fails("Domain").needed == "name servers that AWS gives to a new zone"


def test_before_the_delegation_it_is_only_told(aws: Aws, resolver: Resolver) -> None:
    aws.settings = changed(aws.settings, dns={"delegated": False})
    del aws.templates["dns"]["resource"]["aws_acm_certificate_validation"]
    zone(aws, there=False)
    resolver()
    [check] = aws.ask("Domain")
    assert (check.found, check.remedy) == (f"{NAME} is not delegated", "")

    zone(aws)
    resolver(*THEIRS)
    [check] = aws.ask("Domain")
    assert (check.remedy, check.fails) == (f"Give these to the registrar of {NAME}.", False)


def test_a_zone_that_is_only_used_exists(aws: Aws) -> None:
    aws.settings = changed(aws.settings, dns={"create_zone": False})
    zone(aws, there=False)
    check = aws.fails("Domain")
    assert (check.found, check.needed) == (f"there is no zone {NAME}", "a hosted zone")


def test_where_no_resolver_answers_that_is_said(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(domain, "RESOLVER", "http://127.0.0.1:9/resolve")
    zone(aws)
    [check] = aws.ask("Domain")
    assert "could not be asked: " in check.found
    assert not check.remedy


def test_without_a_certificate_nothing_is_asked(aws: Aws) -> None:
    aws.templates = {"vpc": aws.templates["vpc"]}
    aws.fine("Domain")
