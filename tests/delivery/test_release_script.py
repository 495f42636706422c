"""A release that is tried, and taken back when it does not answer."""

import json
import re
import subprocess

import pytest

from operations.cluster.programs import carried
from tests.delivery.conftest import APPLICATION, TOLD, A, B, Machine

VALUES = {"host": "api.acme.example", "certificateArn": "arn:aws:acm:x"}
HELM = """
serves() { echo "[{\\"revision\\": \\"$1\\", \\"status\\": \\"deployed\\"}]" >"$RUNNER_TEMP/revisions"; }
case "$*" in
  status*) [[ -z $NEWEST ]] || echo "{\\"info\\": {\\"description\\": \\"$NEWEST\\"}}" ;;
  list*) cat "$RUNNER_TEMP/revisions" 2>/dev/null || echo '[]' ;;
  upgrade*) [[ -z $FAILS ]] || { echo "Error: $FAILS"; exit 1; }; serves 8 ;;
  rollback*) [[ -z $STAYS ]] || exit 1; serves 9 ;;
esac
"""
KUBECTL = """
case "$*" in *configmap*) echo '{text}' ;; *"get events"*|*"get pods"*) echo '{{"items": []}}' ;; esac
"""
CURL = """
echo x >>"$RUNNER_TEMP/asked"
asked=$(wc -l <"$RUNNER_TEMP/asked")
if [[ " $ANSWERS " == *" $asked "* || $ANSWERS == all ]]; then echo "${BODY:-{\\"tags\\":[]\\}}"; else exit 22; fi
"""


def release(
    machine: Machine,
    *,
    before: str = "7",
    values: dict[str, str] | None = None,
    kubectl: str = KUBECTL,
    **variables: str,
) -> subprocess.CompletedProcess[str]:
    text = json.dumps(values or VALUES)
    machine.answers = {"aws": "", "kubectl": kubectl.format(text=text), "helm": HELM, "curl": CURL}
    if before:
        (machine.folder / "revisions").write_text(json.dumps([{"revision": before, "status": "deployed"}]))
    arguments = TOLD | {"ARCHITECTURES": "amd64,arm64"}
    rest = {
        "SMOKE_TRIES": "3",
        "SMOKE_PAUSE": "0",
        "ANSWERS": "all",
        "FAILS": "",
        "STAYS": "",
        "BODY": "",
        "NEWEST": "",
    }
    return machine.run(APPLICATION / "release.sh", **{**arguments, **rest, **variables})


def test_a_release_is_by_digest_with_the_values_of_the_environment(machine: Machine) -> None:
    result = release(machine)

    assert result.returncode == 0, result.stderr
    assert machine.notes("aws eks update-kubeconfig --name realworld-staging")
    assert machine.notes("kubectl --namespace realworld get configmap release-values")
    [upgrade] = machine.notes("helm upgrade realworld-backend helm --install --wait --timeout 900s")
    assert f"--values {machine.folder}/values.json" in upgrade
    assert f"--set-string image=1.ecr/realworld-staging/backend@{A} " in upgrade
    assert "--set architectures={amd64,arm64} " in upgrade
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
    assert "::error::https://api.acme.example/api/tags does not answer: taken back to revision 7" in result.stdout
    assert "### https://api.acme.example/api/tags does not answer: taken back" in machine.text("summary")
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


def test_what_helm_refuses_is_not_asked_and_taken_back(machine: Machine) -> None:
    result = release(machine, FAILS="timed out waiting for the condition")

    assert result.returncode == 1
    assert machine.notes("curl") == []
    summary = machine.text("summary")
    assert "### Not released: the new pods were not ready in time: taken back to revision 7" in summary
    assert "| revision | 7 before, 9 now |" in summary


@pytest.mark.parametrize(
    ("event", "log", "helm", "cause"),
    [
        ('pods "x" is forbidden: exceeded quota: pods', "", "timed out waiting for the condition", "the quota of the"),
        ('Failed to pull image "1.ecr/x": not found', "", "context deadline exceeded", "an image was not found"),
        (
            "Back-off pulling image: ImagePullBackOff",
            "",
            "pre-upgrade hooks failed: timed out",
            "an image was not found",
        ),
        (
            "Job has reached the backoff limit",
            "Error: P3009",
            "pre-upgrade hooks failed: job failed",
            "a migration of an",
        ),
        (
            "Job has reached the backoff limit",
            "Error: P3018",
            "pre-upgrade hooks failed: job failed",
            "the migration failed",
        ),
        (
            "Readiness probe failed: 500",
            "JWT_SECRET is missing",
            "timed out waiting for",
            "the new pods were not ready",
        ),
        ("nothing", "nothing", "chart requires kubeVersion", "helm failed"),
    ],
)
def test_each_cause_is_told_apart_with_what_the_cluster_says(
    machine: Machine, event: str, log: str, helm: str, cause: str
) -> None:
    times = {"lastTimestamp": "2999-01-01T00:00:00Z", "involvedObject": {"kind": "Pod", "name": "x"}}
    old = {**times, "lastTimestamp": "2001-01-01T00:00:00Z", "message": "ErrImagePull of last week"}
    pod = {"metadata": {"name": "new", "creationTimestamp": "2999-01-01T00:00:00Z"}, "status": {"phase": "Pending"}}
    answers = {"get events": [{**times, "message": event}, old], "get pods": [pod]}
    for words, items in answers.items():
        (machine.folder / words).write_text(json.dumps({"items": items}))
    says = f"""*"get events"*) cat "$RUNNER_TEMP/get events" ;; *"get pods"*) cat "$RUNNER_TEMP/get pods" ;;
      *"logs new"*) echo '{log}' ;; *configmap*)"""
    result = release(
        machine, kubectl=KUBECTL.replace("*configmap*)", says.replace("{", "{{").replace("}", "}}"), 1), FAILS=helm
    )

    assert result.returncode == 1
    summary = machine.text("summary")
    assert summary.startswith(f"### Not released: {cause}"), summary
    assert "taken back to revision 7" in summary
    for said in (f"Error: {helm}", f"Pod x: {event}", f"--- new\n{log}"):
        assert said in summary
    assert "last week" not in summary


def test_what_somebody_else_is_at_work_on_is_left_to_him(machine: Machine) -> None:
    assert release(machine, FAILS="another operation (install/upgrade/rollback) is in progress").returncode == 1
    assert machine.notes("helm rollback") == []
    assert "### Not released: somebody else is at work on the release" in machine.text("summary")


@pytest.mark.parametrize(
    ("newest", "attempt", "released"),
    [
        ("commit b of run 13", "1", False),
        ("commit b of run 13", "2", True),
        ("commit b of run 12", "1", True),
        ("commit b of run 9", "1", True),
        ("Rollback to 7", "1", True),
    ],
)
def test_an_older_commit_does_not_overtake_a_newer_one(
    machine: Machine, newest: str, attempt: str, released: bool
) -> None:
    """GitHub promises no order: https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax"""
    assert (release(machine, NEWEST=newest, GITHUB_RUN_ATTEMPT=attempt).returncode == 0) == released
    assert bool(machine.notes("helm upgrade", "of run 12")) == released
    assert ("### Not released: run 13 has released a newer commit" in machine.text("summary")) != released


def test_what_cannot_be_taken_back_is_said(machine: Machine) -> None:
    assert release(machine, ANSWERS="none", STAYS="yes").returncode == 1
    assert "does not answer, and could not be taken back to revision 7" in machine.text("summary")


def test_there_is_a_summary_when_the_cluster_cannot_be_reached(machine: Machine) -> None:
    machine.answers = {"aws": "exit 255", "helm": "exit 1"}

    assert machine.run(APPLICATION / "release.sh", **TOLD).returncode == 255
    assert "### Not released: broken off before helm began" in machine.text("summary")


@pytest.mark.usefixtures("_helm")
def test_the_pinned_helm_has_every_option_that_is_used() -> None:
    text = (APPLICATION / "release.sh").read_text().replace("\\\n", " ")
    for command in ("upgrade", "rollback", "list", "uninstall"):
        options = {
            option
            for line in re.findall(rf"\bhelm {command} ([^|\n]*)", text)
            for option in re.findall(r" (--[a-z-]+)", line)
        }
        shown = subprocess.run([carried("helm"), command, "--help"], capture_output=True, text=True, check=True).stdout
        assert options
        assert options <= set(re.findall(r"(--[a-z-]+)", shown)), command
