"""One Terraform command on several stacks: in order, side by side, visible, and interruptible."""

from collections.abc import Callable, Mapping
from typing import Any

from rich.console import Console

from operations import OperationError
from operations.context import Context
from operations.engine import schedule
from operations.engine.progress import Progress, Row
from operations.engine.signals import Signals
from operations.engine.synthesis import ERRORED_STATE, Graph
from operations.engine.terraform import Outcome, Terraform

AGAIN = "Run the same command again to go on."


class Interrupted(OperationError):
    """The user, or the system, asked to stop; every lock has been given back."""


def run_all(
    context: Context,
    graph: Graph,
    needs: Mapping[str, frozenset[str]],
    arguments: list[str],
    *,
    verb: str,
    console: Console,
    own: Mapping[str, list[str]] | None = None,
    why_not: Callable[[str], str] = lambda _: "",
    advice: str = AGAIN,
) -> tuple[dict[str, Outcome], dict[str, Row]]:
    """Run Terraform with these arguments, and a stack's own after them, on the stacks of needs.

    why_not is asked when a stack has its turn, and a stack for which it gives a reason fails with that.
    Returns how each went and how long it took. Raises OperationError, which ends with the advice, when a stack fails,
    after all that do not need it are done; Interrupted after a signal.
    """
    terraform = Terraform(context)
    outcomes: dict[str, Outcome] = {}

    def work(stack: str) -> bool:
        progress.step(stack, "initialising")
        if reason := why_not(stack):
            outcomes[stack] = Outcome(text=[reason])
            progress.step(stack, "failed")
            return False
        directory = graph.path(stack)
        outcome = terraform.init(directory, stack)
        if outcome.succeeded and signals.stopping:
            progress.step(stack, "interrupted")
            return False
        if outcome.succeeded:
            options = [*arguments, *(own or {}).get(stack, [])]
            outcome = terraform.run(directory, stack, options, lambda event: follow(event, stack, verb, progress))
        outcomes[stack] = outcome
        ended = "interrupted" if terraform.interrupted else "failed"
        progress.step(stack, "done" if outcome.succeeded else ended)
        return outcome.succeeded

    with Progress(console, needs) as progress, Signals(progress.running, terraform.interrupt, console) as signals:
        succeeded = schedule.run(
            needs,
            work,
            skip=lambda stack, _: progress.step(stack, "skipped"),
            stopped=lambda: signals.stopping,
        )
    if not succeeded:
        _report(outcomes, terraform, console)
        unwritten = [path for stack in outcomes if (path := graph.path(stack) / ERRORED_STATE).exists()]
        if unwritten:
            names = ", ".join(path.parent.name for path in unwritten)
            advice = (
                f"The last state of {names} could not be written to the bucket, and is kept in {ERRORED_STATE}. "
                f"{AGAIN} It pushes that before anything else."
            )
        _refuse(progress.rows, terraform, advice)
    return outcomes, progress.rows


def follow(event: dict[str, Any], stack: str, verb: str, progress: Progress) -> None:
    """Show what an event says of a stack."""
    kind = event["type"]
    if kind == "refresh_start":
        progress.step(stack, "planning")
    elif kind == "planned_change" and event["change"]["action"] in ("create", "update", "delete", "replace"):
        progress.count(stack, total=2 if event["change"]["action"] == "replace" else 1)
        progress.step(stack, "planning")
    elif kind in ("apply_start", "apply_complete") and event["hook"]["action"] != "read":
        progress.step(stack, verb)
        progress.count(stack, done=int(kind == "apply_complete"))
    if kind in ("apply_start", "apply_progress"):
        progress.working(stack, event["hook"]["resource"]["addr"], seconds=event["hook"].get("elapsed_seconds", 0))
    elif kind in ("apply_complete", "apply_errored"):
        progress.finished(stack, event["hook"]["resource"]["addr"])


def _report(outcomes: dict[str, Outcome], terraform: Terraform, console: Console) -> None:
    for stack, outcome in outcomes.items():
        if not outcome.succeeded and not terraform.interrupted:
            console.print(f"\n[red]{stack} failed[/red] (all of it: {terraform.log(stack)})", soft_wrap=True)
            for diagnostic in outcome.diagnostics or outcome.text or ["Terraform ended without a word."]:
                console.print(diagnostic, markup=False, soft_wrap=True)


def _refuse(rows: Mapping[str, Row], terraform: Terraform, advice: str) -> None:
    def named(*statuses: str) -> str:
        return ", ".join(stack for stack, row in rows.items() if row.status in statuses)

    if terraform.interrupted:
        raise Interrupted(f"interrupted: no lock is held. {advice} What was just being created is adopted then.")
    if not named("failed"):
        left = named("waiting", "interrupted")
        raise Interrupted(f"stopped before {left}: no lock is held. {advice}")
    skipped = f"; skipped because of that: {named('skipped')}" if named("skipped") else ""
    raise OperationError(f"failed: {named('failed')}{skipped}. {advice}")
