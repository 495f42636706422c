"""Values in the settings that documentation uses: whoever deploys them has not written their own yet."""

import re
from collections.abc import Iterator
from ipaddress import IPv4Network
from typing import Any

from settings import Settings

# AWS's documentation uses these; 123456789012 as well, but that is the account of the simulated AWS.
ACCOUNT = re.compile(r"(^|:)(111122223333|444455556666|777788889999)(:|$)")
NETWORKS = [IPv4Network(block) for block in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24")]  # RFC 5737
DOMAIN = re.compile(r"(^|[.@])(example\.(com|net|org)|example|invalid|localhost|test)$")  # RFC 2606, RFC 6761
# The domain and the organization of the files as they are shipped: its repositories could deploy into the account.
SHIPPED = re.compile(r"(^|[.@])realworld-inc(\.link$|/)")


def placeholders(settings: Settings) -> list[str]:
    """The fields, each with its value: eks.public_access_cidrs.0 = 203.0.113.0/24."""
    return [f"{path} = {value}" for path, value in values(settings.model_dump(mode="json")) if _is_example(value)]


def values(node: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Every text in the settings, with its field."""
    if isinstance(node, dict):
        for name, value in node.items():
            yield from values(value, f"{path}.{name}" if path else str(name))
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from values(value, f"{path}.{index}")
    elif isinstance(node, str):
        yield path, node


def _is_example(value: str) -> bool:
    if re.fullmatch(r"\d+\.\d+\.\d+\.\d+/\d+", value):
        return any(IPv4Network(value).overlaps(network) for network in NETWORKS)
    return any(example.search(value) for example in (ACCOUNT, DOMAIN, SHIPPED))
