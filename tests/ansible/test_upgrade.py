"""From one release to the next, and every way in which that can fail. On one machine, in this order."""

import math
import re
import threading
import time
from typing import Any

import pytest

from tests.ansible.conftest import Host, Run, release, wait

pytestmark = pytest.mark.slow

OLD, NEW = "2.338.0", "2.339.0"
JOB = "until [[ -e /opt/actions-runner/go ]]; do sleep 0.2; done; echo whole"


@pytest.fixture(scope="module")
def running(host: Host) -> Host:
    """A runner of the old release that waits for jobs, and a newer release that can be had."""
    host.write_token("CANARYOFTHEUPGRADE000")
    run = host.play()
    assert run.code == 0, run.text
    return host


def still_works(host: Host) -> None:
    """The old runner waits and takes a job, and nothing of a new one lies about."""
    assert host.releases() == (OLD, [OLD])
    job = host.finished("echo works")
    assert (job.result, job.asked["version"]) == ("succeeded", OLD)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"github_runner_checksums": {"x64": "0" * 64, "arm64": "0" * 64}}, "did not match"),
        ({"github_runner_version": "2.399.0"}, "HTTP Error 404"),
        ({"github_runner_download_url": "http://127.0.0.1:9"}, "Connection refused"),
    ],
    ids=["another sum", "no such release", "nobody answers"],
)
def test_an_archive_that_cannot_be_had_leaves_the_old_runner(
    running: Host, wrong: dict[str, Any], message: str
) -> None:
    run = running.play(**release(running.github, NEW) | wrong)

    assert run.code == 2
    assert message in run.words
    still_works(running)


def test_without_a_token_for_the_new_one_the_old_one_goes_on(running: Host) -> None:
    wait(lambda: running.state() == "active", running.journal())
    began = time.monotonic()
    running.write_token("CANARYTHATISTOOOLD000", minutes_old=70)

    run = running.play(**release(running.github, NEW))

    assert run.code == 2
    latest = 70 + math.ceil((time.monotonic() - began) / 60)  # it grows older while Ansible works
    [age] = set(re.findall(r"the token is (\d+) minutes old and has expired", run.words)) or [run.text]
    assert 70 <= int(age) <= latest
    assert running.state() == "active"
    assert running.releases() == (OLD, [OLD, NEW])


def test_a_runner_that_cannot_register_again_is_no_success(running: Host) -> None:
    assert running.finished("true").result == "succeeded"
    wait(lambda: running.state() == "activating", running.journal())

    run = running.play()

    assert run.code == 2
    assert "The runner is installed, but it did not start" in run.words
    running.write_token("CANARYOFTHEUPGRADE000")


def test_a_job_that_runs_during_an_upgrade_is_not_cut(running: Host) -> None:
    runs: list[Run] = []
    upgrade = threading.Thread(target=lambda: runs.append(running.play(**release(running.github, NEW))))
    job = running.job(JOB)
    upgrade.start()
    wait(lambda: running.state() == "deactivating", "it does not stop")
    running.machine.run("sleep", "3")
    assert (running.state(), job.result) == ("deactivating", None)

    running.machine.run("touch", "/opt/actions-runner/go")
    upgrade.join()
    running.machine.run("rm", "/opt/actions-runner/go")

    assert runs[0].code == 0, runs[0].text
    assert (job.result, job.output, job.asked["version"]) == ("succeeded", "whole\n", OLD)
    assert running.releases() == (NEW, [NEW])
    assert running.finished("true").asked["version"] == NEW


def test_a_release_that_github_refuses_stops_and_says_so(running: Host) -> None:
    running.github.refused_versions.add(NEW)
    wait(lambda: running.state() == "failed", running.journal())

    assert "status=7" in running.journal()
    restarts = running.state(of="NRestarts")
    running.machine.run("sleep", "3")
    assert running.state(of="NRestarts") == restarts


def test_the_next_release_gets_it_going_again_and_other_values_as_well(running: Host) -> None:
    newest = release(running.github, "2.340.0") | {"github_runner_labels": ["other"]}
    run = running.play(**newest)
    assert run.code == 0, run.text
    assert running.finished("true").asked["labels"] == "other"
    wait(lambda: running.state() == "active", running.journal())

    run = running.play(**newest | {"github_runner_labels": ["third"]})

    assert run.code == 0, run.text
    assert running.finished("true").asked["labels"] == "third"
