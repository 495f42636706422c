"""What AWS offers in a region, as far as published data knows.

The data lie in packages that Pipfile pins exactly, and are as old as their pins: instance types and classes of RDS are
those of AWS's price list, and versions of PostgreSQL those of DescribeDBEngineVersions, as cfn-lint publishes them
(scripts/update_specs_from_pricing.py and update_schemas_from_aws_api.py there); services are botocore's endpoints.
AWS may have by now what is missing in them, so that it is doubted here and never refused (ADR 17).
"""

import difflib
import functools
import json
from collections.abc import Iterator, Set
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from settings.environment import Settings

# Endpoint services that botocore knows by another name, or not at all (AWS PrivateLink guide, list of services).
OTHER_SERVICES = {
    *("aps-workspaces", "bedrock-runtime", "codeartifact.api", "ec2messages", "ecr.dkr", "email-smtp", "execute-api"),
    *("git-codecommit", "guardduty-data", "kinesis-firehose", "kinesis-streams", "ssmmessages"),
}
POSTGRES = {"const": "postgres"}
Place = tuple[str | int, ...]


def doubts(settings: "Settings") -> Iterator[tuple[Place, str, str]]:
    """What the data do not know: the path of a field, its value, and the end of a sentence about it."""
    region, hosts = settings.region, ("monitoring", "runner")
    types: dict[Place, str] = {
        ("eks", "node_groups", name, "instance_types", index): each
        for name, group in settings.eks.node_groups.items()
        for index, each in enumerate(group.instance_types)
    } | {(host, "instance_type"): getattr(settings, host).instance_type for host in hosts}
    yield from _unknown(types, instance_types(region), "cfn-lint", region)
    size, release = settings.database.instance_class, settings.database.engine_version
    yield from _unknown({("database", "instance_class"): size}, database_classes(region), "cfn-lint", region)
    if "." in release:
        yield from _unknown({("database", "engine_version"): release}, engine_versions(), "cfn-lint", region)
    for name in sorted(settings.vpc.interface_endpoints - OTHER_SERVICES):
        yield from _unknown({("vpc", "interface_endpoints"): name}, services(region), "botocore", region)


def _unknown(values: dict[Place, str], known: Set[str], source: str, place: str) -> Iterator[tuple[Place, str, str]]:
    for path, value in values.items():
        if known and value not in known:
            near = ", ".join(nearest(value, known)) or "none"
            dated = f" of {date()}" if source == "cfn-lint" else ""
            data = f"{source} {version(source)}{dated}"
            yield path, value, f"is not offered in {place} as far as {data} knows; near it: {near}"


def nearest(value: str, known: Set[str] = frozenset()) -> list[str]:
    """Up to three names that look like it, of all instance types where no others are given."""
    return difflib.get_close_matches(value, sorted(known or instance_types("us-east-1")), 3)


def instance_types(region: str) -> Set[str]:
    return frozenset((_of(region, "aws_ec2_instance/instancetype_enum.json") or {}).get("enum", ()))


def database_classes(region: str) -> Set[str]:
    """Those of RDS for PostgreSQL."""
    rules = (_of(region, "aws_rds_dbinstance/dbinstanceclass_enum.json") or {}).get("allOf", ())
    postgres = [rule["then"] for rule in rules if rule["if"]["properties"]["Engine"] == POSTGRES]
    return frozenset(name for each in postgres for name in each["properties"]["DBInstanceClass"]["enum"])


def engine_versions() -> Set[str]:
    """The versions of PostgreSQL with which a database can be created."""
    known, over = (
        next(rule for rule in json.loads(_text(file))["allOf"] if rule["if"]["properties"]["Engine"] == POSTGRES)
        for file in ("aws_rds_dbinstance/engine_version.json", "aws_rds_dbinstance/engine_version_deprecated.json")
    )
    gone = set(over["if"]["properties"]["EngineVersion"]["enum"])
    return frozenset(set(known["then"]["properties"]["EngineVersion"]["enum"]) - gone)


def services(region: str) -> Set[str]:
    """By the name of their endpoint in a VPC, which has the parts of the service's own name in reverse: ecr.api."""
    found = {name for name, each in _aws()["services"].items() if {region, "aws-global"} & each["endpoints"].keys()}
    return frozenset(".".join(reversed(name.split("."))) for name in found) | found


def regions() -> Set[str]:
    return frozenset(_aws()["regions"])


def date() -> str:
    return str(json.loads((_data("cfnlint") / "schemas" / "version.json").read_text())["schema_date"][:10])


@functools.cache
def _aws() -> dict[str, Any]:
    partitions = json.loads((_data("botocore") / "endpoints.json").read_text(encoding="utf-8"))["partitions"]
    return next(each for each in partitions if each["partition"] == "aws")


def _of(region: str, file: str) -> Any:
    """What a file of some megabytes says of one region. To parse all of it takes ten times as long."""
    text, head = _text(file), f'"{region}": '
    start = text.find(head)
    return json.JSONDecoder().raw_decode(text, start + len(head))[0] if start >= 0 else None


def _text(file: str) -> str:
    return (_data("cfnlint") / "schemas" / "extensions" / file).read_text(encoding="utf-8")


def _data(package: str) -> Path:
    """Where a package has its data. To import it takes ten times as long as to read them."""
    spec = find_spec(package)
    assert spec
    return Path(str(spec.origin)).parent / "data"
