"""One Terraform command on several stacks: in order, side by side, visible, and interruptible."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from rich.console import Console

from operations import OperationError
from operations.context import Context
from operations.engine import schedule
from operations.engine.progress import Progress, Row
from operations.engine.signals import Signals
from operations.engine.synthesis import ERRORED_STATE, Graph
from operations.engine.terraform import ADOPTED, CHANGES, LOCK_TIMEOUT, Outcome, Terraform
from operations.recovery import runs

APPLY = ["apply", LOCK_TIMEOUT]  # of a plan; without one it fails, because nobody has agreed to what it would do
AGAIN = "Run the same command again to go on."


class Interrupted(OperationError):
    """The user, or the system, asked to stop; every lock has been released."""


def run_all(
    context: Context,
    graph: Graph,
    stacks: Iterable[str],
    arguments: list[str],
    console: Console,
    *,
    options_of: Mapping[str, list[str]] | None = None,
    why_not: Callable[[str], str] = lambda _: "",
    advice: str = AGAIN,
) -> tuple[dict[str, Outcome], dict[str, Row]]:
    """Run Terraform with these arguments, and a stack's own after them, on these stacks in their order.

    why_not is asked when a stack has its turn, and a stack for which it gives a reason fails with that.
    Returns how each went and how long it took. Raises OperationError, which ends with the advice, when a stack fails,
    after all that do not depend on it are done; Interrupted after a signal.
    """
    terraform, verb = Terraform(context), verb_of(arguments)
    outcomes: dict[str, Outcome] = {}
    before = graph.readers if verb == "destroying" else graph.dependencies.__getitem__

    def work(stack: str) -> bool:
        progress.step(stack, "initialising")
        directory, reason = graph.path(stack), why_not(stack)
        outcome = Outcome(text=[reason]) if reason else terraform.init(directory)
        if outcome.succeeded and signals.stopping:
            progress.step(stack, "interrupted")
            return False
        if outcome.succeeded:
            options = [*arguments, *(options_of or {}).get(stack, [])]
            outcome = terraform.run(directory, options, lambda event: follow(event, stack, verb, progress))
            if outcome.succeeded and verb != "planning":  # what an earlier run left behind is in the state by now
                (directory / ADOPTED).unlink(missing_ok=True)
                for run in runs.left(context.settings.environment, stack):
                    run.forget()
        outcomes[stack] = outcome
        ended = "interrupted" if terraform.interrupted else "failed"
        progress.step(stack, "done" if outcome.succeeded else ended)
        return outcome.succeeded

    dependencies = {stack: before(stack) for stack in stacks}
    with (
        Progress(console, dependencies) as progress,
        Signals(progress.running, terraform.interrupt, console) as signals,
    ):
        succeeded = schedule.run(
            dependencies,
            work,
            skip=lambda stack, _: progress.step(stack, "skipped"),
            stopped=lambda: signals.stopping,
        )
    if succeeded:
        return outcomes, progress.rows
    failed = [stack for stack, outcome in outcomes.items() if not outcome.succeeded]
    for stack in [] if terraform.interrupted else failed:
        console.print(f"\n[red]{stack} failed[/red] (all of it: {terraform.log(stack)})", soft_wrap=True)
        console.print(outcomes[stack].reason, markup=False, soft_wrap=True)
    if unwritten := [stack for stack in outcomes if (graph.path(stack) / ERRORED_STATE).exists()]:
        advice = (
            f"The last state of {', '.join(unwritten)} could not be written to the bucket, and is kept in "
            f"{ERRORED_STATE}. {AGAIN} It pushes that before anything else."
        )
    raise _refusal(progress.rows, advice, interrupted=terraform.interrupted)


def verb_of(arguments: Sequence[str]) -> str:
    return "planning" if arguments[0] == "plan" else "destroying" if "-destroy" in arguments else "applying"


def follow(event: dict[str, Any], stack: str, verb: str, progress: Progress) -> None:
    """Show what an event says of a stack."""
    kind = event["type"]
    if kind == "refresh_start":
        progress.step(stack, "planning")
    elif kind == "planned_change" and event["change"]["action"] in CHANGES:
        progress.count(stack, total=2 if event["change"]["action"] == "replace" else 1)
        progress.step(stack, "planning")
    elif kind in ("apply_start", "apply_complete") and event["hook"]["action"] != "read":
        progress.step(stack, verb)
        progress.count(stack, done=int(kind == "apply_complete"))
    if kind in ("apply_start", "apply_progress"):
        progress.working(stack, event["hook"]["resource"]["addr"], seconds=event["hook"].get("elapsed_seconds", 0))
    elif kind in ("apply_complete", "apply_errored"):
        progress.finished(stack, event["hook"]["resource"]["addr"])


def _refusal(rows: Mapping[str, Row], advice: str, *, interrupted: bool) -> OperationError:
    def named(*statuses: str) -> str:
        return ", ".join(stack for stack, row in rows.items() if row.status in statuses)

    if interrupted:
        return Interrupted(f"interrupted: no lock is held. {advice} What was just being created is adopted then.")
    if not named("failed"):
        return Interrupted(f"stopped before {named('waiting', 'interrupted')}: no lock is held. {advice}")
    skipped = f"; skipped because of that: {named('skipped')}" if named("skipped") else ""
    return OperationError(f"failed: {named('failed')}{skipped}. {advice}")
