"""The runner is where its jobs can work, and what its settings may say."""

from pathlib import Path
from typing import Any

import pytest

from imports.engine import Testing
from settings import Settings, load_settings
from stacks.eks import EksStack
from stacks.iam import IamStack
from stacks.runner import RunnerStack
from stacks.vpc import VpcStack
from tests.conftest import ENVIRONMENTS, Platform, Template, all_of, changed, only, synth
from tests.settings.test_messages import validation_errors

each_environment = pytest.mark.parametrize("environment", ENVIRONMENTS)


def synthesized(stack: type[RunnerStack | EksStack], settings: Settings) -> Template:
    app = Testing.app()
    iam = IamStack(app, settings)
    return synth(stack(app, settings, vpc=VpcStack(app, settings, iam=iam), iam=iam))


@each_environment
def test_the_token_is_written_once_and_never_read_back(platform: Platform, environment: str) -> None:
    token = only(platform(environment)["runner"], "aws_ssm_parameter")

    assert token["type"] == "SecureString"
    assert (token["value_wo"], token["value_wo_version"]) == ("none", 1)
    assert not {"value", "insecure_value", "overwrite"} & token.keys()


@pytest.mark.parametrize(("zone", "network"), [("us-east-1a", "10.30.0.0/19"), ("us-east-1c", "10.30.64.0/19")])
def test_jobs_reach_the_private_endpoint_from_the_subnet_of_the_runner(zone: str, network: str) -> None:
    settings = changed(load_settings("production"), runner={"zone": zone})

    instance = only(synthesized(RunnerStack, settings), "aws_instance")
    assert instance["subnet_id"].endswith(f'outputs.private_subnets["{zone}"]}}')
    rules = all_of(synthesized(EksStack, settings), "aws_vpc_security_group_ingress_rule")
    [rule] = [rule for rule in rules if rule["from_port"] == 443]
    assert (rule["to_port"], rule["ip_protocol"], rule["cidr_ipv4"]) == (443, "tcp", network)


@each_environment
def test_people_hear_of_a_host_that_is_repaired(platform: Platform, environment: str) -> None:
    templates = platform(environment)
    topic = load_settings(environment).names.alert_topic_arn
    assert topic.split(":")[-1] in {each["name"] for each in all_of(templates["monitoring"], "aws_sns_topic")}

    alarms = all_of(templates["runner"], "aws_cloudwatch_metric_alarm")
    assert len(alarms) == 2
    assert all(topic in each["alarm_actions"] and each["ok_actions"] == [topic] for each in alarms)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"zone": "us-east-1f"},
            'runner.zone = "us-east-1f" is no zone of the VPC: write one of us-east-1a, us-east-1b, ',
        ),
        ({"volume_gb": 8}, "runner.volume_gb = 8 is not valid: write the disk of the host in GiB, 20 to 16384"),
        (
            {"github_url": "https://github.com/acme/shop/actions"},
            'runner.github_url = "https://github.com/acme/shop/actions" is not valid: write whose jobs it runs, '
            "https://github.com/<organization> or https://github.com/<owner>/<repository>; leave it out for the "
            "organization of iam.github.application_repository",
        ),
        ({"labels": ["x"]}, "runner.labels is not a setting of runner: write one of zone, instance_type, volume_gb, "),
    ],
)
def test_an_error_names_the_field_the_value_and_what_to_write(
    tmp_path: Path, change: dict[str, Any], message: str
) -> None:
    [found] = validation_errors(tmp_path, runner=change)

    assert found.startswith(message)


def test_it_is_in_the_first_zone_and_for_the_organization_of_the_application_unless_somebody_says_so() -> None:
    settings = load_settings("production")
    github = {"platform_repository": "acme@1/platform@2", "application_repository": "acme@1/shop@3"}
    silent = changed(settings, runner={"zone": None}, iam={"github": github})
    other = changed(settings, runner={"zone": "us-east-1c", "github_url": "https://github.com/acme/shop.js"})

    assert settings.names.runner_url == "https://github.com/realworld-inc"
    assert (silent.names.runner_zone, silent.names.runner_url) == ("us-east-1a", "https://github.com/acme")
    assert (other.names.runner_zone, other.names.runner_url) == ("us-east-1c", "https://github.com/acme/shop.js")


GRAVITON = ["t4g.large", "a1.large", "im4gn.large", "is4gen.large", "x2gd.metal", "g5g.xlarge"]
INTEL_AND_AMD = ["t3.large", "m7i-flex.large", "g4dn.xlarge", "gr6.4xlarge", "u7i-6tb.112xlarge"]


@pytest.mark.parametrize("host", ["runner", "monitoring"])
@pytest.mark.parametrize("instance_type", GRAVITON)
def test_a_host_has_the_processors_of_its_image(tmp_path: Path, host: str, instance_type: str) -> None:
    [found] = validation_errors(tmp_path, **{host: {"instance_type": instance_type}})

    assert found == (
        f'{host}.instance_type = "{instance_type}" has processors of Arm, and the image of the host is for x86_64: '
        "write one such as t3.large"
    )


@pytest.mark.parametrize("instance_type", INTEL_AND_AMD)
def test_a_g_for_graphics_is_no_g_for_graviton(instance_type: str) -> None:
    settings = changed(load_settings("production"), runner={"instance_type": instance_type})

    assert settings.runner.instance_type == instance_type
