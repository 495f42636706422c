"""make destroy: everything, consumers first, the bucket of the states last."""

import json
import os
import shutil
import sys
import tempfile
from pathlib import Path

from rich.console import Console

from operations import LOCAL, OperationError, doctor, state_bucket
from operations.context import EMBEDDED, Context, open_context
from operations.stacks import run_all
from operations.synthesis import Graph, synthesize
from operations.terraform import LOCK_TIMEOUT

STATE = "state"


def destroy(environment: str, names: list[str], console: Console) -> None:
    """Destroy the stacks of an environment. Raises OperationError when that is not allowed, or fails."""
    doctor.require(environment)
    context = open_context(environment)
    if not context.settings.allow_destroy:
        raise OperationError(
            f"{environment} is protected: write allow_destroy: true in environments/{environment}.yaml, "
            "deploy that, and destroy it then"
        )
    graph = synthesize(environment)
    selected = graph.select(names)
    if state_bucket.exists(context):
        deployed = [stack for stack in selected if (state := state_bucket.read(context, stack)) and state.resources]
        _require_no_readers(context, graph, deployed)
        _confirm(context, deployed)
        _destroy_stacks(context, graph, [stack for stack in deployed if stack != STATE], console)
        if STATE in selected:
            _destroy_state(context, graph, console)
    if environment == EMBEDDED and not names:
        _stop_simulator(context, console)
    console.print(f"Destroyed: {', '.join(selected)}", highlight=False)


def _require_no_readers(context: Context, graph: Graph, deployed: list[str]) -> None:
    for stack in deployed:
        for reader in sorted(graph.readers(stack).difference(deployed)):
            if (state := state_bucket.read(context, reader)) and state.resources:
                raise OperationError(f"{reader} needs {stack} and still holds resources: STACK='{stack} {reader}'")


def _confirm(context: Context, deployed: list[str]) -> None:
    environment = context.settings.environment
    if environment == EMBEDDED or not deployed:
        return
    answer = os.environ.get("CONFIRM")
    if answer is None and sys.stdin.isatty():
        account = context.settings.account
        answer = input(f"This destroys {', '.join(deployed)} in account {account}. Type {environment} to go on: ")
    if answer != environment:
        raise OperationError(f"nothing was destroyed: type {environment} when asked, or set CONFIRM={environment}")


def _destroy_stacks(context: Context, graph: Graph, stacks: list[str], console: Console) -> None:
    run_all(
        context,
        graph,
        {stack: graph.readers(stack) for stack in stacks},
        ["apply", "-destroy", "-auto-approve", f"-lock-timeout={LOCK_TIMEOUT}"],
        verb="destroying",
        console=console,
    )


def _destroy_state(context: Context, graph: Graph, console: Console) -> None:
    """Take the state of the bucket out of the bucket, and then the bucket down.

    Whatever interrupts this, the bucket is still there or everything is gone: the bucket can be adopted again.
    """
    others = state_bucket.others_in_use(context)
    if others:
        console.print(f"The state bucket stays, because it is in use: {', '.join(others)}", highlight=False)
        return
    with tempfile.TemporaryDirectory() as folder:
        directory = Path(folder) / "stacks" / STATE
        directory.mkdir(parents=True)
        template = json.loads((graph.path(STATE) / "cdk.tf.json").read_text(encoding="utf-8"))
        # Adopting it into a fresh local state is what the first deploy does as well: no state has to be moved.
        template["terraform"]["backend"] = {"local": {}}
        (directory / "cdk.tf.json").write_text(json.dumps(template), encoding="utf-8")
        here = Graph(Path(folder), {STATE: frozenset()})
        lock = f"-lock-timeout={LOCK_TIMEOUT}"
        run_all(context, here, here.needs, ["apply", "-auto-approve", lock], verb="adopting", console=console)
        state_bucket.empty(context)
        run_all(
            context, here, here.needs, ["apply", "-destroy", "-auto-approve", lock], verb="destroying", console=console
        )


def _stop_simulator(context: Context, console: Console) -> None:
    from simulator.leftovers import leftovers
    from simulator.process import stop

    assert context.simulator is not None
    left = leftovers(context.client)
    if left:
        raise OperationError("\n".join(["this is left in the simulated AWS:", *(f"  {thing}" for thing in left)]))
    stop(LOCAL)
    shutil.rmtree(LOCAL / "logs" / EMBEDDED, ignore_errors=True)
    console.print("Nothing is left, and the simulated AWS is stopped.", highlight=False)
