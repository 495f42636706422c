"""A deploy to a real account: what it changes is shown and asked about, and then just that is applied."""

import os
import sys
from collections.abc import Callable, Mapping, Sequence

from rich.console import Console

from operations import OperationError
from operations.context import Context, place
from operations.engine import state_bucket
from operations.engine.progress import Row
from operations.engine.stacks import APPLY, Interrupted, run_all
from operations.engine.synthesis import Graph
from operations.engine.terraform import LOCK_TIMEOUT, Outcome, Terraform
from operations.plans import files
from operations.plans.planning import PLAN, Planner
from operations.plans.report import Report

NOT_YET = "planned when its turn comes, because its cluster does not answer yet: this is what is written of it"
LOSSES = ("delete", "replace")

Gate = Callable[[str], str]


def require_possible(environment: str) -> None:
    """Raises OperationError where nobody can be asked."""
    if not _agreed() and not sys.stdin.isatty():
        raise OperationError(
            f"nothing was changed of {environment}, because there is no terminal to ask in: YES=1 applies what is "
            f"planned without a question, PLANS=<folder> what make plan PLANS=<folder> ENVIRONMENT={environment} wrote"
        )


def deploy(
    context: Context,
    graph: Graph,
    stacks: Sequence[str],
    console: Console,
    *,
    gate: Gate,
    unreachable: Sequence[str],
    sentences: Sequence[str],
) -> tuple[dict[str, Outcome], dict[str, Row]]:
    """Plan, show, ask and apply. unreachable are stacks in a cluster that only answers when others are applied.

    Returns how each stack went that was applied. Raises OperationError when one fails, or the answer is not yes.
    """
    with files.private(context.settings.environment) as folder:
        planner = Planner(context, graph, folder, folder)
        planner.take_as_written(unreachable, NOT_YET)
        planned = [stack for stack in stacks if stack not in unreachable]
        plans = planner.plan(planned, console, details=True, created=False)
        Report.of(context.settings, stacks, plans, sentences).print(console)
        done = {stack for stack, each in plans.outcomes.items() if not each.changes and not each.outputs}
        changing = [stack for stack in stacks if stack not in done]
        if not changing:
            return {}, {}
        _ask(context)
        if state_bucket.ensure(context):
            console.print(f"Created the state bucket {context.settings.names.state_bucket}")
        options = {stack: [str(path)] for stack, path in plans.files.items()}
        held: list[str] = []

        def why_not(stack: str) -> str:
            """Plans in its turn what could only be shown with placeholders, and holds what would change more."""
            if (reason := gate(stack)) or stack in options:
                return reason
            path = files.path_of(folder, stack)
            outcome = Terraform(context).run(graph.path(stack), [*PLAN, LOCK_TIMEOUT, f"-out={path}"])
            if not outcome.succeeded:
                return outcome.reason
            shown = plans.outcomes.get(stack, Outcome()).changes
            more = [f"  {action} {address}" for address, action in beyond(outcome.changes, shown).items()]
            if more and not _agreed():
                held.append(stack)
                return "\n".join(["this was not shown before:", *more])
            options[stack] = [str(path)]
            return ""

        try:
            return run_all(context, graph, changing, APPLY, console, options_of=options, why_not=why_not)
        except OperationError as error:
            if not held or isinstance(error, Interrupted):
                raise
    console.print(f"\nPlanning again, because more would change than was shown: {', '.join(held)}\n")
    return deploy(context, graph, stacks, console, gate=gate, unreachable=unreachable, sentences=sentences)


def beyond(found: Mapping[str, str], shown: Mapping[str, str]) -> dict[str, str]:
    """What a plan changes that was not shown, or was shown as something that loses less."""
    return {
        address: action
        for address, action in found.items()
        if address not in shown or (action in LOSSES and shown[address] not in LOSSES)
    }


def _agreed() -> bool:
    return os.environ.get("YES") == "1"


def _ask(context: Context) -> None:
    if _agreed():
        return
    question = f"\nApply this to {context.settings.environment}, {place(context.settings)}? (yes) "
    try:
        answer = input(question)
    except EOFError:
        answer = ""
    if answer.strip() != "yes":
        raise OperationError("nothing was changed")
