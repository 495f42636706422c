"""A release that is tried, and taken back when it does not answer."""

import json
import re
import subprocess

import pytest

from operations.cluster.programs import carried
from tests.delivery.conftest import APPLICATION, A, B, Machine

VALUES = {"host": "api.acme.example", "certificateArn": "arn:aws:acm:x"}
HELM = """
case "$*" in
  list*) cat "$RUNNER_TEMP/revisions" 2>/dev/null || echo '[]' ;;
  upgrade*) [[ -z $FAILS ]] || exit 1; echo '[{"revision": "8"}]' >"$RUNNER_TEMP/revisions" ;;
  rollback*) echo '[{"revision": "9"}]' >"$RUNNER_TEMP/revisions" ;;
esac
"""
CURL = """
echo x >>"$RUNNER_TEMP/asked"
asked=$(wc -l <"$RUNNER_TEMP/asked")
if [[ " $ANSWERS " == *" $asked "* || $ANSWERS == all ]]; then echo "${BODY:-{\\"tags\\":[]\\}}"; else exit 22; fi
"""


def release(
    machine: Machine, *, before: str = "7", values: dict[str, str] | None = None, **variables: str
) -> subprocess.CompletedProcess[str]:
    text = json.dumps(values or VALUES)
    machine.answers = {"aws": "", "kubectl": f"echo '{text}'", "helm": HELM, "curl": CURL}
    if before:
        (machine.folder / "revisions").write_text(json.dumps([{"revision": before}]))
    arguments = {"CLUSTER": "realworld-staging", "REGISTRY": "1.ecr", "BACKEND": A, "MIGRATOR": B}
    rest = {"SMOKE_TRIES": "3", "SMOKE_PAUSE": "0", "ANSWERS": "all", "FAILS": "", "BODY": ""}
    return machine.run(APPLICATION / "release.sh", **{**arguments, **rest, **variables})


def test_a_release_is_by_digest_with_the_values_of_the_environment(machine: Machine) -> None:
    result = release(machine)

    assert result.returncode == 0, result.stderr
    assert machine.notes("aws eks update-kubeconfig --name realworld-staging")
    assert machine.notes("kubectl --namespace realworld get configmap release-values")
    [upgrade] = machine.notes("helm upgrade realworld-backend helm --install --atomic --timeout 15m")
    assert f"--values {machine.folder}/values.json" in upgrade
    assert f"--set-string image=1.ecr/realworld-staging/backend@{A} " in upgrade
    assert upgrade.endswith(f"--set-string migration.image=1.ecr/realworld-staging/backend-migrator@{B}")
    assert json.loads(machine.text("values.json")) == VALUES
    assert machine.notes("helm rollback") == []
    assert machine.text("output") == "url=https://api.acme.example\n"
    summary = machine.text("summary")
    for said in ("### Released", "| revision | 7 before, 8 now |", f"| backend | `{A}` |", "https://api.acme.example"):
        assert said in summary


def test_without_a_certificate_the_address_is_plain(machine: Machine) -> None:
    release(machine, values={"host": "api.acme.example", "certificateArn": ""})

    assert machine.notes("curl", "http://api.acme.example/api/tags")


def test_an_api_that_does_not_answer_is_taken_back(machine: Machine) -> None:
    result = release(machine, ANSWERS="none")

    assert result.returncode == 1
    assert machine.notes("helm rollback realworld-backend 7 --wait")
    assert "going back to revision 7" in result.stdout
    assert "### Taken back to revision 7" in machine.text("summary")
    assert len(machine.notes("curl")) == 3


@pytest.mark.parametrize("body", ["<html>503</html>", '{"errors": {}}', '{"tags": null}'])
def test_an_answer_that_is_no_list_of_tags_is_none(machine: Machine, body: str) -> None:
    assert release(machine, BODY=body).returncode == 1
    assert machine.notes("helm rollback")


def test_one_pod_that_answers_is_not_enough(machine: Machine) -> None:
    """Of the first five questions every other one is answered."""
    assert release(machine, ANSWERS="1 3 5").returncode == 1
    assert machine.notes("helm rollback")


def test_a_load_balancer_that_takes_its_time_is_waited_for(machine: Machine) -> None:
    assert release(machine, ANSWERS="3 4 5").returncode == 0
    assert machine.notes("helm rollback") == []


def test_a_first_release_has_nothing_to_go_back_to(machine: Machine) -> None:
    result = release(machine, before="", ANSWERS="none")

    assert result.returncode == 1
    assert machine.notes("helm rollback") == []
    assert "no revision before this one" in result.stdout


def test_what_helm_takes_back_is_not_asked(machine: Machine) -> None:
    result = release(machine, FAILS="yes")

    assert result.returncode == 1
    assert machine.notes("curl") == []
    assert "### Not released" in machine.text("summary")
    assert "| revision | 7 before, 7 now |" in machine.text("summary")


@pytest.mark.usefixtures("_helm")
def test_the_pinned_helm_has_every_option_that_is_used() -> None:
    text = (APPLICATION / "release.sh").read_text().replace("\\\n", " ")
    for command in ("upgrade", "rollback", "list"):
        [line] = re.findall(rf"\bhelm {command} ([^|\n]*)", text)
        options = set(re.findall(r" (--[a-z-]+)", line))
        shown = subprocess.run([carried("helm"), command, "--help"], capture_output=True, text=True, check=True).stdout
        assert options
        assert options <= set(re.findall(r"(--[a-z-]+)", shown)), command
