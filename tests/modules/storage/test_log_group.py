"""No service makes a log group of its own, which would keep its lines for ever and be in nobody's state."""

from fnmatch import fnmatchcase

import pytest

from tests.conftest import ENVIRONMENTS, Platform, all_of
from tests.delivery.access import allows, policies_of

SHARED = "arn:aws:logs:us-east-1:444455556666:log-group:RDSOSMetrics"


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_a_log_group_that_exists_is_adopted(platform: Platform, environment: str) -> None:
    for template in platform(environment).values():
        groups = template.get("resource", {}).get("aws_cloudwatch_log_group", {})
        imports = {
            block["to"]: block for block in template.get("import", []) if "aws_cloudwatch_log_group." in block["to"]
        }

        assert imports.keys() == {f"aws_cloudwatch_log_group.{address}" for address in groups}
        for address, group in groups.items():
            assert group["retention_in_days"] > 0
            assert f'if name == "{group["name"]}"' in imports[f"aws_cloudwatch_log_group.{address}"]["for_each"]


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_what_a_service_logs_goes_into_a_group_of_ours(platform: Platform, environment: str) -> None:
    stacks = platform(environment)
    written = [f"/aws/eks/{cluster['name']}/cluster" for cluster in all_of(stacks["eks"], "aws_eks_cluster")] + [
        f"/aws/rds/instance/{instance['identifier']}/{log}"
        for instance in all_of(stacks["database"], "aws_db_instance")
        for log in instance["enabled_cloudwatch_logs_exports"]
    ]

    owned = {
        group["name"]
        for template in stacks.values()
        for group in all_of(template, "aws_cloudwatch_log_group")
        if not fnmatchcase(group["name"], "/aws/vpc/*")
    }
    assert owned == set(written)


def test_of_our_roles_only_enhanced_monitoring_makes_groups_and_only_the_one_of_the_account(platform: Platform) -> None:
    """So that flow logs, for example, cannot make theirs again. The pipeline that deploys may do it, of course."""
    makers = {
        role["name"]: [
            each
            for each in ("arn:aws:logs:us-east-1:444455556666:log-group:/aws/x", SHARED)
            if allows(policies_of(template, role["name"]), "logs:CreateLogGroup", each)
        ]
        for template in platform("production").values()
        for role in all_of(template, "aws_iam_role")
        if role["name"] != "realworld-production-deploy"
    }

    assert {name: groups for name, groups in makers.items() if groups} == {
        "realworld-production-rds-monitoring": [SHARED]
    }
