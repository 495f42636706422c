"""The role on a machine that boots: from nothing to a runner, its jobs, and back to nothing. In this order."""

import re
from typing import Any

import pytest

from tests.ansible.conftest import Host, wait

pytestmark = pytest.mark.slow

TOKENS = ("CANARYOFTHEFIRSTJOB01", "CANARYOFTHESECONDJOB2")
UNITS = ("/etc/systemd/system/github-runner.service", "/etc/systemd/system/github-runner-token.service")
FILES = (
    *UNITS,
    *("/etc/systemd/journald.conf.d/github-runner.conf", "/etc/tmpfiles.d/github-runner.conf"),
    *("/opt/actions-runner", "/run/github-runner", "/var/log/github-runner"),
)
LEFT = "/tmp/left /var/tmp/left /dev/shm/left $HOME/left ../left ./left"


def traces(host: Host) -> list[str]:
    """What of a runner there is."""
    found = host.machine.run("sh", "-c", f"ls -d {' '.join(FILES)}; getent passwd github-runner", check=False)
    return found.stdout.split()


@pytest.mark.parametrize(
    ("wrong", "advice"),
    [
        ({"github_runner_state": "gone"}, "value of github_runner_state must be one of: present, absent, got: gone"),
        ({"github_runner_labels": {"a": 1}}, "argument 'github_runner_labels' is of type dict"),
        ({"github_runner_pause_seconds": "soon"}, "argument 'github_runner_pause_seconds' is of type str"),
        (
            {"github_runner_checksums": {"amd64": "0" * 64}},
            "github_runner_checksums.amd64. Supported parameters include: arm64",
        ),
        ({"github_runner_url": "realworld-inc"}, "write https://github.com/<organization> or https://github.com/"),
        ({"github_runner_name": "a name"}, "are of letters, digits and . _ - only"),
        ({"github_runner_labels": ["a,b"]}, "are of letters, digits and . _ - only"),
        ({"github_runner_version": "2.328.0"}, "GitHub registers 2.329.0 and later. Write the newest of"),
        ({"github_runner_version": "latest"}, "github_runner_version = latest is too old, or no release"),
        ({"github_runner_checksums": {"x64": "", "arm64": ""}}, "is no SHA-256 sum: take it from the notes of release"),
    ],
)
def test_a_wrong_value_is_refused_before_anything_is_done(host: Host, wrong: dict[str, Any], advice: str) -> None:
    run = host.play(**wrong)

    assert advice in run.words
    assert (run.code, run.changed) == (2, 0)


@pytest.mark.parametrize("left_out", ["url", "token_parameter", "aws_region"])
def test_what_has_no_default_has_to_be_there(host: Host, left_out: str) -> None:
    run = host.play(**{f"github_runner_{left_out}": None})

    assert f"github_runner_{left_out}" in run.words
    assert (run.code, run.changed) == (2, 0)


def test_a_dry_run_on_an_empty_machine_foresees_and_does_nothing(host: Host) -> None:
    run = host.play("--check")

    assert run.code == 0, run.text
    assert run.changed > 10
    assert traces(host) == []


def test_without_a_token_it_says_which_one_is_missing_and_who_writes_it(host: Host) -> None:
    run = host.play()

    assert run.code == 2
    assert "The runner is installed, but it did not start. It tries again every 1 seconds." in run.words
    assert "ParameterNotFound" in run.words
    host.write_token("none")
    expected = "/realworld-test/runner/registration-token in eu-test-1: no token has been written yet"
    wait(lambda: expected in host.journal(), host.journal())
    host.write_token("CANARYTHATISTOOOLD000", minutes_old=70)
    expected = "the token is 70 minutes old and has expired: look why the workflow runner-token does not run"
    wait(lambda: expected in host.journal(), host.journal())
    assert host.github.runners == []


def test_it_tries_again_with_a_pause_until_there_is_one(host: Host) -> None:
    tries = int(host.state(of="NRestarts"))
    host.machine.run("sleep", "5")
    assert 0 < int(host.state(of="NRestarts")) - tries <= 5

    host.github.on_registration = lambda: processes.append(host.machine.run("ps", "axww", "-o", "args").stdout)
    processes: list[str] = []
    host.write_token(TOKENS[0])
    wait(lambda: host.state() == "active", host.journal())
    [listing] = processes
    assert "config" in listing
    assert TOKENS[0] not in listing


def test_a_run_on_what_is_as_it_should_be_changes_nothing(host: Host) -> None:
    for arguments in ([], ["--check", "--diff"]):
        run = host.play(*arguments)
        assert (run.code, run.changed) == (0, 0), run.text
    assert len(host.github.runners) == 1


def test_it_registers_for_one_job_under_its_name_labels_and_group(host: Host) -> None:
    asked = dict(host.github.runners[0].asked)

    assert asked.pop("token") == TOKENS[0]
    assert asked == {
        "version": "2.338.0",
        "unattended": True,
        "ephemeral": True,
        "disableupdate": True,
        "replace": True,
        "url": "https://github.com/realworld-inc",
        "name": "realworld-test-runner",
        "labels": "realworld-test",
        "runnergroup": "Default",
        "work": "_work",
    }


def test_a_job_has_its_tools_and_nothing_of_the_host(host: Host) -> None:
    script = f"""
    for tool in git jq tar gzip unzip make curl python3; do command -v $tool; done >/dev/null
    python3 -m venv venv
    id --user --name
    env
    grep -E 'CapEff|NoNewPrivs' /proc/self/status
    refused() {{ if "$@" 2>/dev/null; then echo "not refused: $*"; exit 1; fi; }}
    for file in /run/github-runner/token.env /run/github-runner /var/log/github-runner /root /run/dbus/system_bus_socket
    do
      refused ls $file
    done
    for file in /opt/actions-runner/2.338.0/run.sh ../bin/Runner.Listener /opt/actions-runner/current /etc/passwd; do
      refused bash -c "echo >>$file"
    done
    refused rm -rf /opt/actions-runner/2.338.0
    refused unshare --user true
    refused systemd-run true
    (setsid sleep 1000 >/dev/null 2>&1 &)
    for file in {LEFT}; do echo >$file; done
    """
    job = host.finished(script)

    assert job.result == "succeeded", job.output
    assert job.output.splitlines()[0] == "github-runner"
    assert re.findall(r"(?:CapEff|NoNewPrivs):\s+(\w+)", job.output) == ["0" * 16, "1"]
    assert not re.search("token|AWS_", job.output, re.I)


def test_the_next_job_finds_nothing_of_the_one_before_and_its_runner_used_a_new_token(host: Host) -> None:
    wait(lambda: len(host.github.runners) == 2, host.journal())
    host.write_token(TOKENS[1])
    host.finished("true")  # the runner that waits has the token of the first one
    job = host.finished(f"ls -d {LEFT} 2>/dev/null || :; pgrep -x sleep || :; [[ -f ../.credentials ]]")

    assert (job.result, job.output) == ("succeeded", "")
    assert job.asked["token"] == TOKENS[1]
    assert not any(runner.listed for runner in host.github.runners[:3])


def test_logs_are_kept_for_two_weeks(host: Host) -> None:
    logs = "/var/log/github-runner"
    kept = host.machine.run("ls", logs).stdout.split()
    assert len(kept) >= 2
    host.machine.run("touch", "--date=15 days ago", f"{logs}/{kept[0]}")
    host.machine.run("touch", "--date=13 days ago", f"{logs}/{kept[1]}")

    host.machine.run("systemd-tmpfiles", "--clean")

    assert set(kept) - set(host.machine.run("ls", logs).stdout.split()) == {kept[0]}


def test_security_updates_are_installed_without_a_hand(host: Host) -> None:
    assert 'APT::Periodic::Unattended-Upgrade "1";' in host.machine.run("apt-config", "dump").stdout


def test_the_metadata_service_is_out_of_reach_for_jobs(host: Host) -> None:
    assert set(host.state(of="IPAddressDeny").split()) == {"169.254.169.254/32", "fd00:ec2::254/128"}
    connect = "timeout 3 bash -c 'exec 3<>/dev/tcp/169.254.169.254/80'"
    if host.machine.run("sh", "-c", connect, check=False).returncode:
        pytest.skip("there is no 169.254.169.254 here that could be out of reach: only the unit was read")

    assert host.finished(connect).result == "failed"


def test_the_unit_leaves_little_to_attack(host: Host) -> None:
    for unit, most in {"github-runner": 1.5, "github-runner-token": 2.0}.items():
        report = host.machine.run("systemd-analyze", "security", "--no-pager", f"{unit}.service").stdout
        [exposure] = re.findall(r"Overall exposure level for \S+: ([\d.]+)", report)
        assert float(exposure) <= most, report
    host.machine.run("systemd-analyze", "verify", *UNITS)


def test_no_token_is_on_the_disk_in_the_journal_in_a_process_or_in_what_ansible_said(host: Host) -> None:
    wait(lambda: host.state() == "active", host.journal())
    environments = host.machine.run("sh", "-c", "cat /proc/[0-9]*/environ /proc/[0-9]*/cmdline | tr '\\0' '\\n'").stdout
    assert "github-runner" in environments
    said = "".join(run.text for run in host.runs)
    texts = [environments, said, host.journal(), host.machine.run("journalctl", "-o", "export", "--no-pager").stdout]
    texts.append(host.machine.run("systemctl", "show", "github-runner", "github-runner-token").stdout)
    for token in TOKENS:
        assert not [text for text in texts if token in text]
        found = host.machine.run(
            *("grep", "--recursive", "--files-with-matches", token, "/opt", "/etc", "/var", "/root", "/tmp", "/home"),
            *("/run/github-runner", "/run/systemd", "/dev/shm"),
            check=False,
        )
        assert found.stdout == ""


def test_removal_waits_takes_the_runner_out_of_github_and_leaves_nothing(host: Host) -> None:
    assert [runner.listed for runner in host.github.runners][-1]
    foreseen = host.play("--check", github_runner_state="absent")
    assert (foreseen.code, traces(host) != []) == (0, True), foreseen.text

    run = host.play(github_runner_state="absent")

    assert run.code == 0, run.text
    assert not any(runner.listed for runner in host.github.runners)
    assert traces(host) == []
    assert host.machine.run("sh", "-c", "systemctl list-unit-files | grep github", check=False).stdout == ""
    again = host.play(github_runner_state="absent")
    assert (again.code, again.changed) == (0, 0), again.text
