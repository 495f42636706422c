"""The bucket before Terraform, and after it."""

import dataclasses
import json
from typing import Any

import pytest

from operations.context import Context
from operations.engine import state_bucket
from tests.conftest import changed

pytestmark = pytest.mark.slow


@pytest.fixture
def fresh(context: Context, request: pytest.FixtureRequest) -> Context:
    """The same AWS, and a bucket of the test's own."""
    project = f"p{abs(hash(request.node.name)) % 10**9}"
    return dataclasses.replace(context, settings=changed(context.settings, project=project))


def put(context: Context, key: str, **state: Any) -> None:
    body = json.dumps({"resources": [], "outputs": {}, **state})
    context.client("s3").put_object(Bucket=context.settings.names.state_bucket, Key=key, Body=body)


MANAGED = {"mode": "managed", "type": "aws_vpc", "name": "vpc", "instances": [{}]}
READ = {"mode": "data", "type": "aws_caller_identity", "name": "me", "instances": [{}]}


def test_it_is_created_once(fresh: Context) -> None:
    assert not state_bucket.exists(fresh)
    assert state_bucket.ensure(fresh)
    assert state_bucket.exists(fresh)
    assert not state_bucket.ensure(fresh)


def test_every_region_can_have_it(fresh: Context) -> None:
    zones = ["eu-west-1a", "eu-west-1b"]
    hosts = {"monitoring": {"zone": zones[0]}, "runner": {"zone": None}}
    settings = changed(fresh.settings, region="eu-west-1", vpc={"zones": zones}, **hosts)
    abroad = dataclasses.replace(fresh, settings=settings)

    assert state_bucket.ensure(abroad)
    location = abroad.client("s3").get_bucket_location(Bucket=settings.names.state_bucket)
    assert location["LocationConstraint"] == "eu-west-1"


def test_a_state_is_its_managed_resources_and_open_outputs(fresh: Context) -> None:
    assert state_bucket.read(fresh, "vpc") is None
    state_bucket.ensure(fresh)
    assert state_bucket.read(fresh, "vpc") is None
    outputs = {"vpc_id": {"value": "vpc-1"}, "hidden": {"value": "x", "sensitive": True}}
    put(fresh, fresh.settings.names.state_key("vpc"), resources=[MANAGED, READ], outputs=outputs)

    assert state_bucket.read(fresh, "vpc") == state_bucket.State(["aws_vpc.vpc"], {"vpc_id": "vpc-1"})


def test_it_is_in_use_while_any_other_state_holds_resources(fresh: Context) -> None:
    state_bucket.ensure(fresh)
    put(fresh, fresh.settings.names.state_key("state"), resources=[MANAGED])
    put(fresh, "staging/state.tfstate", resources=[MANAGED])  # that of the bucket, too
    put(fresh, "local/vpc.tfstate", resources=[READ])
    assert state_bucket.others_in_use(fresh) == []

    put(fresh, "staging/vpc.tfstate", resources=[MANAGED])
    assert state_bucket.others_in_use(fresh) == ["staging/vpc.tfstate"]


def test_a_lock_keeps_it_in_use(fresh: Context) -> None:
    """Before the first state of a stack is written, its lock is all that tells of it."""
    state_bucket.ensure(fresh)
    put(fresh, "demo/eks.tfstate.tflock", ID="1-2", Who="ana@laptop", Operation="OperationTypeApply", Created="today")
    fresh.client("s3").put_object(
        Bucket=fresh.settings.names.state_bucket, Key="local/vpc.tfstate.tflock", Body=b"no json"
    )

    assert state_bucket.others_in_use(fresh) == ["demo/eks.tfstate", "local/vpc.tfstate"]
    [mine] = state_bucket.locks(fresh, "demo/")
    assert str(mine) == "demo/eks.tfstate is locked by ana@laptop (OperationTypeApply) since today"
    [unreadable] = state_bucket.locks(fresh, "local/")
    assert unreadable.who == "unknown"


def test_it_goes_with_every_version(fresh: Context) -> None:
    state_bucket.ensure(fresh)
    s3, bucket = fresh.client("s3"), fresh.settings.names.state_bucket
    put(fresh, "before.tfstate")  # what was there before versioning has no version
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    for _ in range(2):
        put(fresh, "local/vpc.tfstate.tflock")
        s3.delete_object(Bucket=bucket, Key="local/vpc.tfstate.tflock")

    state_bucket.remove(fresh)

    assert not state_bucket.exists(fresh)
