"""The kinds of values that settings are made of."""

import re
from ipaddress import IPv4Network
from typing import Annotated, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, JsonValue
from pydantic_core import PydanticCustomError

from settings.offered import nearest, regions

T = TypeVar("T")
PRIVATE_NETWORKS = tuple(IPv4Network(block) for block in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"))
# After the number of the generation a g stands for Graviton, as in t4g or im4gn; before it, as in g4dn, for graphics.
GRAVITON = re.compile(r"(a1|[a-z]+\d+[a-z]*g[a-z]*)\b")
# What published data do not know may be new, but not this: the words for sizes have been the same from the start.
SIZE = re.compile(r".*\.(nano|micro|small|medium|large|\d*xlarge|metal(-\d+xl)?)")
UNKNOWN_TO_PROVIDER = frozenset({"ap-southeast-6"})


class Model(BaseModel):
    """Settings of one area."""

    # A typo in YAML must fail loudly, and nobody edits settings during a synthesis.
    model_config = ConfigDict(frozen=True, extra="forbid")


def invalid(field: str, value: object, text: str) -> PydanticCustomError:
    """Of a rule between fields: pydantic knows the area that it belongs to, and this the field in that."""
    return PydanticCustomError("invalid", "{text}", {"field": field, "value": value, "text": text})


def _private(network: IPv4Network) -> IPv4Network:
    if not any(network.subnet_of(private) for private in PRIVATE_NETWORKS):
        raise ValueError("is not private: take it from 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16")
    return network


def _closed(network: IPv4Network) -> IPv4Network:
    if network.prefixlen == 0:
        raise ValueError("is the whole internet: list the networks of your people, such as 203.0.113.0/24")
    return network


def _all_regions(schema: dict[str, object]) -> None:
    schema["enum"] = sorted(regions() - UNKNOWN_TO_PROVIDER)


def _known_region(region: str) -> str:
    if region not in regions():
        raise ValueError("is not a region of AWS: write one such as us-east-1")
    if region in UNKNOWN_TO_PROVIDER:
        raise ValueError("is not known to version 5 of the AWS provider: write one such as us-east-1")
    return region


def _sized(name: str) -> str:
    if not SIZE.fullmatch(name):
        start = "db." if name.startswith("db.") else ""
        near = " or ".join(start + each for each in nearest(name.removeprefix(start))) or f"{start}t3.large"
        raise ValueError(f"has a size that AWS does not have: write one such as {near}")
    return name


def _x86(instance_type: str) -> str:
    if GRAVITON.match(instance_type):
        raise ValueError("has processors of Arm, and the image of the host is for x86_64: write one such as t3.large")
    return instance_type


def _each_once(entries: tuple[T, ...]) -> tuple[T, ...]:
    """Entries become ids of constructs, in which the engine writes a slash as --."""
    seen: dict[str, T] = {}
    for entry in entries:
        other = seen.setdefault(str(entry).replace("/", "--"), entry)
        if other != entry:
            raise ValueError(f"names {other} and {entry}, whose ids are the same here: name one of them")
    if len(seen) < len(entries):
        twice = next(entry for entry in entries if entries.count(entry) > 1)
        raise ValueError(f"names {twice} twice: name it once")
    return entries


HOST_NAME = r"^([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}$"
# What a validator refuses is said to editors once more, in the words of JSON Schema: tests/settings/test_schema.py.
PrivateNetwork = Annotated[
    IPv4Network,
    AfterValidator(_private),
    Field(json_schema_extra={"pattern": r"^(10|172\.(1[6-9]|2\d|3[01])|192\.168)\."}),
]
ClosedNetwork = Annotated[IPv4Network, AfterValidator(_closed), Field(json_schema_extra={"not": {"pattern": "/0$"}})]
EachOnce = Annotated[tuple[T, ...], AfterValidator(_each_once), Field(json_schema_extra={"uniqueItems": True})]
Region = Annotated[str, AfterValidator(_known_region), Field(json_schema_extra=_all_regions)]
# Not $ and { either, which mean something to Terraform.
Email = Annotated[str, Field(pattern=r"^[^@\s${}]+@[^@\s${}]+\.[^@\s${}]+$")]
HAS_SIZE: dict[str, JsonValue] = {"allOf": [{"pattern": f"^{SIZE.pattern}$"}]}
InstanceType = Annotated[
    str, Field(pattern=r"^[a-z][a-z0-9-]*\d[a-z0-9-]*\.[a-z0-9-]+$", json_schema_extra=HAS_SIZE), AfterValidator(_sized)
]
DatabaseClass = Annotated[
    str,
    Field(pattern=r"^db\.[a-z][a-z0-9-]*\d[a-z0-9-]*\.[a-z0-9]+$", json_schema_extra=HAS_SIZE),
    AfterValidator(_sized),
]
Repository = Annotated[str, Field(pattern=r"^[A-Za-z0-9-]+(@\d+)?/[A-Za-z0-9._-]+(@\d+)?$")]
RoleArn = Annotated[str, Field(pattern=r"^arn:aws:iam::\d{12}:role/([A-Za-z0-9_+=,.@-]+/)*[A-Za-z0-9_+=,.@-]{1,64}$")]
X86InstanceType = Annotated[
    InstanceType, AfterValidator(_x86), Field(json_schema_extra={"not": {"pattern": f"^{GRAVITON.pattern}"}})
]
RetentionDays = Literal[1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 3653]
LOG_RETENTION = "a period that CloudWatch offers, in days: 7, 14, 30, 60, 90, 180, 365 or another one"
