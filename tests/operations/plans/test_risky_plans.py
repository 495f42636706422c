"""The page of real plans, made by Terraform and the real AWS provider on the simulated AWS."""

import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from rich.console import Console

from operations.__main__ import _command
from tests.operations.plans.conftest import Environment

pytestmark = pytest.mark.slow
CANARY = "canary-of-a-password"
TRUST = {
    "Effect": "Allow",
    "Action": "sts:AssumeRole",
    "Principal": {"Service": ["eks.amazonaws.com", "ec2.amazonaws.com"]},
}


def policy(*actions: str) -> str:
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": "arn:aws:s3:::files/*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def small(**tags: str) -> dict[str, Any]:
    """What a small platform consists of: a network, a role, a database and a cluster with nodes."""
    zones = {"a": "us-east-1a", "b": "us-east-1b"}
    subnets = [f"${{aws_subnet.{name}.id}}" for name in zones]
    return {
        "aws_vpc": {"network": {"cidr_block": "10.77.0.0/16", "tags": tags}},
        "aws_subnet": {
            name: {"vpc_id": "${aws_vpc.network.id}", "cidr_block": f"10.77.{number}.0/24", "availability_zone": zone}
            for number, (name, zone) in enumerate(zones.items())
        },
        "aws_security_group": {"host": {"name": "small-host", "vpc_id": "${aws_vpc.network.id}"}},
        "aws_vpc_security_group_ingress_rule": {
            "host": {
                "security_group_id": "${aws_security_group.host.id}",
                "cidr_ipv4": "10.77.0.0/16",
                "ip_protocol": "tcp",
                "from_port": 443,
                "to_port": 443,
            }
        },
        "aws_iam_role": {
            "small": {
                "name": "small",
                "assume_role_policy": json.dumps({"Version": "2012-10-17", "Statement": [TRUST]}),
            }
        },
        "aws_iam_role_policy": {
            "files": {"name": "files", "role": "${aws_iam_role.small.name}", "policy": policy("s3:GetObject")}
        },
        "aws_db_subnet_group": {"small": {"name": "small", "subnet_ids": subnets}},
        "aws_db_instance": {
            "small": {
                "identifier": "small",
                "engine": "postgres",
                "engine_version": "16",
                "instance_class": "db.t4g.medium",
                "storage_type": "gp3",
                "allocated_storage": 20,
                "username": "postgres",
                "password": CANARY,
                "db_name": "first",
                "db_subnet_group_name": "${aws_db_subnet_group.small.name}",
                "skip_final_snapshot": True,
            }
        },
        "aws_eks_cluster": {
            "small": {
                "name": "small",
                "version": "1.35",
                "role_arn": "${aws_iam_role.small.arn}",
                "vpc_config": {"subnet_ids": subnets},
            }
        },
        "aws_eks_node_group": {
            "small": {
                "cluster_name": "${aws_eks_cluster.small.name}",
                "node_group_name": "small",
                "node_role_arn": "${aws_iam_role.small.arn}",
                "subnet_ids": subnets,
                "instance_types": ["t3.large"],
                "scaling_config": {"desired_size": 2, "min_size": 2, "max_size": 4},
            }
        },
    }


def top(page: list[str]) -> list[str]:
    """What stands above the fold, after the heading."""
    return [line for line in page[1 : page.index("<details><summary>All changes</summary>")] if line]


def test_the_page_names_what_is_at_risk_and_nothing_else(
    environment: Callable[..., Environment], monkeypatch: pytest.MonkeyPatch
) -> None:
    planned = environment(small={})
    for name, value in {"DETAILED_EXITCODE": "risk", "DETAILS": "1", "PLANS": str(planned.folder)}.items():
        monkeypatch.setenv(name, value)

    def write(resources: dict[str, Any]) -> None:
        required = {"aws": {"source": "hashicorp/aws", "version": "5.100.0"}}
        region = {"aws": [{"region": "us-east-1"}]}
        planned.change("small", lambda template: template.update(resource=resources, provider=region))
        planned.change("small", lambda template: template["terraform"].update(required_providers=required))

    def plan() -> tuple[int, str]:
        console = Console(file=io.StringIO(), width=200)
        code = _command("plan", "local", console)
        return code, console.file.getvalue()  # type: ignore[attr-defined]

    write(small())
    planned.deploy(folder=False)

    write(small(team="platform"))
    code, _ = plan()
    assert top(planned.report) == ["- **no risk**: 1 to change, and $244 a month as before"]
    assert code == 0

    risky = small()
    risky["aws_vpc_security_group_ingress_rule"]["host"] |= {"cidr_ipv4": "0.0.0.0/0", "from_port": 22}
    risky["aws_iam_role_policy"]["files"]["policy"] = policy("s3:GetObject", "s3:DeleteObject")
    risky["aws_db_instance"]["small"] |= {"db_name": "second", "password": f"{CANARY}-2"}
    risky["aws_eks_node_group"]["small"]["scaling_config"] = {"desired_size": 4, "min_size": 4, "max_size": 8}
    write(risky)
    code, printed = plan()
    assert top(planned.report) == [
        "- **data**: small: `aws_db_instance.small` is replaced, because of `db_name`: its data go with it",
        "- **IAM**: small: `aws_iam_role_policy.files` allows more: s3:deleteobject on `arn:aws:s3:::files/*`",
        "- **exposure**: small: `aws_vpc_security_group_ingress_rule.host` lets tcp 22-443 in from 0.0.0.0/0",
        "- **cost**: $244 a month, and then $366: small: `aws_eks_node_group.small` $121 and then $243",
    ]
    assert code == 2
    document = (planned.folder / "plans.json").read_text()
    assert [each["kind"] for each in json.loads(document)["risks"]] == ["data", "IAM", "exposure"]
    assert CANARY not in printed + document + "\n".join(planned.report)
