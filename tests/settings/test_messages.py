"""Every validation error in a settings file is named at once, with what to write instead."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from settings import SettingsError, load_settings
from settings.loading import ENVIRONMENTS

GOOD: dict[str, Any] = yaml.safe_load((ENVIRONMENTS / "production.yaml").read_text())


def load(tmp_path: Path, text: str, name: str = "production") -> str:
    """The message for a file with this text."""
    directory = tmp_path / "environments"
    directory.mkdir()
    (directory / f"{name}.yaml").write_text(text)
    with pytest.raises(SettingsError) as error:
        load_settings(name, directory)
    return str(error.value)


def validation_errors(tmp_path: Path, **areas: Any) -> list[str]:
    """The lines of the message for production with some fields changed; None takes a field out."""
    values: dict[str, Any] = {**GOOD}
    for area, fields in areas.items():
        if isinstance(fields, dict):
            merged = values.get(area, {}) | fields
            values[area] = {key: value for key, value in merged.items() if value is not None}
        else:
            values[area] = fields
    title, *lines = load(tmp_path, yaml.safe_dump(values)).splitlines()
    assert title == f"environments/production.yaml has {len(lines)} validation error{'s' * (len(lines) > 1)}:"
    return [re.sub(r"^  line \d+: ", "", line) for line in lines]


def test_every_environment_loads() -> None:
    for path in ENVIRONMENTS.glob("*.yaml"):
        assert load_settings(path.stem).environment == path.stem


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"monitoring": {"allowed_cidrs": ["0.0.0.0/0"]}},
            [
                'monitoring.allowed_cidrs.0 = "0.0.0.0/0" is the whole internet: '
                "list the networks of your people, such as 203.0.113.0/24",
            ],
        ),
        (
            {"addons": {"log_agent": "fluentd"}},
            ['addons.log_agent = "fluentd" is not valid: write alloy, or promtail whose support ended in March 2026'],
        ),
        (
            {"monitoring": {"zone": "us-east-1f"}},
            [
                'monitoring.zone = "us-east-1f" is no zone of the VPC: write one of us-east-1a, us-east-1b, us-east-1c',
            ],
        ),
        (
            {"monitoring": {"slos": {"api": {"indicator": "availability", "objective": 100}}}},
            [
                "monitoring.slos.api.objective = 100 is not valid: "
                "write a percentage from 50 to less than 100, such as 99.5",
            ],
        ),
        (
            {"monitoring": {"slos": {"api": {"indicator": "availability", "objective": 99, "window_days": 60}}}},
            [
                "monitoring.slos.api.window_days = 60 is longer than metrics_retention_days: "
                "write at most 45, or keep metrics longer",
            ],
        ),
        (
            {"monitoring": {"slos": {"api": {"indicator": "latency", "objective": 99}}}},
            [
                "monitoring.slos.api.threshold_seconds = null belongs to the indicator latency alone: "
                "write a threshold there, and leave it out elsewhere",
            ],
        ),
        (
            {"vpc": {"cidr": None, "cidrr": "10.0.0.0/16"}},
            [
                "vpc.cidr is missing: write a private network from /16 to /20, such as 10.20.0.0/16",
                "vpc.cidrr is not a setting of vpc: did you mean cidr?",
            ],
        ),
        (
            {"vpc": {"cidr": "10.0.0.0/24"}},
            ['vpc.cidr = "10.0.0.0/24" is too small for the subnets of its zones: write a network from /16 to /20'],
        ),
        (
            {"vpc": {"cidr": "8.8.0.0/16"}},
            ['vpc.cidr = "8.8.0.0/16" is not private: take it from 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16'],
        ),
        (
            {"vpc": {"cidr": "10.0.0.1/16"}},
            ['vpc.cidr = "10.0.0.1/16" is not valid: write a private network from /16 to /20, such as 10.20.0.0/16'],
        ),
        (
            {"eks": {"service_cidr": "10.30.64.0/20"}},
            ['eks.service_cidr = "10.30.64.0/20" overlaps vpc.cidr 10.30.0.0/16: write a private network outside it'],
        ),
        (
            {"vpc": {"zones": ["us-east-1a"]}},
            [
                'vpc.zones = ["us-east-1a"] is not valid: '
                "write two or three availability zones, such as [us-east-1a, us-east-1b]"
            ],
        ),
        (
            {"vpc": {"zones": ["us-east-1a", "us-east-1a"]}},
            ['vpc.zones = ["us-east-1a", "us-east-1a"] names us-east-1a twice: name it once'],
        ),
        (
            {"database": {"allow_major_upgrade": True}},
            [
                "database.apply_immediately = false has to be true with allow_major_upgrade, because the parameter "
                "group of the old version is in use until the instance has the new one"
            ],
        ),
        (
            {"vpc": {"nat": "one", "nat_zone": "us-east-1f"}},
            ['vpc.nat_zone = "us-east-1f" is no zone of the VPC: write one of us-east-1a, us-east-1b'],
        ),
        (
            {"vpc": {"nat": "per_zone", "nat_zone": "us-east-1a"}},
            ['vpc.nat_zone = "us-east-1a" has no meaning with nat: per_zone: leave it out, or write nat: one'],
        ),
        (
            {"vpc": {"zones": ["us-east-1a", "eu-west-1b"]}},
            ['vpc.zones = ["eu-west-1b", "us-east-1a"] are not in us-east-1: write zones such as us-east-1a'],
        ),
        ({"region": "us-east-9"}, ['region = "us-east-9" is not a region of AWS: write one such as us-east-1']),
        (
            {"account": 444455556666},
            ['account = 444455556666 is not valid: write the 12 digits of the AWS account, in quotes: "111122223333"'],
        ),
        (
            {"database": {"instance_class": "m7g.large"}},
            ['database.instance_class = "m7g.large" is not valid: write an RDS class, such as db.t4g.medium'],
        ),
        (
            {"eks": {"node_groups": {"general": {"instance_types": ["large"], "min_size": 3, "max_size": 2}}}},
            [
                'eks.node_groups.general.instance_types.0 = "large" is not valid: '
                "write EC2 instance types, such as [t3.large]",
                "eks.node_groups.general.max_size = 2 is less than min_size: write at least 3",
            ],
        ),
        (
            {"eks": {"public_access_cidrs": ["0.0.0.0/0"]}},
            [
                'eks.public_access_cidrs.0 = "0.0.0.0/0" is the whole internet: '
                "list the networks of your people, such as 203.0.113.0/24"
            ],
        ),
        (
            {"database": {"backup_retention_days": 0}},
            ["database.backup_retention_days = 0 is not valid: write 1 to 35 days of point-in-time recovery"],
        ),
        (
            {"eks": {"kubernetes_version": "1.30"}},
            [
                'eks.kubernetes_version = "1.30" is not valid: '
                'write a version in standard support, in quotes: "1.34", "1.35" or "1.36"'
            ],
        ),
        (
            {"eks": {"kubernetes_version": 1.35}},
            [
                "eks.kubernetes_version = 1.35 is not valid: "
                'write a version in standard support, in quotes: "1.34", "1.35" or "1.36"'
            ],
        ),
        (
            {"database": {"storage_gb": 100, "max_storage_gb": 100}},
            ["database.max_storage_gb = 100 leaves no room to grow: write at least 110"],
        ),
        (
            {"dns": {"create_zone": False, "delegated": False}},
            [
                "dns.delegated = false cannot be false for a zone that exists: "
                "write delegated: true, or create_zone: true"
            ],
        ),
        (
            {"iam": {"github": {"platform_repository": "platform", "application_repository": "a/b"}}},
            [
                'iam.github.platform_repository = "platform" is not valid: '
                "write owner/name, or owner@id/name@id, of this repository"
            ],
        ),
        (
            {"eks": {"addon_versions": {"vpc-cmi": "v1.20.1-eksbuild.1"}}},
            [
                'eks.addon_versions.vpc-cmi = "vpc-cmi" is not valid: '
                "write versions of EKS add-ons to hold, such as vpc-cni: v1.20.1-eksbuild.1"
            ],
        ),
        ({"vpc": "10.0.0.0/16"}, ['vpc = "10.0.0.0/16" is not valid: write it with cidr, zones, nat']),
        ({"envrionment": "x"}, ["envrionment is not a setting: write one of"]),
    ],
)
def test_an_error_names_the_field_the_value_and_what_to_write(
    tmp_path: Path, change: dict[str, Any], message: list[str]
) -> None:
    found = validation_errors(tmp_path, **change)

    assert len(found) == len(message)
    for line, expected in zip(found, message, strict=True):
        assert line.startswith(expected)


def test_all_errors_of_a_file_come_in_one_message(tmp_path: Path) -> None:
    found = validation_errors(
        tmp_path, region="mars", vpc={"nat": "two"}, dns={"domain": "x"}, database={"backup_retention_days": 0}
    )

    assert [line.split(" ")[0] for line in found] == [
        "region",
        "vpc.nat",
        "dns.domain",
        "database.backup_retention_days",
    ]
