"""The bucket of the states, as far as Terraform cannot care for it: before it is there, and when it goes."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from operations import OperationError, failures
from operations.context import Context

STATE_SUFFIX = ".tfstate"
LOCK_SUFFIX = ".tflock"  # Terraform locks a state by an object of its key and this


@dataclass(frozen=True)
class State:
    """What a stack consists of: its managed resources, the outputs that are not secret, and its Helm releases.

    A release is its namespace and its name.
    """

    resources: list[str]
    outputs: dict[str, Any]
    releases: frozenset[tuple[str, str]] = frozenset()


def exists(context: Context) -> bool:
    """Whether the bucket is there. Raises OperationError when it belongs to somebody else."""
    try:
        context.client("s3").head_bucket(Bucket=context.settings.names.state_bucket)
    except ClientError as error:
        if error.response["Error"]["Code"] in ("404", "NoSuchBucket"):
            return False
        raise _refused(context, "used", error) from None
    return True


def ensure(context: Context) -> bool:
    """Create the bucket when there is none; the stack `state` then adopts it. True when it was created."""
    if exists(context):
        return False
    region = context.settings.region
    # us-east-1 is the one region that must not be named.
    where = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
    try:
        context.client("s3").create_bucket(Bucket=context.settings.names.state_bucket, **where)
    except ClientError as error:
        raise _refused(context, "created", error) from None
    return True


def _refused(context: Context, verb: str, error: ClientError) -> OperationError:
    bucket = context.settings.names.state_bucket
    return OperationError(f"the state bucket {bucket} cannot be {verb}: {failures.of_aws(error)}")


def read(context: Context, stack: str) -> State | None:
    """What is deployed of a stack, or None where nothing ever was."""
    state = document(context, stack)
    return _state(state) if state else None


def document(context: Context, stack: str) -> dict[str, Any] | None:
    """The state of a stack as Terraform wrote it, or None. Raises OperationError where it cannot be read."""
    try:
        state: dict[str, Any] = json.loads(_body(context, context.settings.names.state_key(stack)))
        return state
    except ClientError as error:
        if error.response["Error"]["Code"] in ("404", "NoSuchKey", "NoSuchBucket"):
            return None
        raise OperationError(f"the state of {stack} cannot be read: {failures.of_aws(error)}") from None


def states(context: Context) -> list[str]:
    """The stacks of the environment that have a state, whether there is code for them or not."""
    before, after = context.settings.names.state_key("*").split("*")
    found = _keys(context, before, after) if exists(context) else []
    return [key.removeprefix(before).removesuffix(after) for key in found]


def similar(context: Context) -> list[str]:
    """The state buckets of other projects in the same account and region, as far as these credentials may ask."""
    names = context.settings.names
    suffix = names.state_bucket.removeprefix(context.settings.project)
    try:
        buckets = context.client("s3").list_buckets()["Buckets"]
    except ClientError:
        return []
    return [each["Name"] for each in buckets if each["Name"].endswith(suffix) and each["Name"] != names.state_bucket]


def _keys(context: Context, prefix: str, suffix: str) -> list[str]:
    paginator = context.client("s3").get_paginator("list_objects_v2")
    pages = paginator.paginate(Bucket=context.settings.names.state_bucket, Prefix=prefix)
    return [each["Key"] for page in pages for each in page.get("Contents", []) if each["Key"].endswith(suffix)]


def _body(context: Context, key: str) -> bytes:
    body: bytes = context.client("s3").get_object(Bucket=context.settings.names.state_bucket, Key=key)["Body"].read()
    return body


def _state(state: dict[str, Any]) -> State:
    resources = [
        f"{resource['type']}.{resource['name']}"
        for resource in state["resources"]
        if resource["mode"] == "managed"
        for _ in resource["instances"]
    ]
    outputs = {name: output["value"] for name, output in state["outputs"].items() if not output.get("sensitive")}
    releases = frozenset(
        (instance["attributes"]["namespace"], instance["attributes"]["name"])
        for resource in state["resources"]
        if resource["type"] == "helm_release"
        for instance in resource["instances"]
    )
    return State(resources, outputs, releases)


@dataclass(frozen=True)
class Lock:
    """A state that somebody works on. who, operation and since are what Terraform wrote into the lock."""

    key: str
    id: str
    who: str
    operation: str
    since: str

    def __str__(self) -> str:
        return f"{self.key} is locked by {self.who} ({self.operation}) since {self.since}"


def locks(context: Context, prefix: str = "") -> list[Lock]:
    """The locks on states whose key starts so, of any environment when it is empty."""
    found = []
    for key in _keys(context, prefix, LOCK_SUFFIX):
        try:
            info = json.loads(_body(context, key))
        except (ClientError, ValueError):  # released in this moment, or written by something else
            info = {}
        said = [str(info.get(name, "unknown")) for name in ("ID", "Who", "Operation", "Created")]
        found.append(Lock(key.removesuffix(LOCK_SUFFIX), *said))
    return found


def locked(context: Context, stacks: Iterable[str]) -> dict[str, Lock]:
    """The locks on the states of these stacks."""
    keys = {context.settings.names.state_key(stack): stack for stack in stacks}
    found = locks(context, f"{context.settings.environment}/")
    return {keys[lock.key]: lock for lock in found if lock.key in keys}


def release(context: Context, lock: Lock) -> None:
    """Take a lock away whose owner is dead, unless it is another one by now."""
    if lock in locks(context, lock.key):
        key = f"{lock.key}{LOCK_SUFFIX}"
        context.client("s3").delete_object(Bucket=context.settings.names.state_bucket, Key=key)


def others_in_use(context: Context) -> list[str]:
    """The states in the bucket, of any environment, that hold resources or are locked, but for those of the bucket."""
    locked = {lock.key for lock in locks(context)}
    holding = {
        key
        for key in _keys(context, "", STATE_SUFFIX)
        if not key.endswith(f"/state{STATE_SUFFIX}") and _state(json.loads(_body(context, key))).resources
    }
    return sorted(locked | holding)


def remove(context: Context) -> None:
    """Delete the bucket, and before that every version of every object in it, as S3 wants it."""
    client, bucket = context.client("s3"), context.settings.names.state_bucket
    for page in client.get_paginator("list_object_versions").paginate(Bucket=bucket):
        for entry in page.get("Versions", []) + page.get("DeleteMarkers", []):
            client.delete_object(Bucket=bucket, Key=entry["Key"], VersionId=entry["VersionId"])
    client.delete_bucket(Bucket=bucket)
