import pytest

from imports.engine import TerraformStack
from modules.hosts.volume_snapshots import TAG, VolumeSnapshots
from tests.conftest import ENVIRONMENTS, Platform, only, synth


def test_snapshots_are_taken_every_day_and_kept_for_the_days_of_the_settings(stack: TerraformStack) -> None:
    VolumeSnapshots(stack, "snapshots", value="acme-monitoring", retention_days=21, role_arn="arn:role")
    policy = only(synth(stack), "aws_dlm_lifecycle_policy")

    details = policy["policy_details"]
    [schedule] = details["schedule"]
    assert (details["resource_types"], details["target_tags"]) == (["VOLUME"], {TAG: "acme-monitoring"})
    assert (schedule["create_rule"]["interval"], schedule["create_rule"]["interval_unit"]) == (24, "HOURS")
    assert schedule["retain_rule"] == {"count": 21}
    # Without its tags nobody knows what a snapshot is of.
    assert schedule["copy_tags"] is True
    assert policy["execution_role_arn"] == "arn:role"
    assert policy.get("state", "ENABLED") == "ENABLED"


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_the_data_volume_is_the_one_that_they_are_taken_of(platform: Platform, environment: str) -> None:
    monitoring = platform(environment)["monitoring"]

    wanted = only(monitoring, "aws_dlm_lifecycle_policy")["policy_details"]["target_tags"]
    assert wanted.items() <= only(monitoring, "aws_ebs_volume")["tags"].items()
    assert not wanted.items() <= only(monitoring, "aws_instance")["root_block_device"]["tags"].items()
