"""make drift: what somebody, or AWS, has changed since the last deploy, by attribute. It only reads, and no secret."""

import json
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
from operations.plans.drift import Drift, differences, foreign_rules, ignored, targets

IN_CLUSTER = "not looked at, because its releases are kept in Secrets of the cluster"
AGAIN = "What these hold was not looked at. Run the same command again."
PAGE, DATA = "drift.md", "drift.json"
KEPT = ("terraform", "provider")  # no resource: what a state holds is read again all the same


def drift(environment: str, names: list[str], console: Console, folder: Path | None = None) -> bool:
    """Compare what was deployed with AWS; True when something differs. Raises OperationError where it cannot look.

    The code, which may be ahead of what is deployed, is not asked. With a folder, the page and its data go there.
    """
    for name in (PAGE, DATA) if folder else ():
        (folder / name).unlink(missing_ok=True)  # of an earlier run: who could not look leaves none
    doctor.require(environment)
    graph = synthesize(environment)
    selected = graph.select(names)
    context = open_context(environment)
    inside = kubernetes.in_cluster(graph, selected)
    documents = {stack: state_bucket.document(context, stack) for stack in graph.needs}
    states = {stack: state for stack, state in documents.items() if state and state["resources"]}
    looked = [stack for stack in selected if stack in states and stack not in inside]
    if not looked:
        raise OperationError(f"nothing is deployed of {' '.join(names) or environment} that could be compared with AWS")
    notes = {stack: "not deployed" for stack in selected if stack not in states} | dict.fromkeys(inside, IN_CLUSTER)

    with files.private(environment) as private:
        bare = Graph(private, dict.fromkeys(looked, frozenset()))
        for stack in looked:
            bare.path(stack).mkdir(parents=True)
            kept = {name: each for name, each in graph.template(stack).items() if name in KEPT}
            (bare.path(stack) / "cdk.tf.json").write_text(json.dumps(kept), encoding="utf-8")
        paths = {stack: files.path_of(private, stack) for stack in looked}
        own = {stack: [f"-out={path}", *targets(states[stack])] for stack, path in paths.items()}
        run_all(context, bare, looked, ["plan", "-refresh-only", "-lock=false"], console, own=own, advice=AGAIN)
        plans = {stack: changes.read(context, bare.path(stack), path) for stack, path in paths.items()}

    found = [each for stack in looked for each in differences(stack, plans[stack], graph.template(stack))]
    found += [each for each in foreign_rules(context, states) if each.stack in looked]
    compared = {stack: states[stack] for stack in looked}
    report = Drift(environment, place(context.settings), looked, notes, ignored(compared), found)
    for line in report.lines():
        console.print(line, markup=False, soft_wrap=True)
    if folder:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        (folder / PAGE).write_text("\n".join([*report.lines(), ""]), encoding="utf-8")
        (folder / DATA).write_text(report.document(), encoding="utf-8")
    return bool(found)
