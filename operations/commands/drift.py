"""make drift: what somebody, or AWS, has changed since the last deploy, by attribute. It only reads, and no secret."""

import json
from dataclasses import asdict
from pathlib import Path

from rich.console import Console

from operations import OperationError
from operations.cluster import kubernetes
from operations.commands import doctor
from operations.context import open_context, place
from operations.engine import state_bucket
from operations.engine.stacks import run_all
from operations.engine.synthesis import Graph, synthesize
from operations.plans import changes, files
from operations.plans.drift import differences, foreign_rules, page, targets

PAGE, DATA, AGAIN = "drift.md", "drift.json", "So nothing was compared. Run the same command again."
KEPT = ("terraform", "provider")  # no resource: what a state holds is read again all the same
IN_CLUSTER = "not looked at, because its releases are kept in Secrets of the cluster"


def drift(environment: str, names: list[str], console: Console, folder: Path | None = None) -> bool:
    """Compare what was deployed with AWS; True when something differs. Raises OperationError where it cannot look.

    The code, which may be ahead of what is deployed, is not asked. With a folder, the page and its data go there.
    """
    for stale in [folder / PAGE, folder / DATA] if folder else []:
        stale.unlink(missing_ok=True)  # who could not look leaves none
    doctor.require(environment)
    graph = synthesize(environment)
    selected, context = graph.select(names), open_context(environment)
    inside = kubernetes.in_cluster(graph, selected)
    every = {stack: state_bucket.document(context, stack) for stack in graph.dependencies}
    held = {stack: state for stack, state in every.items() if state and state["resources"]}
    states = {stack: held[stack] for stack in selected if stack in held and stack not in inside}
    if not states:
        raise OperationError(f"nothing is deployed of {' '.join(names) or environment} that could be compared with AWS")
    with files.private(environment) as private:
        bare = Graph(private, dict.fromkeys(states, frozenset()))
        paths = {stack: files.path_of(private, stack) for stack in states}
        for stack in states:
            bare.path(stack).mkdir(parents=True)
            kept = {name: each for name, each in graph.template(stack).items() if name in KEPT}
            (bare.path(stack) / "cdk.tf.json").write_text(json.dumps(kept), encoding="utf-8")
        options = {stack: [f"-out={path}", *targets(states[stack])] for stack, path in paths.items()}
        run_all(
            context, bare, states, ["plan", "-refresh-only", "-lock=false"], console, options_of=options, advice=AGAIN
        )
        plans = {stack: changes.read(context, bare.path(stack), path) for stack, path in paths.items()}
    found = [each for stack, plan in plans.items() for each in differences(stack, plan, graph.template(stack))]
    found += [each for each in foreign_rules(context, held) if each.stack in states]
    others = {stack: IN_CLUSTER if stack in inside else "not deployed" for stack in selected if stack not in states}
    title = f"### Drift of {environment}: {place(context.settings)}"
    said = "\n".join(page(title, found, states, (f"{stack}: {why}" for stack, why in others.items())))
    console.print(said, markup=False, soft_wrap=True)
    if folder:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        (folder / PAGE).write_text(f"{said}\n", encoding="utf-8")
        data = {"environment": environment, "drift": bool(found), "found": [asdict(each) for each in found]}
        (folder / DATA).write_text(json.dumps(data, indent=2), encoding="utf-8")
    return bool(found)
