"""Machines for tests: what a test does in one is no business of another."""

from pathlib import Path

import pytest

from tests import machine

pytestmark = pytest.mark.slow


def test_systemd_ends_what_is_its_own_while_another_machine_runs_the_same_unit(tmp_path: Path) -> None:
    base = machine.root()
    with machine.machine(base, tmp_path / "one") as one, machine.machine(base, tmp_path / "two") as two:
        for made in (one, two):
            made.boot()
            made.run("systemd-run", "--unit=same", "sleep", "1000")

        one.run("systemctl", "stop", "same")

        assert "Failed to kill control group" not in one.run("journalctl", "--unit=same", "--output=cat").stdout
        assert two.run("systemctl", "is-active", "same", check=False).stdout == "active\n"
