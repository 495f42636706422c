"""make deploy: everything, in order, as often as you like."""

import time
from pathlib import Path
from typing import Any

from rich.console import Console

from operations import OperationError, preflight
from operations.checks import refuse
from operations.cluster import api, kubernetes
from operations.commands import doctor
from operations.context import EMBEDDED, Context, open_context
from operations.engine import state_bucket
from operations.engine.progress import Row
from operations.engine.stacks import APPLY, run_all
from operations.engine.synthesis import Graph, synthesize
from operations.engine.terraform import Outcome
from operations.plans import abandoned, files, review
from operations.preflight.rights import cluster_access
from operations.recovery.recover import recover
from operations.tables import Sheet

LAST_SCREEN = """It goes on running, and make destroy takes everything down. To look around:

    make outputs ENVIRONMENT=local STACK=eks     # what a stack gives to others
    make plan     # what a deploy would change: nothing
    eval "$(make -s env)" && terraform -chdir=cdktf.out/local/stacks/vpc plan     # by Terraform itself

docs/architecture.md shows how it fits together. On AWS it is the same, with values of your own:
make doctor ENVIRONMENT=staging says which are missing, and README.md what it costs."""


def deploy(environment: str, names: list[str], console: Console, folder: Path | None = None) -> None:
    """Apply the stacks of an environment; with a folder, the plans in there and nothing else. Raises OperationError.

    Outside of `local`, what would change is shown first, and asked about.
    """
    began = time.monotonic()
    doctor.require(environment)
    if environment != EMBEDDED and folder is None:
        review.require_possible(environment)
    graph = synthesize(environment)
    selected = graph.select(names)
    if folder:
        apply_plans(environment, graph, selected, folder, console)
        return
    context = open_context(environment, starts=True)
    if context.simulator:
        console.print(f"The simulated AWS is at {context.simulator.endpoint}")
    recover(context, graph, selected, console)
    preflight.require(context, graph, selected)
    inside = kubernetes.in_cluster(graph, selected)
    reason = kubernetes.why_not_applied(context, graph, inside)
    if reason:
        selected = [stack for stack in selected if stack not in inside]
    away = inside if inside and not reason and not require_access(context, selected) else []
    require_producers(context, graph, selected)
    gate = kubernetes.gate(context, graph, inside, console)
    forgotten = abandoned.sentences(context, graph, names)
    if environment == EMBEDDED:  # where nothing is at stake
        if state_bucket.ensure(context):
            console.print(f"Created the state bucket {context.settings.names.state_bucket}")
        outcomes, rows = run_all(context, graph, selected, [*APPLY, "-auto-approve"], console, why_not=gate)
    else:
        outcomes, rows = review.deploy(
            context, graph, selected, console, gate=gate, unreachable=away, sentences=forgotten
        )
    if rows:
        console.print(summary(context, outcomes, rows))
    if reason:
        kubernetes.check(context, graph, inside, console, reason=reason)
    console.print(f"\n{len(rows)} stacks in {time.monotonic() - began:.0f} seconds.")
    if environment == EMBEDDED:
        for sentence in forgotten:
            console.print(f"{sentence}\n", soft_wrap=True)
        console.print(LAST_SCREEN, highlight=False, soft_wrap=True)


def apply_plans(environment: str, graph: Graph, selected: list[str], folder: Path, console: Console) -> None:
    """Apply the plan files of these stacks as they were reviewed: there is no second plan."""
    found = files.read(folder, environment, graph)
    plans = {stack: found[stack] for stack in selected if stack in found}
    context = open_context(environment)
    console.print(f"Applying to {environment} the plans in {folder.name}: {', '.join(plans) or 'none'}")
    recover(context, graph, list(plans), console, now=True)  # plans from before that are refused then
    preflight.require(context, graph, list(plans))
    options = {stack: [str(path)] for stack, path in plans.items()}
    again = f"What is applied has left these plans behind: make plan PLANS={folder.name} ENVIRONMENT={environment}"
    outcomes, rows = run_all(context, graph, plans, APPLY, console, options_of=options, advice=again)
    console.print(summary(context, outcomes, rows))
    if untouched := [stack for stack in selected if stack not in plans]:
        console.print(f"\nWithout a plan, and so as they were: {', '.join(untouched)}")


def require_access(context: Context, selected: list[str]) -> bool:
    """Whether the cluster answers by now.

    Raises OperationError before half an hour of waiting when its stacks would be refused after it.
    """
    exists = api.kubeconfig_of(context) is not None
    if context.simulator or (exists and "eks" not in selected):
        api.require(context)
    elif not (exists and api.answers(context)):
        refuse([cluster_access(context)])
        return False
    return True


def require_producers(context: Context, graph: Graph, selected: list[str]) -> None:
    """Raises OperationError when a stack would read another that neither exists nor is deployed with it."""
    for stack in selected:
        for needed in sorted(graph.dependencies[stack].difference(selected)):
            if state_bucket.read(context, needed) is None:
                raise OperationError(f"{stack} reads {needed}, which is not deployed: STACK='{needed} {stack}'")


def summary(context: Context, outcomes: dict[str, Outcome], rows: dict[str, Row]) -> Sheet:
    """What there is now, stack by stack."""
    table = Sheet("stack", "resources", "changed", "seconds", "outputs")
    for stack in rows:
        state = state_bucket.read(context, stack)
        outputs = [f"{name} = {_short(value)}" for name, value in state.outputs.items()] if state else []
        table.add_row(
            stack,
            str(len(state.resources)) if state else "0",
            str(outcomes[stack].steps),
            f"{rows[stack].seconds:.0f}",
            "\n".join(outputs),
        )
    return table


def _short(value: Any) -> str:
    text = ", ".join(value) if isinstance(value, list) else str(value)
    return text if len(text) <= 64 else f"{text[:61]}..."
