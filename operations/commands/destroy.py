"""make destroy: everything, consumers first, the bucket of the states last."""

import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

from rich.console import Console

from operations import LOCAL, OperationError, stays
from operations.cluster import api, drain, kubernetes
from operations.commands import doctor
from operations.context import EMBEDDED, Context, SimulatorUnresponsive, in_shell, open_context, settings_of
from operations.drill import throwaway
from operations.engine import state_bucket
from operations.engine.stacks import APPLY, run_all
from operations.engine.synthesis import Graph, synthesize
from operations.engine.terraform import unlocking
from operations.plans import abandoned
from operations.recovery.recover import recover

STATE = "state"


def destroy(environment: str, names: list[str], console: Console) -> None:
    """Destroy the stacks of an environment. Raises OperationError when that is not allowed, or fails."""
    if not settings_of(environment).allow_destroy:
        raise OperationError(
            f"{environment} is protected: write allow_destroy: true in environments/{environment}.yaml, "
            "deploy that, and destroy it then"
        )
    doctor.require(environment)
    try:
        context = open_context(environment)
    except SimulatorUnresponsive:
        if names:
            raise
        _end_simulator()
        console.print("The simulated AWS did not answer, and is ended with all that was deployed in it.")
        return
    graph = synthesize(environment)
    graph = abandoned.added(context, graph)
    selected = graph.select(names)
    recover(context, graph, selected, console, now=True)
    if state_bucket.exists(context):
        deployed = [stack for stack in selected if (state := state_bucket.read(context, stack)) and state.resources]
        _require_no_locks(context, graph, selected)
        _require_no_readers(context, graph, deployed)
        inside = kubernetes.in_cluster(graph, deployed)
        remove_released = _require_cluster(context, graph, inside, console)
        _require_nothing_stuck(context, graph, [each for each in selected if each not in inside], console)
        if "vpc" in deployed and not inside and (left := drain.in_aws(context)):
            raise drain.refusal(context, left, "nothing was destroyed: these hold the network, and have no controller")
        _confirm(context, selected)
        remove_released()
        gate = kubernetes.gate(context, graph, inside, console, destroying=True)
        for each in throwaway.left(context) if "database" in selected else []:
            console.print(f"This goes first: {each}, of a restore drill")
            throwaway.remove(context, each)
        others = [stack for stack in deployed if stack != STATE]
        run_all(context, graph, others, [*APPLY, "-destroy", "-auto-approve"], console, why_not=gate)
        if STATE in selected:  # one API call made it, and Terraform cannot delete what holds its own state
            if others := state_bucket.others_in_use(context):
                console.print(f"The state bucket stays, because these states need it: {', '.join(others)}")
            else:
                state_bucket.remove(context)
    gone = [stack for stack in selected if stack != STATE or not state_bucket.exists(context)]
    console.print(f"Nothing is deployed any more of: {', '.join(gone)}")
    kept = stays.show(context, selected, console)
    if environment == EMBEDDED and not names:
        _stop_simulator(context, console, kept)


def _require_no_locks(context: Context, graph: Graph, selected: list[str]) -> None:
    """What is being applied may not be in its state yet. With the bucket, every state of the environment would go."""
    environment = context.settings.environment
    stacks = list(graph.dependencies) if STATE in selected else selected
    lines = [
        f"{lock}: wait for its end, or, if nobody works on it any more:\n"
        f"    {unlocking(environment, graph.path(stack), lock.id)}"
        for stack, lock in state_bucket.locked(context, stacks).items()
    ]
    if lines:
        raise OperationError("nothing was destroyed:", *lines)


def _require_no_readers(context: Context, graph: Graph, deployed: list[str]) -> None:
    for stack in deployed:
        for reader in sorted(graph.readers(stack).difference(deployed)):
            if (state := state_bucket.read(context, reader)) and state.resources:
                raise OperationError(f"{reader} depends on {stack} and still holds resources: STACK='{stack} {reader}'")


def _require_cluster(context: Context, graph: Graph, inside: list[str], console: Console) -> Callable[[], None]:
    """Without the API, Terraform would forget releases that go on. Without the controller, a load balancer would stay,
    and the Ingress that has it would keep its namespace from going.

    Returns what removes those that have been released into the namespace of the application.
    """
    if not inside:
        return lambda: None
    environment = context.settings.environment
    try:
        path = api.require(context)
    except api.Unreachable as error:
        raise OperationError(
            f"nothing was destroyed of {', '.join(inside)}: {error}",
            "If the cluster is gone for good, let Terraform forget what was in it, and destroy again:",
            *(f"    {in_shell(environment, *forgetting(graph.path(stack)))}" for stack in inside),
        ) from None
    states = {
        stack: state
        for stack in kubernetes.in_cluster(graph, list(graph.dependencies))
        if (state := state_bucket.read(context, stack))
    }
    # What is in a state and not in the code any more has been handed over, and Terraform only forgets it.
    own = {release for stack in states for release in states[stack].releases & kubernetes.names(context, graph, stack)}
    namespaces = {state.outputs.get("application_namespace") for state in states.values()}
    found = api.load_balanced(context, path, own)
    released = [each for each in found if each.namespace in namespaces]
    if objects := [each for each in found if each not in released]:
        login = f"KUBECONFIG={os.path.relpath(path)}"
        raise OperationError(
            "nothing was destroyed: these have load balancers, and only the controller of addons removes them:",
            *(f"  {each}" for each in objects),
            "Remove them while it runs, and destroy again:",
            *(f"    {in_shell(environment, ' '.join([login, *command]))}" for command in api.removal(objects)),
        )
    for each in released:
        owner = f", of the release {each.release[1]}" if each.release else ""
        console.print(f"This goes first: {each}{owner}")
    return lambda: drain.remove(context, path, released, own, console.print)


def _require_nothing_stuck(context: Context, graph: Graph, others: list[str], console: Console) -> None:
    """A first release that was killed is in no state."""
    left = kubernetes.in_cluster(graph, others)
    if left and api.kubeconfig_of(context) and api.answers(context):
        why_not = kubernetes.gate(context, graph, left, console, destroying=True)
        if reasons := [reason for stack in left if (reason := why_not(stack))]:
            raise OperationError("nothing was destroyed:", *reasons)


def forgetting(directory: Path) -> list[str]:
    terraform = f"terraform -chdir={os.path.relpath(directory)}"
    return [f"{terraform} init -reconfigure >/dev/null", f"{terraform} state list | xargs {terraform} state rm"]


def _confirm(context: Context, selected: list[str]) -> None:
    environment = context.settings.environment
    if environment == EMBEDDED:
        return
    answer = os.environ.get("CONFIRM")
    if answer is None and sys.stdin.isatty():
        account = context.settings.account
        answer = input(f"This destroys {', '.join(selected)} in account {account}. Type {environment} to go on: ")
    if answer != environment:
        raise OperationError(f"nothing was destroyed: type {environment} when asked, or set CONFIRM={environment}")


def _stop_simulator(context: Context, console: Console, kept: set[str]) -> None:
    from simulator.leftovers import leftovers

    assert context.simulator is not None
    if left := [thing for thing in leftovers(context.client) if thing not in kept]:
        raise OperationError("this is left in the simulated AWS:", *(f"  {thing}" for thing in left))
    _end_simulator()
    console.print("Nothing is left, and the simulated AWS is stopped.")


def _end_simulator() -> None:
    from simulator.process import stop

    stop(LOCAL)
    shutil.rmtree(LOCAL / "logs" / EMBEDDED, ignore_errors=True)
