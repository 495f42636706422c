"""Whatever is killed, the same command goes on from there: with the real Terraform, its locks and its states."""

import json
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from operations.context import exports
from tests.conftest import wait
from tests.operations.conftest import runs as provisioned
from tests.operations.recovery.conftest import NOTHING, Life

pytestmark = pytest.mark.slow


def slow(folder: Path, seconds: float) -> dict[str, object]:
    """A resource that takes this long, once, and notes each time that it is made."""
    return provisioned(f"echo made >>{folder}/made; test -e {folder}/again || sleep {seconds}")


def made(folder: Path) -> int:
    path = folder / "made"
    return len(path.read_text().splitlines()) if path.exists() else 0


def test_terraform_outlives_its_command_and_the_next_one_waits_for_it(life: Life) -> None:
    life.write(one=slow(life.folder, 25))
    with life.start() as process:
        run = life.applying()
        pid = run.pid
        assert wait(lambda: made(life.folder) == 1)
        process.kill()
    assert run.lives()

    printed = life.repeat()

    assert "Waiting for terraform apply -auto-approve -lock-timeout=5s on one" in printed
    assert f"as process {pid}\n" in printed
    assert made(life.folder) == 1
    assert NOTHING in life.changes()
    assert (life.left(), life.locks()) == ([], [])


@pytest.mark.parametrize("whole_group", [False, True], ids=["terraform", "group"])
def test_a_lock_of_a_dead_terraform_is_released_and_nothing_of_it_lives_on(life: Life, whole_group: bool) -> None:
    life.write(one={"first": {}, **slow(life.folder, 3600)})
    with life.start() as process:
        run = life.applying()
        assert wait(lambda: made(life.folder) == 1)
        pid = run.pid
        assert pid is not None
        if whole_group:
            process.kill()
            os.killpg(pid, signal.SIGKILL)
        else:
            os.kill(pid, signal.SIGKILL)  # the command in sleep goes on, as providers do
            process.communicate(timeout=30)
            assert process.returncode == 1
    [lock] = life.locks()
    assert run.locked_with(lock)

    (life.folder / "again").touch()
    printed = life.repeat()

    assert f"Released the lock of {life.context.settings.environment}/one.tfstate" in printed
    assert (life.left(), life.locks()) == ([], [])
    assert wait(lambda: not lives(pid), 10)


def lives(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_closed_terminal_interrupts_in_order(life: Life) -> None:
    life.write(one={"first": {}, **slow(life.folder, 3600)})
    with life.start() as process:
        life.applying()
        assert wait(lambda: made(life.folder) == 1)
        process.send_signal(signal.SIGHUP)
        printed = process.communicate(timeout=30)[0]

    assert process.returncode == 1
    assert "interrupted: no lock is held. Run the same command again to go on." in printed
    assert life.locks() == []


def test_a_lock_of_somebody_else_stays_and_what_is_printed_releases_it(life: Life, tmp_path: Path) -> None:
    """Even one of the same person on the same machine, in another clone: the id is what counts."""
    life.write(one=slow(life.folder, 3600))
    with life.start() as process:
        run = life.applying()
        assert wait(lambda: made(life.folder) == 1)
        assert run.pid is not None
        process.kill()
        os.killpg(run.pid, signal.SIGKILL)
    s3, bucket = life.context.client("s3"), life.context.settings.names.state_bucket
    key = f"{life.context.settings.environment}/one.tfstate.tflock"
    info = json.loads(s3.get_object(Bucket=bucket, Key=key)["Body"].read())
    other = info | {"ID": "11111111-2222-3333-4444-555555555555"}
    s3.put_object(Bucket=bucket, Key=key, Body=json.dumps(other))

    (life.folder / "again").touch()
    with life.start() as process:
        printed = process.communicate(timeout=60)[0]
    assert process.returncode == 1
    assert life.locks() == [other["ID"]]
    [named] = [line for line in printed.splitlines() if ".tfstate is locked by" in line]
    assert info["Who"] in named
    command = next(line.strip() for line in printed.splitlines() if "force-unlock" in line)

    make = tmp_path / "bin" / "make"  # make env would look for the simulator of the clone
    make.parent.mkdir()
    make.write_text(f"#!/bin/sh\ncat <<'EOF'\n{exports(life.context)}\nEOF\n")
    make.chmod(0o755)
    shell = {"PATH": f"{make.parent}:{os.environ['PATH']}", "HOME": str(tmp_path)}
    done = subprocess.run(["sh", "-c", command], env=shell, input="yes\n", capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert life.locks() == []
    life.repeat()


def fill(disk: Path) -> None:
    subprocess.run(["dd", "if=/dev/zero", f"of={disk}/full", "bs=4k"], capture_output=True, check=False)


def test_a_full_disk_stops_nothing_that_has_begun(life: Life) -> None:
    disk = life.folder / ".local"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(disk)], check=False).returncode != 0:
        pytest.skip("only root may mount a file system")
    try:
        life.write(one=slow(life.folder, 3))
        with life.start() as process:
            life.applying()
            assert wait(lambda: made(life.folder) == 1)
            fill(disk)
            printed = process.communicate(timeout=60)[0]
        assert process.returncode == 0, printed
        fill(disk)
        with life.start() as process:
            printed = process.communicate(timeout=60)[0]
        assert process.returncode == 1
        assert "No space left on device. Nothing was begun." in printed
        (disk / "full").unlink()
        life.repeat()
    finally:
        time.sleep(0.2)
        subprocess.run(["umount", str(disk)], check=True)
    assert made(life.folder) == 1
    assert life.locks() == []
