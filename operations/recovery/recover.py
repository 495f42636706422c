"""What every command does first: it brings in order what an earlier one, that did not end in order, has left behind."""

from concurrent.futures import ThreadPoolExecutor
from threading import Thread

from rich.console import Console

from operations.context import Context
from operations.engine import errored_state, state_bucket
from operations.engine.progress import Progress
from operations.engine.schedule import LANES
from operations.engine.stacks import follow, verb_of
from operations.engine.synthesis import Graph
from operations.engine.terraform import ADOPTED, Terraform, unlocking
from operations.recovery import runs
from operations.recovery.adoption import Adoption
from operations.recovery.runs import Run


def recover(context: Context, graph: Graph, stacks: list[str], console: Console, *, now: bool = False) -> None:
    """Wait for what still runs, release locks of the dead, push states that were not written, adopt what was created.

    The last for these stacks only: their next apply imports it, or, with now, this does. Raises OperationError for what
    somebody has to decide.
    """
    environment = context.settings.environment
    left = runs.left(environment)
    wait(left, console)
    if not state_bucket.exists(context):  # and so nothing that they created
        for run in left:
            run.forget()
        return
    release(context, left, console)
    if not now:  # a destroy refuses because of it
        name_locks(context, graph, console)
    errored_state.push(context, graph, console)
    terraform = Terraform(context)

    def adopt(stack: str) -> None:
        (graph.path(stack) / ADOPTED).unlink(missing_ok=True)
        own = [run for run in left if run.stack == stack]
        if own and not Adoption(terraform, context, graph, stack, own, console).run(now=now):
            for run in own:
                run.forget()

    with ThreadPoolExecutor(LANES) as pool:
        list(pool.map(adopt, stacks))


def wait(left: list[Run], console: Console) -> None:
    """Return when none of them lives any more. Ctrl-C ends the waiting, and not what is waited for."""
    living = {run.stack: run for run in left if run.lives()}
    if not living:
        return
    for run in living.values():
        console.print(f"Waiting for {run}", markup=False, soft_wrap=True)
    with Progress(console, living) as progress:

        def watch(run: Run) -> None:
            for line in run.lines(run.lives):
                follow(runs.parse(line), run.stack, verb_of(run.command), progress)
            progress.step(run.stack, "done")

        # Daemons, because Ctrl-C has to end this process.
        threads = [Thread(target=watch, args=(run,), daemon=True) for run in living.values()]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()


def release(context: Context, left: list[Run], console: Console) -> None:
    """Release the locks that these dead runs asked for, by their ids."""
    for stack, lock in state_bucket.locked(context, {run.stack for run in left}).items():
        if any(run.stack == stack and run.locked_with(lock.id) for run in left):
            state_bucket.release(context, lock)
            console.print(f"Released the lock of {lock.key}: the run that held it is dead", markup=False)


def name_locks(context: Context, graph: Graph, console: Console) -> None:
    """Name the locks of others: Terraform waits for a minute, and fails then."""
    for stack, lock in state_bucket.locked(context, graph.dependencies).items():
        command = unlocking(context.settings.environment, graph.path(stack), lock.id)
        console.print(f"{lock}. If nobody works on it any more:\n    {command}", markup=False, soft_wrap=True)
