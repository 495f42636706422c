"""What was being created when a run died: found in AWS by its name, or by what AWS lists of its kind."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import jmespath
from botocore.exceptions import ClientError, WaiterError

from catalogue import RESOURCES
from catalogue.adoption import IMPORT_IDS, LOOKUPS, NATURAL_IDS, READY, REPEATABLE
from operations import OperationError
from operations.context import Context

REFERENCE = re.compile(r"\$\{([\w-]+\.[\w-]+)\.(\w+)\}")
CLOCKS = timedelta(minutes=5)  # AWS refuses requests of a clock that is further off
UNIQUE_ID = re.compile(r"terraform-(\d{14})")  # the provider names a request by the moment in which it sends it


@dataclass(frozen=True)
class Configuration:
    """The template of a stack, and what is known of its resources: by address, attributes from state and events."""

    template: Mapping[str, Any]
    known: dict[str, Mapping[str, Any]]
    account: str
    region: str

    def arguments(self, address: str) -> dict[str, Any] | None:
        """As they are configured, or None for what the code has no more."""
        kind, name = address.split(".", 1)
        found: dict[str, Any] | None = self.template["resource"].get(kind, {}).get(name)
        return found

    def resolved(self, value: Any) -> Any:
        """The value with what is known in place of references."""
        if not isinstance(value, str):
            return value

        def attribute(match: re.Match[str]) -> str:
            address, name = match.groups()
            arguments = self.arguments(address) or {}
            literal = arguments.get(name)
            return str(self.known.get(address, {}).get(name) or self.resolved(literal) or match.group())

        return REFERENCE.sub(attribute, value)

    def tags(self, arguments: Mapping[str, Any]) -> dict[str, str]:
        providers = self.template.get("provider", {}).get("aws", [])
        default = {
            name: value for each in providers for tags in each["default_tags"] for name, value in tags["tags"].items()
        }
        own = {name: self.resolved(value) for name, value in (arguments.get("tags") or {}).items()}
        return default | own


def import_id(configuration: Configuration, address: str, known: str | None = None) -> str | None:
    """Under what a resource is imported, as an expression of Terraform; None where that cannot be said."""
    kind = address.split(".")[0]
    arguments = configuration.arguments(address) or {}
    template = IMPORT_IDS.get(kind, "{id}") if known else NATURAL_IDS.get(kind) or REPEATABLE.get(kind)
    more = {
        "id": known,
        "account": configuration.account,
        "region": configuration.region,
        "host": str(arguments.get("url", "")).removeprefix("https://"),
    }
    # CDK Terrain writes a single block as a list of one.
    blocks = {name: value[0] for name, value in arguments.items() if isinstance(value, list) and len(value) == 1}
    try:
        return template and template.format_map({**arguments, **blocks, **more})
    except (KeyError, TypeError):
        return None


def candidates(context: Context, configuration: Configuration, address: str, since: datetime) -> dict[str, bool]:
    """The ids of all that could be it: made since then, with its tags and arguments, and in no state of the stack.

    With each, whether AWS tells when it was made.
    """
    kind = address.split(".")[0]
    arguments, lookup = configuration.arguments(address) or {}, LOOKUPS[kind]
    client = context.client(RESOURCES[kind].service)
    asked = {name: configuration.resolved(arguments[argument]) for name, argument in lookup.arguments.items()}
    if any("${" in value for value in asked.values()):
        return {}
    taken = {attributes.get("id") for attributes in configuration.known.values()}
    tags = configuration.tags(arguments)
    found = {}
    for each in listed(client, lookup.operation, lookup.query, asked):
        each["id"] = str(each["id"]).removeprefix("/hostedzone/")
        if each["id"] in taken:
            continue
        if kind == "aws_kms_key" and not _describe_key(client, each):
            continue
        if _made_since(each, since) and _tagged(each, tags) and _alike(each, arguments, configuration):
            found[each["id"]] = bool(each.get("created") or each.get("reference"))
    return found


def listed(client: Any, operation: str, query: str, arguments: dict[str, Any]) -> list[Any]:
    """What the JMESPath finds in all pages."""
    if client.can_paginate(operation):
        return [each for each in client.get_paginator(operation).paginate(**arguments).search(query) if each]
    return list(jmespath.search(query, getattr(client, operation)(**arguments)) or [])


def _describe_key(client: Any, key: dict[str, Any]) -> bool:
    """Keys are listed by their ids alone. False for what is no key of ours."""
    about = client.describe_key(KeyId=key["id"])["KeyMetadata"]
    if about["KeyManager"] != "CUSTOMER" or about["KeyState"] == "PendingDeletion":
        return False
    try:
        tags = client.list_resource_tags(KeyId=key["id"])["Tags"]
    except ClientError:  # the policy of the key lets others in
        return False
    key |= {"description": about["Description"], "created": about["CreationDate"]}
    key["tags"] = {tag["TagKey"]: tag["TagValue"] for tag in tags}
    return True


def _made_since(each: dict[str, Any], since: datetime) -> bool:
    created = each.get("created")
    if requested := UNIQUE_ID.match(str(each.get("reference", ""))):
        created = datetime.strptime(requested.group(1), "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    return created is None or not is_older(created, since)


def is_older(created: datetime | str, since: datetime) -> bool:
    """Whether something was there before."""
    try:
        moment = datetime.fromisoformat(created) if isinstance(created, str) else created
    except ValueError:  # in words of a service's own
        return False
    return moment.replace(tzinfo=moment.tzinfo or UTC) < since - CLOCKS


def _tagged(each: dict[str, Any], expected: Mapping[str, str]) -> bool:
    if "tags" not in each:
        return True
    tags = each["tags"] or {}
    found = tags if isinstance(tags, dict) else {tag["Key"]: tag["Value"] for tag in tags}
    return all(found.get(name) == value for name, value in expected.items() if "${" not in value)


def _alike(each: dict[str, Any], arguments: Mapping[str, Any], configuration: Configuration) -> bool:
    for name in each.keys() & arguments.keys() - {"id", "tags", "created"}:
        value, listed = configuration.resolved(arguments[name]), str(each[name]).rstrip(".")
        if isinstance(value, str) and "${" not in value:
            same = listed.startswith(value) if name.endswith("_prefix") else listed == value.rstrip(".")
            if not same:
                return False
    return True


def wait_until_ready(context: Context, configuration: Configuration, address: str) -> None:
    """Return once AWS has made it, where AWS takes its time, or at once where there is no such thing."""
    kind = address.split(".")[0]
    if kind not in READY:
        return
    waiter, arguments = READY[kind]
    configured = configuration.arguments(address) or {}
    asked = {name: configuration.resolved(value.format_map(configured)) for name, value in arguments.items()}
    try:
        context.client(RESOURCES[kind].service).get_waiter(waiter).wait(**asked)
    except WaiterError as error:
        if "NotFound" not in str(error):
            raise OperationError(f"{address} is not ready: {error}") from None
