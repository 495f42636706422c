"""make plan: what a deploy would change, on one page."""

from rich.console import Console
from rich.table import Table

from operations import OperationError, doctor, kubernetes, state_bucket
from operations.context import Context, open_context
from operations.stacks import run_all
from operations.synthesis import Graph, synthesize
from operations.terraform import LOCK_TIMEOUT, Outcome

ACTIONS = ("create", "update", "replace", "delete", "import")
# With these goes data, or a name that others know.
STATEFUL = {
    "aws_backup_vault",
    "aws_db_instance",
    "aws_ebs_volume",
    "aws_ecr_repository",
    "aws_eks_cluster",
    "aws_kms_key",
    "aws_route53_zone",
    "aws_s3_bucket",
    "aws_secretsmanager_secret",
}


def plan(environment: str, names: list[str], console: Console) -> bool:
    """Plan the stacks of an environment; True when something would change. Raises OperationError."""
    doctor.require(environment)
    graph = synthesize(environment)
    selected = graph.select(names)
    context = open_context(environment)
    if not state_bucket.exists(context):
        raise OperationError(f"nothing of {environment} is deployed yet: make deploy ENVIRONMENT={environment}")
    inside = kubernetes.in_cluster(graph, selected)
    if kubernetes.why_not_applied(context, graph, inside):
        selected = [stack for stack in selected if stack not in inside]
    waiting = unplannable(context, graph, selected)
    outcomes, _ = run_all(
        context,
        graph,
        {stack: frozenset() for stack in selected if stack not in waiting},
        ["plan", "-detailed-exitcode", f"-lock-timeout={LOCK_TIMEOUT}"],
        verb="planning",
        console=console,
    )
    console.print(_table(selected, outcomes, waiting))
    for line in at_risk(outcomes):
        console.print(line)
    changes = any(outcome.changes for outcome in outcomes.values()) or bool(waiting)
    if not changes:
        console.print(f"\nNo changes: {environment} is as the settings say.")
    return changes


def unplannable(context: Context, graph: Graph, selected: list[str]) -> dict[str, str]:
    """The stacks that read one which is not deployed yet, and which one that is: Terraform cannot plan them."""
    waiting = {}
    for stack in selected:
        missing = [needed for needed in sorted(graph.needs[stack]) if state_bucket.read(context, needed) is None]
        if missing:
            waiting[stack] = ", ".join(missing)
    return waiting


def _table(selected: list[str], outcomes: dict[str, Outcome], waiting: dict[str, str]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("stack")
    for action in ACTIONS:
        table.add_column(action, justify="right")
    table.add_column("")
    for stack in selected:
        if stack in waiting:
            table.add_row(stack, *[""] * len(ACTIONS), f"waits for {waiting[stack]}")
            continue
        actions = list(outcomes[stack].changes.values())
        table.add_row(stack, *[str(actions.count(action)) for action in ACTIONS], "")
    return table


def at_risk(outcomes: dict[str, Outcome]) -> list[str]:
    """One line for each resource that would go, those with data in bold."""
    lines = []
    for stack, outcome in outcomes.items():
        for address, action in outcome.changes.items():
            if action in ("delete", "replace"):
                stateful = address.split(".")[0] in STATEFUL
                lines.append(
                    f"[bold red]{action} {stack}: {address}[/]" if stateful else f"{action} {stack}: {address}"
                )
    return lines
