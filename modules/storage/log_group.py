"""A log group with an end to its retention, whoever made it first."""

from typing import Any

import jsii

from imports.aws.cloudwatch_log_group import CloudwatchLogGroup
from imports.aws.data_aws_cloudwatch_log_groups import DataAwsCloudwatchLogGroups
from imports.engine import Construct, TerraformElement


def log_group(scope: Construct, id: str, *, name: str, retention_days: int) -> CloudwatchLogGroup:
    """Whatever writes into it has to depend on it, and so goes before it.

    EKS and RDS make the groups of their logs themselves, without an end to the retention: RDS where nobody has made
    them before, EKS also when it writes its last lines after cluster and group are gone. Terraform stops at a name that
    is taken. So a group that exists is adopted, and one that does not is made.
    """
    found = DataAwsCloudwatchLogGroups(scope, f"{id}_found", log_group_name_prefix=name)
    group = CloudwatchLogGroup(scope, id, name=name, retention_in_days=retention_days)
    Import(
        scope,
        f"{id}_import",
        to=f"aws_cloudwatch_log_group.{group.friendly_unique_id}",
        ids=f'${{toset([for name in {found.fqn}.log_group_names : name if name == "{name}"])}}',
    )
    return group


class Import(TerraformElement):
    """An import block for what there may be. The engine has them only for what there is."""

    def __init__(self, scope: Construct, id: str, *, to: str, ids: str) -> None:
        super().__init__(scope, id)
        self._block = {"for_each": ids, "to": to, "id": "${each.value}"}

    @jsii.member(jsii_name="toTerraform")
    def to_terraform(self) -> Any:
        return {"import": [self._block]}
