"""States that no stack of the code owns any more: what they hold runs on, until it is destroyed by its name."""

import json
import re
import shutil
from typing import Any

from operations import OperationError
from operations.context import Context
from operations.engine import state_bucket
from operations.engine.synthesis import Graph

PROVIDER = re.compile(r'provider\["(?:[^"/]+/)?[^"/]+/([^"/]+)"\]')


def found(context: Context, graph: Graph) -> dict[str, dict[str, Any]]:
    """Those of the environment that hold resources, by the name of the stack."""
    names = [name for name in state_bucket.states(context) if name not in graph.dependencies]
    states = {name: state_bucket.document(context, name) for name in names}
    return {name: state for name, state in states.items() if state and _managed(state)}


def sentences(context: Context, graph: Graph, names: list[str]) -> list[str]:
    """One for each, unless only some stacks are looked at. A project with another name may have been this one."""
    environment, bucket = context.settings.environment, context.settings.names.state_bucket
    if names:
        return []
    if not state_bucket.exists(context) and (similar := state_bucket.similar(context)):
        return [
            f"There is no state bucket {bucket}, but {', '.join(similar)}: if project was renamed in the settings, "
            "what was deployed under its former name is not seen here, and runs on"
        ]
    return [
        f"No stack of the code owns {name} any more, and its {len(_managed(state))} resources run on: "
        f"make destroy STACK={name} ENVIRONMENT={environment} takes them down"
        for name, state in found(context, graph).items()
    ]


def added(context: Context, graph: Graph) -> Graph:
    """The graph with them: to destroy what a state holds takes the providers and their configuration, and no more.

    Those are what another stack with the same providers has. Raises OperationError where there is none.
    """
    dependencies = dict(graph.dependencies)
    for name, state in found(context, graph).items():
        template = _like(graph, name, state)
        template["terraform"]["backend"]["s3"]["key"] = context.settings.names.state_key(name)
        kept: dict[str, Any] = {key: template[key] for key in ("terraform", "provider", "variable") if key in template}
        states = template.get("data", {}).get("terraform_remote_state")
        kept |= {"data": {"terraform_remote_state": states}} if states else {}
        shutil.rmtree(graph.path(name), ignore_errors=True)
        graph.path(name).mkdir(parents=True)
        (graph.path(name) / "cdk.tf.json").write_text(json.dumps(kept, indent=2), encoding="utf-8")
        read = {each["name"].removesuffix("_state") for each in state["resources"] if each["mode"] == "data"}
        dependencies[name] = frozenset(read & graph.dependencies.keys())
    return Graph(graph.directory, dependencies)


def _managed(state: dict[str, Any]) -> list[Any]:
    return [instance for each in state["resources"] if each["mode"] == "managed" for instance in each["instances"]]


def _like(graph: Graph, name: str, state: dict[str, Any]) -> dict[str, Any]:
    wanted = {match[1] for each in state["resources"] if (match := PROVIDER.match(each["provider"]))} - {"terraform"}
    for stack in graph.dependencies:
        template: dict[str, Any] = graph.template(stack)
        if wanted <= template.get("provider", {}).keys():
            return template
    raise OperationError(
        f"{name} cannot be destroyed without its code: no stack is left that has the providers "
        f"{', '.join(sorted(wanted))}"
    )
