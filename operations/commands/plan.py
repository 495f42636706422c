"""make plan: what a deploy would change, on one page; with PLANS=<folder> as files that a deploy applies."""

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from rich.console import Console

from operations import LOCAL, OperationError, preflight
from operations.cluster import api, kubernetes
from operations.commands import doctor
from operations.context import EMBEDDED, Context, local_simulator, open_context
from operations.engine.synthesis import synthesize
from operations.plans import abandoned, files
from operations.plans.planning import Planner
from operations.plans.report import Report
from operations.recovery.recover import recover
from simulator.process import stop

IN_CLUSTER = "planned by the deploy, because its releases are kept in Secrets of the cluster"
NO_CLUSTER = "not planned, because there is no cluster yet: this is what is written of it"


def plan(
    environment: str, names: list[str], console: Console, folder: Path | None = None, *, details: bool = False
) -> int:
    """Plan the stacks of an environment: 0 when nothing would change, 1 when something, 2 when that puts it at risk.

    Raises OperationError.

    With details, old and new value of each attribute are shown. With a folder, the plans are written there for a deploy
    to apply. Whoever does that may only read: nothing is locked, no secret is read, and the stacks in the cluster are
    left out. A plan that was made while somebody else changed the state is refused by Terraform when it is applied.
    """
    doctor.require(environment)
    graph = synthesize(environment)
    selected = graph.select(names)
    with _opened(environment) as context, files.private(environment) as private:
        recover(context, graph, selected, console)
        preflight.require(context, graph, selected, to_plan=True)
        inside = kubernetes.in_cluster(graph, selected)
        notes: dict[str, str] = {}
        new: list[str] = []
        if folder:
            files.clear(folder)
            notes = dict.fromkeys(inside, IN_CLUSTER)
        elif reason := kubernetes.why_not_applied(context, graph, inside):
            if len(inside) == len(selected):
                raise OperationError(f"{', '.join(inside)} cannot be planned: {reason}")
            notes = dict.fromkeys(inside, f"not planned: {reason}")
        elif inside and api.kubeconfig_of(context):
            require_api(context, selected, inside)
        else:
            new = inside

        planner = Planner(context, graph, folder or private, private, reads_only=folder is not None)
        planner.take_as_written(new, NO_CLUSTER)
        planned = [stack for stack in selected if stack not in notes and stack not in new]
        plans = planner.plan(planned, console, details=details or folder is not None, created=details)
        plans.note(notes)
        report = Report.of(context.settings, selected, plans, abandoned.sentences(context, graph, names))
    report.print(console)
    if folder:
        files.write(folder, graph, list(plans.files), report)
        console.print(f"\nTo apply just this: make deploy PLANS={folder.name} ENVIRONMENT={environment}")
    return 2 if report.risky else int(report.changes)


@contextlib.contextmanager
def _opened(environment: str) -> Iterator[Context]:
    """A simulated AWS that only this plan needs is stopped again."""
    idle = environment == EMBEDDED and local_simulator(starts=False) is None
    try:
        yield open_context(environment, starts=True)
    finally:
        if idle:
            stop(LOCAL)


def require_api(context: Context, selected: Sequence[str], inside: Sequence[str]) -> None:
    """Raises OperationError when the stacks in the cluster cannot be planned, with how to plan the others."""
    try:
        api.require(context)
    except api.Unreachable as error:
        others = " ".join(stack for stack in selected if stack not in inside)
        how = f'\nTo plan the others: make plan STACK="{others}" ENVIRONMENT={context.settings.environment}'
        raise OperationError(f"{', '.join(inside)} cannot be planned: {error}{how if others else ''}") from None
