"""make plan: what a deploy would change, on one page; with PLANS=<folder> as files that a deploy applies."""

import re
from collections.abc import Iterator, Mapping, Sequence
from graphlib import TopologicalSorter
from pathlib import Path

from rich.console import Console

from catalogue import RESOURCES
from operations import OperationError
from operations.cluster import api, kubernetes
from operations.commands import doctor
from operations.context import Context, open_context
from operations.engine import errored_state, state_bucket
from operations.engine.stacks import run_all
from operations.engine.synthesis import Graph, synthesize
from operations.engine.terraform import LOCK_TIMEOUT, Outcome
from operations.plans import files
from operations.plans.report import Report

SECRET_WHEN_READ = {name for name, each in RESOURCES.items() if each.secret}
AS_STORED = "compared with its state, because the provider reads secrets to compare it with AWS"
IN_CLUSTER = "planned by the deploy, because its releases are kept in Secrets of the cluster"
READS = re.compile(r"data\.terraform_remote_state\.(\w+)_state\.outputs\.(\w+)")


def plan(environment: str, names: list[str], console: Console, folder: Path | None = None) -> bool:
    """Plan the stacks of an environment; True when something would change. Raises OperationError.

    With a folder, the plans are written there for a deploy to apply. Whoever does that may only read: nothing is
    locked, no secret is read, and the stacks in the cluster are left out. A plan that was made while somebody else
    changed the state is refused by Terraform when it is applied.
    """
    doctor.require(environment)
    graph = synthesize(environment)
    errored_state.require_none(environment, graph)
    selected = graph.select(names)
    context = open_context(environment)
    if not state_bucket.exists(context):
        raise OperationError(f"nothing of {environment} is deployed yet: make deploy ENVIRONMENT={environment}")
    inside = kubernetes.in_cluster(graph, selected)
    notes: dict[str, str] = {}
    if folder:
        files.clear(folder)
        notes = dict.fromkeys(inside, IN_CLUSTER)
    elif reason := kubernetes.why_not_applied(context, graph, inside):
        if len(inside) == len(selected):
            raise OperationError(f"{', '.join(inside)} cannot be planned: {reason}")
        notes = dict.fromkeys(inside, f"not planned: {reason}")
    elif inside and api.kubeconfig_of(context):
        require_api(context, selected, inside)

    planned = [stack for stack in selected if stack not in notes]
    outcomes: dict[str, Outcome] = {}
    waiting = missing_producers(context, graph, planned)
    for wave in waves(graph, planned):
        waiting |= changing_producers(graph, wave, outcomes, waiting)
        ready = [stack for stack in wave if stack not in waiting]
        options = {stack: _file_options(graph, stack, folder) for stack in ready} if folder else {}
        locking = "-lock=false" if folder else f"-lock-timeout={LOCK_TIMEOUT}"
        found, _ = run_all(
            context,
            graph,
            {stack: frozenset() for stack in ready},
            ["plan", "-detailed-exitcode", locking],
            verb="planning",
            console=console,
            own=options,
        )
        outcomes |= found
        notes |= {stack: AS_STORED for stack, each in options.items() if "-refresh=false" in each}

    report = Report(environment, selected, outcomes, waiting, notes)
    console.print(report.table())
    for loss in report.losses():
        console.print(f"[bold red]{loss}[/]" if loss.stateful else str(loss))
    if folder:
        files.write(folder, graph, [each for each in selected if each in outcomes], report)
        console.print(f"\nTo apply just this: make deploy PLANS={folder.name} ENVIRONMENT={environment}")
    if not report.changes:
        console.print(f"\n{report.no_changes}")
    return report.changes


def require_api(context: Context, selected: Sequence[str], inside: Sequence[str]) -> None:
    """Raises OperationError when the stacks in the cluster cannot be planned, with how to plan the others."""
    try:
        api.require(context)
    except api.Unreachable as error:
        others = " ".join(stack for stack in selected if stack not in inside)
        how = f'\nTo plan the others: make plan STACK="{others}" ENVIRONMENT={context.settings.environment}'
        raise OperationError(f"{', '.join(inside)} cannot be planned: {error}{how if others else ''}") from None


def waves(graph: Graph, stacks: Sequence[str]) -> Iterator[list[str]]:
    """The stacks in groups, each after those that it reads."""
    sorter = TopologicalSorter({stack: graph.needs[stack] & set(stacks) for stack in stacks})
    sorter.prepare()
    while sorter.is_active():
        ready = sorter.get_ready()
        yield [stack for stack in stacks if stack in ready]
        sorter.done(*ready)


def missing_producers(context: Context, graph: Graph, stacks: Sequence[str]) -> dict[str, str]:
    """The stacks that read one which is not deployed yet: Terraform cannot plan them."""
    waiting = {}
    for stack in stacks:
        missing = [needed for needed in sorted(graph.needs[stack]) if state_bucket.read(context, needed) is None]
        if missing:
            waiting[stack] = f"waits for {', '.join(missing)}"
    return waiting


def changing_producers(
    graph: Graph, stacks: Sequence[str], outcomes: Mapping[str, Outcome], waiting: Mapping[str, str]
) -> dict[str, str]:
    """The stacks that read what is about to change: their plan would be one for the values of before."""
    found = {}
    for stack in stacks:
        text = (graph.path(stack) / "cdk.tf.json").read_text(encoding="utf-8")
        read = {
            f"{producer} ({output})"
            for producer, output in READS.findall(text)
            if producer in outcomes and output in outcomes[producer].outputs
        }
        causes = sorted(read | (graph.needs[stack] & waiting.keys()))
        if causes and stack not in waiting:
            found[stack] = f"waits for {', '.join(causes)}"
    return found


def _file_options(graph: Graph, stack: str, folder: Path) -> list[str]:
    options = [f"-out={files.path_of(folder, stack)}"]
    if SECRET_WHEN_READ & kubernetes.template_of(graph, stack)["resource"].keys():
        options.append("-refresh=false")
    return options
