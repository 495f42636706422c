"""What is deployed of a stack that was taken out of the code: said by name, and taken down by name."""

import json
from collections.abc import Callable

import pytest

from operations import OperationError
from operations.plans import abandoned
from tests.operations.plans.conftest import Environment, output, reading

pytestmark = pytest.mark.slow


@pytest.fixture
def deployed(environment: Callable[..., Environment], monkeypatch: pytest.MonkeyPatch) -> Environment:
    """vpc, and queue, which reads it and has gone from the code since."""
    monkeypatch.setenv("YES", "1")
    monkeypatch.setenv("CONFIRM", "staging")
    found = environment(name="staging", depends_on={"queue": {"vpc"}}, vpc={"a": {}}, queue={"b": {}})
    found.change("vpc", output("${terraform_data.a.id}"))
    reading(found, "queue", "vpc")
    found.deploy(folder=False)
    return found.without("queue")


def test_plan_and_deploy_say_it_by_name(deployed: Environment) -> None:
    sentence = (
        "No stack of the code owns queue any more, and its 1 resources run on: "
        "make destroy STACK=queue ENVIRONMENT=staging takes them down"
    )
    assert deployed.plan(), "it is not as the code says"
    assert sentence in deployed.printed
    assert f"- **{sentence}**" in deployed.report
    assert sentence in deployed.deploy(folder=False)


def test_it_is_destroyed_by_its_name_and_then_nobody_speaks_of_it(deployed: Environment) -> None:
    with pytest.raises(OperationError, match="queue depends on vpc and still holds resources: STACK='vpc queue'"):
        deployed.destroy("vpc")

    deployed.destroy("queue")

    assert deployed.resources("queue") == []
    assert deployed.resources("vpc") == ["terraform_data.a"]
    assert not deployed.plan(folder=False)
    with pytest.raises(OperationError, match="there is no stack queue"):
        deployed.destroy("queue")


def test_to_destroy_everything_is_to_destroy_it_too(deployed: Environment) -> None:
    deployed.destroy()

    assert deployed.resources("queue") == deployed.resources("vpc") == []


def test_it_gets_the_providers_of_a_stack_that_has_them(deployed: Environment) -> None:
    """Region, account and login come from there, and what the login of a cluster reads."""
    of_aws = {"provider": {"aws": [{"region": "eu-west-1"}]}, "variable": {"kubeconfig": {"default": ""}}}
    deployed.change("vpc", lambda template: template.update(of_aws))
    key = deployed.context.settings.names.state_key("topic")
    provider = 'provider["registry.terraform.io/hashicorp/aws"]'
    topic = {"mode": "managed", "type": "aws_sns_topic", "name": "a", "provider": provider, "instances": [{}]}
    put = deployed.context.client("s3").put_object
    bucket = deployed.context.settings.names.state_bucket
    put(Bucket=bucket, Key=key, Body=json.dumps({"resources": [topic], "outputs": {}}))

    graph = abandoned.added(deployed.context, deployed.graph)

    template = json.loads((graph.path("topic") / "cdk.tf.json").read_text())
    assert {name: template[name] for name in of_aws} == of_aws
    assert template["terraform"]["backend"]["s3"]["key"] == key
    assert not {"resource", "output", "import"} & template.keys()
    put(Bucket=bucket, Key=key, Body=json.dumps({"resources": [topic | {"provider": provider[:-5] + 'nope"]'}]}))
    with pytest.raises(OperationError, match="topic cannot be destroyed without its code: no stack is left that has"):
        abandoned.added(deployed.context, deployed.graph)
