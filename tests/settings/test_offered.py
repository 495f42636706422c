"""What AWS cannot have is an error; what published data do not know is a warning, because they may be old."""

import gzip
import json
import mmap
import os
import re
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from operations import LOCAL
from operations.commands.doctor import prerequisites
from operations.engine.mirror import find_mirror
from settings import load_settings, offered, warnings_of
from settings.loading import ENVIRONMENTS
from settings.values import GRAVITON, SIZE, UNKNOWN_TO_PROVIDER
from tests.settings.test_values import settings, validation_error

TYPES = "eks__node_groups__general__instance_types"
ARCHITECTURE = "eks__node_groups__general__architecture"
CFNLINT = f"cfn-lint {version('cfn-lint')} of {offered.date()}"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {TYPES: ["t3.huge"]},
            'eks.node_groups.general.instance_types.0 = "t3.huge" has a size that AWS does not have: write one such as',
        ),
        ({"runner__instance_type": "m7i.largee"}, 'runner.instance_type = "m7i.largee" has a size that AWS does not'),
        (
            {"database__instance_class": "db.t4g.mediun"},
            'database.instance_class = "db.t4g.mediun" has a size that AWS does not have: write one such as '
            "db.t4g.medium or ",
        ),
        (
            {"database__engine_version": "17.99"},
            'database.engine_version = "17.99" is not valid: write "16" or "17" in quotes, or a minor such as "17.6"',
        ),
        (
            {TYPES: ["t3.large", "t4g.large"]},
            'eks.node_groups.general.architecture = "x86_64" is not that of t4g.large: '
            "write arm64, or other instance_types",
        ),
        (
            {ARCHITECTURE: "arm64"},
            'eks.node_groups.general.architecture = "arm64" is not that of t3.large: '
            "write x86_64, or other instance_types",
        ),
        (
            {"vpc__nat": "none"},
            'vpc.nat = "none" cuts off what no endpoint in a VPC reaches: GitHub for the runner, Route 53 for '
            "external-dns, and the registries of charts and of public images. Write one or per_zone",
        ),
        (
            {"project": "blue--green"},
            'project = "blue--green" has two hyphens beside each other, which RDS takes in no',
        ),
        (
            {"project": "aws-platform"},
            'project = "aws-platform" starts as AWS lets no name start: write another than aws,',
        ),
        ({"project": "sthree"}, 'project = "sthree" starts as AWS lets no name start'),
    ],
)
def test_what_aws_cannot_have_is_an_error(tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    assert validation_error(tmp_path, **changes).startswith(message)


def test_a_region_that_the_provider_refuses_is_an_error(tmp_path: Path) -> None:
    zones = {f"{stack}__zone": "ap-southeast-6a" for stack in ("monitoring", "runner")}
    found = validation_error(
        tmp_path, region="ap-southeast-6", vpc__zones=["ap-southeast-6a", "ap-southeast-6b"], **zones
    )

    assert found == (
        'region = "ap-southeast-6" is not known to version 5 of the AWS provider: write one such as us-east-1'
    )


@pytest.mark.parametrize(
    ("changes", "warning"),
    [
        (
            {TYPES: ["t3.large", "t3.16xlarge"]},
            rf'instance_types\.1 = "t3.16xlarge" is not .* in us-east-1 .* {CFNLINT}',
        ),
        ({TYPES: ["m99i.large"]}, r'instance_types\.0 = "m99i.large" .*; near it: .*m\d+i\.large'),
        ({"monitoring__instance_type": "z9.large"}, r'line \d+: monitoring\.instance_type = "z9.large" is not offered'),
        ({"database__instance_class": "db.t5g.medium"}, r"database\.instance_class .*; near it: db.t4g.medium"),
        ({"database__engine_version": "17.29"}, rf'database\.engine_version = "17.29" .* {CFNLINT} knows; near it: 17'),
        ({"database__engine_version": "16.1"}, r'database\.engine_version = "16.1" is not offered'),
        (
            {"vpc__interface_endpoints": ["ecr.apii", "sts"]},
            rf'vpc\.interface_endpoints = "ecr.apii" .* botocore {re.escape(version("botocore"))} .*; near it: ecr.api',
        ),
    ],
)
def test_what_the_data_do_not_know_is_a_warning(tmp_path: Path, changes: dict[str, Any], warning: str) -> None:
    [found] = warnings_of(settings(tmp_path, **changes), tmp_path / "environments")

    assert re.match(r"environments/blue\.yaml, line \d+: ", found)
    assert re.search(warning, found)


def test_what_one_region_has_another_may_lack(tmp_path: Path) -> None:
    text = (ENVIRONMENTS / "staging.yaml").read_text().replace("us-east-1", "ap-southeast-7")
    (tmp_path / "staging.yaml").write_text(text)
    [found] = warnings_of(load_settings("staging", tmp_path), tmp_path)

    assert 'instance_types.1 = "t3a.large" is not offered in ap-southeast-7' in found


def test_what_is_shipped_is_known() -> None:
    for environment in ("local", "staging", "production"):
        assert warnings_of(load_settings(environment)) == []
    assert f"known to the data of {offered.date()}" in [
        check.found for check in prerequisites(load_settings("local")) if check.name == "Offers"
    ]


def test_the_data_have_every_region_and_only_sizes_and_processors_that_the_rules_know() -> None:
    moto = find_spec("moto")
    assert moto
    described = json.loads(
        gzip.decompress((Path(str(moto.origin)).parent / "ec2/resources/instance_types.json.gz").read_bytes())
    )
    for region in sorted(offered.regions()):
        types, classes = offered.instance_types(region), offered.database_classes(region)
        assert len(types) > 100, region
        assert len(classes) > 50, region
        assert {"ec2", "ecr.api", "eks", "eks-auth", "elasticloadbalancing", "logs", "rds"} <= offered.services(region)
        assert [name for name in types | classes if not SIZE.fullmatch(name)] == []
        for name in types & described.keys():
            arm = "arm64" in described[name]["ProcessorInfo"]["SupportedArchitectures"]
            assert bool(GRAVITON.match(name)) == arm, name
    assert {"16", "17"} == {each.split(".")[0] for each in offered.engine_versions() if each.startswith(("16", "17"))}


def test_regions_that_the_provider_does_not_know_are_those_that_its_program_does_not_name() -> None:
    folders = filter(None, (find_mirror(os.environ), LOCAL / "providers"))
    programs = [path for each in folders for path in sorted(each.glob("**/terraform-provider-aws_v5.100.0*"))]
    if not programs:
        pytest.skip("the AWS provider is neither in a mirror nor in .local/providers")
    with programs[0].open("rb") as file, mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ) as text:
        assert {region for region in offered.regions() if text.find(region.encode()) < 0} == UNKNOWN_TO_PROVIDER
