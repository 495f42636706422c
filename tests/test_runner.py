"""The runner is where its jobs can work, and only there."""

import pytest

from imports.engine import Testing
from settings import Settings, load_settings
from stacks.eks import EksStack
from stacks.iam import IamStack
from stacks.runner import RunnerStack
from stacks.vpc import VpcStack
from tests.conftest import ENVIRONMENTS, Platform, Template, all_of, changed, only, synth

each_environment = pytest.mark.parametrize("environment", ENVIRONMENTS)


def synthesized(stack: type[RunnerStack | EksStack], settings: Settings) -> Template:
    app = Testing.app()
    return synth(stack(app, settings, vpc=VpcStack(app, settings), iam=IamStack(app, settings)))


@each_environment
def test_the_token_is_written_once_and_never_read_back(platform: Platform, environment: str) -> None:
    token = only(platform(environment)["runner"], "aws_ssm_parameter")

    assert token["type"] == "SecureString"
    assert (token["value_wo"], token["value_wo_version"]) == ("none", 1)
    assert not {"value", "insecure_value", "overwrite"} & token.keys()


@pytest.mark.parametrize(
    ("zone", "place", "network"), [("us-east-1a", 0, "10.30.0.0/19"), ("us-east-1c", 2, "10.30.64.0/19")]
)
def test_jobs_reach_the_private_endpoint_from_the_subnet_of_the_runner(zone: str, place: int, network: str) -> None:
    settings = changed(load_settings("production"), runner={"zone": zone})

    instance = only(synthesized(RunnerStack, settings), "aws_instance")
    assert instance["subnet_id"].endswith(f"outputs.private_subnet_ids, {place})}}")
    rules = all_of(synthesized(EksStack, settings), "aws_vpc_security_group_ingress_rule")
    [rule] = [rule for rule in rules if rule["from_port"] == 443]
    assert (rule["to_port"], rule["ip_protocol"], rule["cidr_ipv4"]) == (443, "tcp", network)


@each_environment
def test_people_hear_of_a_host_that_is_repaired(platform: Platform, environment: str) -> None:
    templates = platform(environment)
    name = only(templates["monitoring"], "aws_sns_topic")["name"]
    topic = f"arn:aws:sns:us-east-1:{load_settings(environment).account}:{name}"

    alarms = all_of(templates["runner"], "aws_cloudwatch_metric_alarm")
    assert len(alarms) == 2
    assert all(topic in each["alarm_actions"] and each["ok_actions"] == [topic] for each in alarms)
