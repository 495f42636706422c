"""Whether the domain leads to our zone. ACM asks as everybody does, so a public resolver is asked and not our own.

Source: developers.google.com/speed/public-dns/docs/doh/json.
"""

import json
import urllib.parse
import urllib.request
from collections.abc import Iterator

from operations.checks import Check
from operations.preflight.question import Question

RESOLVER = "https://dns.google/resolve"


def domain(question: Question) -> Iterator[Check]:
    settings = question.context.settings
    name, file = settings.dns.domain, f"environments/{settings.environment}.yaml"
    if not question.arguments("aws_acm_certificate"):
        return
    route53 = question.client("route53")
    zones = route53.list_hosted_zones_by_name(DNSName=name, MaxItems="10")["HostedZones"]
    ours = [each["Id"] for each in zones if each["Name"] == f"{name}." and not each["Config"].get("PrivateZone")]
    if not ours and not settings.dns.create_zone:
        yield Check("", f"there is no zone {name}", f"Write dns.create_zone: true into {file}.", "a hosted zone")
        return
    servers = {server for zone in ours for server in route53.get_hosted_zone(Id=zone)["DelegationSet"]["NameServers"]}
    query = urllib.parse.urlencode({"name": name, "type": "NS"})
    try:
        with urllib.request.urlopen(f"{RESOLVER}?{query}", timeout=3) as answer:
            public = {each["data"].rstrip(".").lower() for each in json.load(answer).get("Answer", [])}
    except (OSError, ValueError) as error:
        yield Check("", f"{RESOLVER} could not be asked: {error}")
        return
    needed = ", ".join(sorted(servers)) or "name servers that AWS gives to a new zone"
    found = f"{name} is delegated to {', '.join(sorted(public))}" if public else f"{name} is not delegated"
    awaited = settings.dns.delegated and bool(question.arguments("aws_acm_certificate_validation", new=True))
    remedy = "" if public & servers or not (awaited or servers) else f"Give these to the registrar of {name}."
    if remedy and awaited and settings.dns.create_zone:
        remedy = f"Write dns.delegated: false into {file} until the registrar has the output zone_name_servers."
    yield Check("", found, remedy, needed, stops=awaited)
