"""Daily snapshots of every volume with a tag, kept for some days."""

from imports.aws.dlm_lifecycle_policy import (
    DlmLifecyclePolicy,
    DlmLifecyclePolicyPolicyDetails,
    DlmLifecyclePolicyPolicyDetailsSchedule,
    DlmLifecyclePolicyPolicyDetailsScheduleCreateRule,
    DlmLifecyclePolicyPolicyDetailsScheduleRetainRule,
)
from imports.engine import Construct

TAG = "snapshots"


class VolumeSnapshots(Construct):
    """value is that of the tag named TAG on the volumes."""

    def __init__(self, scope: Construct, id: str, *, value: str, retention_days: int, role_arn: str) -> None:
        super().__init__(scope, id)
        DlmLifecyclePolicy(
            self,
            "policy",
            description=f"Daily snapshots of {value}",
            execution_role_arn=role_arn,
            policy_details=DlmLifecyclePolicyPolicyDetails(
                resource_types=["VOLUME"],
                target_tags={TAG: value},
                schedule=[
                    DlmLifecyclePolicyPolicyDetailsSchedule(
                        name="daily",
                        create_rule=DlmLifecyclePolicyPolicyDetailsScheduleCreateRule(
                            interval=24, interval_unit="HOURS", times=["03:30"]
                        ),
                        retain_rule=DlmLifecyclePolicyPolicyDetailsScheduleRetainRule(count=retention_days),
                        copy_tags=True,
                    )
                ],
            ),
        )
