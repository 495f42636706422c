"""What make destroy refuses to take away."""

import json
import re
import sys
from pathlib import Path

import pytest

from tests.conftest import wait
from tests.project import BUCKET, copy_of_project

pytestmark = pytest.mark.slow


def test_a_deploy_from_elsewhere_keeps_its_bucket(tmp_path: Path) -> None:
    """The lock of Terraform is there before the first resource is in a state."""
    project = copy_of_project(tmp_path / "copy")
    deploy = [sys.executable, "-m", "operations", "deploy"]
    with project.start(deploy, STACK="iam vpc") as process:
        try:
            assert wait(lambda: (project.path / ".local" / "logs" / "local" / "vpc.log").exists(), 240), (
                "Terraform starts"
            )
            assert wait(lambda: bool(project.held_locks()))
            # Another clone is not held by the lock of this one, and knows nothing of its runs.
            (project.path / ".local" / "local.lock").unlink()
            (project.path / ".local" / "runs").rename(project.path / "runs")
            refused = project.make("destroy")
        finally:
            printed, _ = process.communicate()

    try:
        assert process.returncode == 0, printed
        assert refused.code == 1
        said = r"^nothing was destroyed:\nlocal/vpc\.tfstate is locked by \S+@\S+ \(OperationTypeApply\) since \d{4}-"
        assert re.search(said, refused.output)
        assert project.make("plan", STACK="vpc", DETAILED_EXITCODE="1").code == 0, "the deploy has its bucket"

        lock = {"ID": "11111111-2222-3333-4444-555555555555", "Who": "ana@laptop", "Operation": "OperationTypeApply"}
        project.client("s3").put_object(Bucket=BUCKET, Key="local/vpc.tfstate.tflock", Body=json.dumps(lock))
        [command] = re.findall(r"^    (\(.*\))$", project.make("destroy").output, re.MULTILINE)
        unlocked = project.run("bash", "-c", f"echo yes | {command}")
        assert project.held_locks() == [], unlocked.output
        tags = {"project": "realworld", "environment": "local", "restore-drill": "d-1"}
        project.client("rds").create_db_instance(
            DBInstanceIdentifier="d-1",
            EngineVersion="17",
            Engine="postgres",
            DBInstanceClass="db.t4g.micro",
            AllocatedStorage=20,
            MasterUsername="realworld",
            ManageMasterUserPassword=True,
            Tags=[{"Key": name, "Value": value} for name, value in tags.items()],
        )
    finally:
        destroyed = project.make("destroy")
    assert destroyed.code == 0, destroyed.output
    assert "This goes first: d-1, of a restore drill\n" in destroyed.output
