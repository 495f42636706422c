"""What a change reaches in a platform that is deployed, and what it leaves alone.

A project and a simulator of its own, beside those of test_lifecycle.py.
"""

import json
import re

import pytest

from simulator.leftovers import leftovers
from tests.project import Project

pytestmark = pytest.mark.slow


def test_one_setting_changes_one_stack(deployed: Project, stacks: set[str]) -> None:
    settings = deployed.path / "environments" / "local.yaml"
    text = settings.read_text()
    assert text.count("\n  log_retention_days: 7\n") == 1
    settings.write_text(text.replace("\n  log_retention_days: 7\n", "\n  log_retention_days: 14\n"))

    plan = deployed.make("plan", DETAILED_EXITCODE="1")

    changes = {
        stack: tuple(map(int, row.split())) for stack, row in re.findall(r"^(\w+)((?: +\d+){5})", plan.output, re.M)
    }
    assert changes == {stack: (0, int(stack == "eks"), 0, 0, 0) for stack in stacks}
    assert plan.code == 2
    assert deployed.make("deploy", STACK="eks").rows["eks"][1] == 1
    [group] = deployed.client("logs").describe_log_groups(logGroupNamePrefix="/aws/eks/")["logGroups"]
    assert group["retentionInDays"] == 14
    assert deployed.make("plan", STACK="eks", DETAILED_EXITCODE="1").code == 0


@pytest.mark.parametrize(
    ("file", "before", "after"),
    [
        ("modules/hosts/amazon_linux.py", r'^RELEASE = "\S+"', 'RELEASE = "2023.12.20261012.0-kernel-6.18-x86_64"'),
        ("monitoring/host/mount-data.sh", r"\Z", "# one more line\n"),
    ],
    ids=["image", "user data"],
)
def test_another_host_keeps_volume_data_and_address(deployed: Project, file: str, before: str, after: str) -> None:
    path = deployed.path / file
    text = path.read_text()
    path.write_text(re.sub(before, after, text, count=1, flags=re.MULTILINE))
    terraform = ("terraform", f"-chdir={deployed.path}/cdktf.out/local/stacks/monitoring")

    assert deployed.make("synth").code == 0
    deployed.run(*terraform, "plan", "-out=host.tfplan", **deployed.variables())
    plan = json.loads(deployed.run(*terraform, "show", "-json", "host.tfplan", **deployed.variables()).output)
    path.write_text(text)

    actions = {
        each["type"]: each["change"]["actions"]
        for each in plan["resource_changes"]
        if each["change"]["actions"] not in (["no-op"], ["read"])
    }
    assert actions.pop("aws_instance") == ["delete", "create"]
    assert actions.pop("aws_volume_attachment") == ["delete", "create"]
    # Nothing else is touched, but for the alarms, which name the instance.
    assert actions == {"aws_cloudwatch_metric_alarm": ["update"]}
    outputs = plan["output_changes"]
    assert outputs["monitoring_instance_id"]["actions"] == ["update"]
    assert outputs["monitoring_private_ip"]["actions"] == outputs["monitoring_volume_id"]["actions"] == ["no-op"]


def test_monitoring_does_not_notice_that_the_cluster_is_another_one(deployed: Project) -> None:
    before = deployed.ids()

    assert deployed.make("destroy", STACK="eks").code == 0
    assert deployed.make("plan", STACK="monitoring", DETAILED_EXITCODE="1").code == 0
    assert deployed.make("deploy", STACK="eks").code == 0
    assert deployed.make("plan", STACK="monitoring", DETAILED_EXITCODE="1").code == 0

    after = deployed.ids()
    changed = {name.split(".tfstate")[0] for name in before if before[name] != after[name]}
    assert changed == {"local/eks"}


@pytest.mark.rehearsal
def test_a_second_environment_of_the_account_stands_beside_the_first(deployed: Project, stacks: set[str]) -> None:
    text = (deployed.path / "environments" / "local.yaml").read_text()
    for before, after in {
        "203.0.113.0/24": "9.9.9.0/24",
        "local.realworld-inc.link": "second.realworld-inc.link",
        "realworld-inc": "conduit-inc",
        "delegated: true": "delegated: false",
        "\n  github:\n": "\n  github:\n    create_oidc_provider: false\n",
    }.items():
        assert before in text
        text = text.replace(before, after)
    (deployed.path / "environments" / "second.yaml").write_text(text)
    variables = {name: value for name, value in deployed.variables().items() if name != "AWS_CA_BUNDLE"}
    every = {"STACK": " ".join(sorted(stacks)), "DETAILED_EXITCODE": "1"}
    second = variables | every | {"ENVIRONMENT": "second", "YES": "1", "CONFIRM": "second"}
    before_it, there = deployed.ids(), leftovers(deployed.client)

    made = deployed.make("deploy", **second)
    assert made.code == 0, made.output
    assert made.rows.keys() == stacks
    plan = deployed.make("plan", **second | {"STACK": "iam dns"})  # those whose settings differ from the first
    assert plan.code == 0, plan.output
    gone = deployed.make("destroy", **second)

    assert gone.code == 0, gone.output
    [bucket] = re.findall(r"^The state bucket stays, because these states need it: (.*)$", gone.output, re.M)
    assert {each.split("/")[0] for each in bucket.split(", ")} == {"local"}
    assert {name: key for name, key in deployed.ids().items() if not name.startswith("second/")} == before_it
    [snapshot] = {*leftovers(deployed.client)} - {*there}
    assert {*there} <= {*leftovers(deployed.client)}
    for what in (snapshot.removeprefix("ec2 "), "/aws/eks/realworld-second/cluster"):
        assert re.search(rf"echo {what} \| xargs -n 1 aws \w+ delete-", gone.output), gone.output
    assert re.search(r"^Snapshots of the monitoring volume +1 +\$5\.00 ", gone.output, re.M)
