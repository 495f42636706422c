"""One life of the whole platform, from an empty account to an empty account, with Terraform and the AWS provider.

The tests stand in the order of that life. The first deploy is a fixture, so that each can be run alone, but for the
last one. What happens to a platform in the middle of its life is in test_changes.py, because both take minutes.
"""

import json
import re
import sys
from datetime import date
from pathlib import Path

import pytest

from settings import load_settings
from tests.conftest import ROOT
from tests.iam.life import missing
from tests.iam.recorder import REQUESTS
from tests.project import Project, Result
from tests.scanners.scanners import checkov_on_plans
from tests.scanners.subject import PLANS
from tests.scanners.waivers import judge, read

pytestmark = pytest.mark.slow

EMPTY_PLAN = re.compile(r"^No changes in (\w+, )+\w+\. Not planned: addons, app\.$", re.MULTILINE)


def test_an_interrupted_deploy_leaves_no_lock_and_no_process(project: Project) -> None:
    process = project.start([sys.executable, "-m", "operations", "deploy"], STACK="iam vpc database")
    printed = project.interrupt(process, after="applying")

    assert process.returncode == 130, printed
    assert "Traceback" not in printed
    assert "Stopping: waiting for iam to finish." in printed
    assert project.held_locks() == []
    assert [line for line in project.processes() if "terraform" in line] == []


def test_the_first_deploy_builds_everything_and_says_what(first_deploy: Result, stacks: set[str]) -> None:
    assert first_deploy.rows.keys() == stacks
    assert all(resources > 0 for resources, _, _ in first_deploy.rows.values())
    assert {stack for stack, (_, changed, _) in first_deploy.rows.items() if changed} >= stacks - {"iam"}
    assert re.search(r"^ +cluster_name = realworld-local +$", first_deploy.output, re.MULTILINE)
    assert re.search(rf"^{len(stacks)} stacks in \d+ seconds\.$", first_deploy.output, re.MULTILINE)


def test_the_half_inside_the_cluster_is_rendered_and_says_why_it_is_not_applied(first_deploy: Result) -> None:
    title = "Rendered and valid for Kubernetes 1.35, but not applied, because KUBECONFIG is not set:"

    assert title in first_deploy.output
    rows = dict(re.findall(r"^app +(\S+) .* (\d+) *$", first_deploy.output, re.MULTILINE))
    assert rows == {"application-namespace": "13", "realworld-backend": "8"}
    assert re.search(
        r"^addons +aws-load-balancer-controller +3\.5\.0 +kube-system +\S+", first_deploy.output, re.MULTILINE
    )


def test_what_the_last_screen_says_to_try_works_and_a_plan_finds_nothing_to_do(
    first_deploy: Result, deployed: Project
) -> None:
    commands = re.findall(r"^    ((?:make|eval) .*?) +# ", first_deploy.output, re.MULTILINE)
    tried = {command: deployed.run("bash", "-c", command, DETAILED_EXITCODE="1") for command in commands}

    assert [*map(len, (commands, tried))] == [3, 3]
    assert {command: result.output for command, result in tried.items() if result.code} == {}
    assert EMPTY_PLAN.search(tried["make plan"].output)
    assert re.search(r"^addons +not planned: KUBECONFIG is not set", tried["make plan"].output, re.MULTILINE)
    [by_terraform] = [result.output for command, result in tried.items() if command.startswith("eval ")]
    assert "Your infrastructure matches the configuration." in by_terraform


def test_nothing_has_drifted(deployed: Project) -> None:
    """Right after a deploy, when AWS has filled in much that no state has yet."""
    drift = deployed.make("drift")

    assert drift.code == 0, drift.output
    assert "| attribute |" not in drift.output


def test_a_second_deploy_changes_nothing_and_is_faster(
    deployed: Project, first_deploy: Result, stacks: set[str]
) -> None:
    before = deployed.ids()

    second = deployed.make("deploy")

    assert second.code == 0, second.output
    assert {stack: changed for stack, (_, changed, _) in second.rows.items()} == dict.fromkeys(stacks, 0)
    assert deployed.ids() == before
    assert second.seconds < first_deploy.seconds


def test_a_plan_as_files_is_applied_as_it_is_and_no_scanner_finds_more_in_it(deployed: Project, tmp_path: Path) -> None:
    assert deployed.make("plan", PLANS="plans").code == 0
    plans = {path.stem: path for path in (deployed.path / "plans").glob("*.tfplan")}
    assert "No changes in " in (deployed.path / "plans" / "report.md").read_text()
    before = deployed.ids()
    assert deployed.make("deploy", PLANS="plans").code == 0
    assert deployed.ids() == before

    variables = deployed.variables()
    for stack, plan in plans.items():
        terraform = ("terraform", f"-chdir={deployed.path}/cdktf.out/local/stacks/{stack}")
        text = deployed.run(*terraform, "show", "-json", str(plan), **variables).output
        planted = text.replace('"scan_on_push":true', '"scan_on_push":false')
        for environment, written in (("local", text), ("planted", planted)):
            path = tmp_path / PLANS / environment / stack / "tfplan.json"
            path.parent.mkdir(parents=True)
            path.write_text(written)
    found = {(each.rule, each.place) for each in judge(list(checkov_on_plans(tmp_path)), read(), (), date.min).open}
    assert [each for each in found if each[1].startswith("local/")] == []
    assert "CKV_AWS_163" in {rule for rule, place in found if place.startswith("planted/registry/aws_ecr_repository.")}


def test_no_secret_is_anywhere_but_in_secrets_manager(deployed: Project) -> None:
    secrets = deployed.client("secretsmanager")
    [secret] = [each["ARN"] for each in secrets.list_secrets()["SecretList"] if ":secret:rds!" in each["ARN"]]
    at_creation = json.loads(secrets.get_secret_value(SecretId=secret)["SecretString"])["password"]
    rotated = "canary-in-the-coal-mine"
    secrets.put_secret_value(SecretId=secret, SecretString=json.dumps({"username": "u", "password": rotated}))
    jwt = secrets.get_secret_value(SecretId="realworld-local/jwt-secret")["SecretString"]
    assert re.fullmatch(r"[A-Za-z0-9]{64}", jwt)
    assert deployed.make("deploy", STACK="database secrets").code == 0
    texts = {}
    for stack in ("database", "secrets"):
        terraform = ("terraform", f"-chdir={deployed.path}/cdktf.out/local/stacks/{stack}")
        deployed.run(*terraform, "plan", "-destroy", "-out=all.tfplan", **deployed.variables())
        shown = deployed.run(*terraform, "show", "-json", "all.tfplan", **deployed.variables())
        texts[f"plan of {stack}"] = shown.output.encode()
    texts |= {str(path): path.read_bytes() for path in deployed.path.rglob("*") if path.is_file()}
    texts |= deployed.objects()

    # What holds the name of the secret is searched: were it missed, the password would be as well.
    assert {name.split("?")[0] for name, text in texts.items() if secret.encode() in text} >= {
        "local/database.tfstate",
        "plan of database",
        str(deployed.path / ".local" / "logs" / "local" / "database.log"),
    }
    for value in (at_creation, rotated, jwt):
        assert [name for name, text in texts.items() if value.encode() in text] == []


def test_the_archived_command_line_works_on_the_same_state(deployed: Project) -> None:
    cdktf, variables = str(ROOT / "node_modules" / ".bin" / "cdktf"), deployed.variables()
    # Another environment was worked on in the same folder before.
    settings = (deployed.path / "environments" / "local.yaml").read_text()
    (deployed.path / "environments" / "other.yaml").write_text(settings)
    assert deployed.run(sys.executable, "main.py", ENVIRONMENT="other").code == 0
    assert deployed.run("terraform", "-chdir=cdktf.out/stacks/vpc", "init", **variables).code == 0

    diff = deployed.run(cdktf, "diff", "vpc", **variables)
    assert diff.code == 0, diff.output
    assert "found no differences" in diff.output

    deploy = deployed.run(cdktf, "deploy", "iam", "vpc", "database", "--auto-approve", **variables)
    assert deploy.code == 0, deploy.output
    applied = re.findall(r"Resources: (\d+) added, (\d+) changed, (\d+) destroyed", deploy.output)
    assert len(applied) >= 3
    assert set(applied) == {("0", "0", "0")}

    outputs = deployed.path / "outputs.json"
    result = deployed.run(cdktf, "output", "dns", "--outputs-file", outputs.name, **variables)
    assert result.code == 0, result.output
    assert json.loads(outputs.read_text())["dns"]["zone_name_servers"]
    assert deployed.make("plan", STACK="database", DETAILED_EXITCODE="1").code == 0


def test_a_stack_that_others_need_is_not_destroyed(deployed: Project) -> None:
    refused = deployed.make("destroy", STACK="vpc")

    assert refused.code == 1
    assert refused.output == "database depends on vpc and still holds resources: STACK='vpc database'\n"


def test_destroy_leaves_nothing(deployed: Project) -> None:
    destroyed = deployed.make("destroy")

    assert destroyed.code == 0, destroyed.output
    assert "Nothing is left, and the simulated AWS is stopped." in destroyed.output
    assert deployed.processes() == []
    again = deployed.make("destroy")
    assert again.code == 1
    assert "does not run: start it with make deploy" in again.output


def test_every_call_of_this_life_is_among_those_that_the_roles_are_asked_about(project: Project) -> None:
    assert missing(project.path.parent / REQUESTS, load_settings("local")) == [], (
        "tests/iam asks the roles of the pipelines about them. This records them again: "
        "UPDATE_CALLS=1 .venv/bin/python -m pytest tests/e2e/test_lifecycle.py"
    )
