"""What happens to the other stacks when one fails, and to all of them on Ctrl-C: with the real Terraform."""

import io
import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from rich.console import Console

from operations import OperationError
from operations.context import Context
from operations.engine.stacks import Interrupted, run_all
from operations.engine.synthesis import Graph
from operations.engine.terraform import Terraform
from tests.operations.conftest import Stacks, runs

pytestmark = pytest.mark.slow
APPLY = ["apply", "-auto-approve", "-lock-timeout=5s"]


def apply(context: Context, graph: Graph, arguments: list[str] = APPLY) -> tuple[str, dict[str, dict[str, str]]]:
    """What was printed, and the changes of each stack. Fails as run_all does, with what was printed as a note."""
    console = Console(file=io.StringIO(), width=200)
    try:
        outcomes, _ = run_all(context, graph, graph.dependencies, arguments, console)
    except OperationError as error:
        error.add_note(console.file.getvalue())  # type: ignore[attr-defined]
        raise
    return console.file.getvalue(), {stack: outcome.changes for stack, outcome in outcomes.items()}  # type: ignore[attr-defined]


def locks(context: Context) -> list[str]:
    found = context.client("s3").list_objects_v2(Bucket=context.settings.names.state_bucket).get("Contents", [])
    return [each["Key"] for each in found if each["Key"].endswith(".tflock")]


def test_a_failed_stack_stops_its_dependents_and_not_its_siblings(
    context: Context, stacks: Stacks, tmp_path: Path
) -> None:
    flag = tmp_path / "flag"
    graph = stacks(
        depends_on={"child": {"broken"}, "grandchild": {"child"}},
        broken=runs(f"test -e {flag}"),
        child=runs("true"),
        grandchild=runs("true"),
        sibling=runs("sleep 1"),
    )

    with pytest.raises(OperationError) as error:
        apply(context, graph)

    assert str(error.value) == (
        "failed: broken; skipped because of that: child, grandchild. Run the same command again to go on."
    )
    [printed] = error.value.__notes__
    assert "local-exec provisioner error (terraform_data.made)" in printed
    assert f"broken failed (all of it: {tmp_path / '.local' / 'logs' / 'local' / 'broken.log'})" in printed

    flag.touch()
    _, changes = apply(context, graph)

    assert changes == {
        "broken": {"terraform_data.made": "replace"},  # it was made, and then its command failed
        "child": {"terraform_data.made": "create"},
        "grandchild": {"terraform_data.made": "create"},
        "sibling": {},
    }


def test_what_is_only_forgotten_is_a_change_and_goes_on(context: Context, stacks: Stacks) -> None:
    graph = stacks(one={"made": {}})
    apply(context, graph)
    path = graph.path("one") / "cdk.tf.json"
    template = json.loads(path.read_text())
    del template["resource"]
    removed = [{"from": "terraform_data.made", "lifecycle": {"destroy": False}}]
    path.write_text(json.dumps({**template, "removed": removed}))

    _, changes = apply(context, graph)

    assert changes == {"one": {"terraform_data.made": "forget"}}


def interrupting(started: Path, *signals: signal.Signals) -> threading.Thread:
    """Send these signals to this process, one after the other, once the file is there."""

    def send() -> None:
        while not started.exists():
            time.sleep(0.05)
        for number in signals:
            os.kill(os.getpid(), number)
            time.sleep(0.2)

    thread = threading.Thread(target=send)
    thread.start()
    return thread


def test_ctrl_c_lets_what_runs_finish_and_begins_nothing(context: Context, stacks: Stacks, tmp_path: Path) -> None:
    started = tmp_path / "started"
    graph = stacks(depends_on={"reader": {"slow"}}, slow=runs(f"touch {started}; sleep 1"), reader=runs("true"))

    thread = interrupting(started, signal.SIGINT)
    with pytest.raises(Interrupted) as error:
        apply(context, graph)
    thread.join()

    assert str(error.value) == "stopped before reader: no lock is held. Run the same command again to go on."
    assert "Stopping: waiting for slow to finish. Ctrl-C again interrupts Terraform." in error.value.__notes__[0]
    assert locks(context) == []
    _, changes = apply(context, graph)
    assert changes == {"slow": {}, "reader": {"terraform_data.made": "create"}}


@pytest.mark.parametrize("signals", [[signal.SIGINT, signal.SIGINT], [signal.SIGTERM]], ids=["twice", "SIGTERM"])
def test_when_it_is_urgent_terraform_is_interrupted_and_gives_its_lock_back(
    context: Context, stacks: Stacks, tmp_path: Path, signals: list[signal.Signals]
) -> None:
    started = tmp_path / "started"
    graph = stacks(
        depends_on={"reader": {"slow"}},
        slow={"first": {}, **runs(f"touch {started}; test -e {tmp_path}/again || sleep 60")},
        reader=runs("true"),
    )

    thread = interrupting(started, *signals)
    began = time.monotonic()
    with pytest.raises(Interrupted, match="interrupted: no lock is held"):
        apply(context, graph)
    thread.join()

    assert time.monotonic() - began < 30
    assert locks(context) == []
    processes = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    assert str(tmp_path) not in processes
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler

    (tmp_path / "again").touch()
    _, changes = apply(context, graph)
    assert "terraform_data.first" not in changes["slow"], "what was done before the signal is done"
    assert changes["reader"] == {"terraform_data.made": "create"}


def test_an_impatient_ctrl_c_is_sent_on_once(context: Context, stacks: Stacks, tmp_path: Path) -> None:
    """Terraform drops everything at a second signal, and keeps its lock."""
    received = tmp_path / "received"
    script = (
        "import signal, time\nsignal.signal(2, lambda *_: open(PATH, 'a').write('x'))\nopen(PATH, 'w')\ntime.sleep(1)"
    )
    terraform = Terraform(context)
    with subprocess.Popen([sys.executable, "-c", script.replace("PATH", repr(str(received)))]) as process:
        terraform._running.add(process)
        while not received.exists():
            time.sleep(0.05)
        terraform.interrupt()
        time.sleep(0.2)
        terraform.interrupt()

    assert received.read_text() == "x"
    assert not terraform.run(stacks(one={}).path("one"), APPLY).succeeded, "nothing starts after a signal"


def test_what_terraform_says_outside_of_its_protocol_is_shown(context: Context, stacks: Stacks) -> None:
    graph = stacks(one=runs("true"))
    with pytest.raises(OperationError) as error:
        apply(context, graph, ["apply", "-no-such-option"])
    assert "flag provided but not defined: -no-such-option" in error.value.__notes__[0]


def test_a_lock_of_somebody_else_is_explained(context: Context, stacks: Stacks) -> None:
    graph = stacks(one=runs("true"))
    key = f"{graph.directory.name}/one.tfstate.tflock"
    info = '{"ID": "11111111-2222-3333-4444-555555555555", "Operation": "OperationTypeApply", "Who": "ana@laptop"}'
    context.client("s3").put_object(Bucket=context.settings.names.state_bucket, Key=key, Body=info)

    with pytest.raises(OperationError) as error:
        apply(context, graph, ["apply", "-auto-approve", "-lock-timeout=1s"])

    [printed] = error.value.__notes__
    assert "ana@laptop" in printed
    assert (
        f"terraform -chdir={os.path.relpath(graph.path('one'))} force-unlock 11111111-2222-3333-4444-555555555555"
        in printed
    )


def test_a_stack_is_initialised_once_for_a_backend(context: Context, stacks: Stacks) -> None:
    graph = stacks(one={"first": {}})
    apply(context, graph)
    apply(context, graph)

    log = (graph.directory / ".local" / "logs" / "local" / "one.log").read_text()
    assert log.count("# terraform init") == 1

    template = graph.path("one") / "cdk.tf.json"
    template.write_text(template.read_text().replace("one.tfstate", "two.tfstate"))
    _, changes = apply(context, graph)
    assert changes == {"one": {"terraform_data.first": "create"}}


def test_what_an_init_that_was_cut_off_left_is_written_again(context: Context, stacks: Stacks) -> None:
    graph = stacks(one={"first": {}})
    (graph.path("one") / ".terraform").mkdir()
    (graph.path("one") / ".terraform" / "terraform.tfstate").write_text("")  # as on a full disk

    assert apply(context, graph)[1] == {"one": {"terraform_data.first": "create"}}
