"""The in-cluster stacks: rendered and checked where there is no cluster to apply them to."""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console

from operations import LOCAL, OperationError, run
from operations.cluster import api, drain, helm, stuck
from operations.cluster.manifests import errors
from operations.cluster.programs import NoProgram, carried
from operations.context import GIVEN, Context
from operations.engine import state_bucket
from operations.engine.synthesis import Graph
from operations.tables import plain

REFERENCE = re.compile(r"\$\{data\.terraform_remote_state\.(\w+)_state\.outputs\.(\w+)\}")


@dataclass(frozen=True)
class Release:
    """A helm_release of a synthesized stack. chart is a folder below the stack, or a name in the repository."""

    stack: str
    name: str
    chart: str
    version: str
    repository: str
    namespace: str
    values: Sequence[str]


def in_cluster(graph: Graph, stacks: Sequence[str]) -> list[str]:
    """Those of the stacks that work on Kubernetes and not on AWS."""
    return [stack for stack in stacks if "aws" not in graph.template(stack)["provider"]]


def why_not_applied(context: Context, graph: Graph, stacks: Sequence[str]) -> str | None:
    """Why these stacks can only be rendered: the simulated EKS has no nodes. None where KUBECONFIG names a cluster.

    Raises api.Unreachable when that is one of EKS.
    """
    if context.simulator is None or not stacks:
        return None
    if GIVEN not in context.environment:
        return "KUBECONFIG is not set"
    api.require_own(context)
    options = ["-backend=false", "-input=false", "-no-color"]
    init = run("terraform", f"-chdir={graph.path(stacks[0])}", "init", *options, env=context.environment)
    return None if init.returncode == 0 else "Terraform finds no provider for kubernetes and helm here"


def gate(
    context: Context, graph: Graph, inside: Collection[str], console: Console, *, destroying: bool = False
) -> Callable[[str], str]:
    """What tells why a stack cannot be worked on now: of those in the cluster, where the API does not answer, or
    somebody may be at work on a release. One that nobody is at work on any more is repaired.
    """

    def why_not(stack: str) -> str:
        try:
            if stack in inside:
                path = api.require(context)
                own = names(context, graph, stack)
                stuck.repair(context, path, stack, own, console.print, destroying=destroying)
                if destroying and any(name == drain.CONTROLLER for _, name in own):
                    drain.require_drained(context, path, console.print)
            if destroying and stack == "vpc":
                drain.sweep(context, console.print)
        except OperationError as error:
            return str(error)
        return ""

    return why_not


def names(context: Context, graph: Graph, stack: str) -> set[tuple[str, str]]:
    """The releases of a stack as (namespace, name)."""
    return {(each.namespace, each.name) for each in releases(graph, stack, outputs_of(context, graph, [stack]))}


def releases(graph: Graph, stack: str, outputs: Mapping[str, Mapping[str, Any]]) -> list[Release]:
    """The Helm releases of a stack, with outputs of other stacks in the place of references, as far as there are."""

    def value(producer: str, output: str) -> str:
        return str(outputs[producer].get(output, ""))

    def release(each: dict[str, Any]) -> Release:
        plain = {name: each.get(name, "") for name in ("name", "chart", "version", "repository")}
        values = [resolved(text, value) for text in each.get("values", [])]
        return Release(stack, **plain, namespace=resolved(each["namespace"], value), values=values)

    return list(map(release, graph.template(stack).get("resource", {}).get("helm_release", {}).values()))


def resolved(text: str, value: Callable[[str, str], str]) -> str:
    """What Terraform makes of a string: value gives the output of a stack."""
    return REFERENCE.sub(lambda match: value(match[1], match[2]), text).replace("$${", "${").replace("%%{", "%{")


def outputs_of(context: Context, graph: Graph, stacks: Sequence[str]) -> dict[str, Mapping[str, Any]]:
    """The outputs of all that these stacks read: as deployed, or as synthesized where that says it all."""
    found: dict[str, Mapping[str, Any]] = {}
    for needed in sorted({need for stack in stacks for need in graph.dependencies[stack]}):
        state = state_bucket.read(context, needed)
        synthesized = {name: each["value"] for name, each in graph.template(needed).get("output", {}).items()}
        found[needed] = state.outputs if state else synthesized
    return found


def check(context: Context, graph: Graph, stacks: Sequence[str], console: Console, *, reason: str) -> None:
    """Render every chart that can be had and print what it holds. Raises OperationError with all errors."""
    try:
        carried("helm")
    except NoProgram as error:
        console.print(f"\n{' and '.join(stacks)} are neither applied, because {reason}, nor rendered: {error}")
        return
    version = context.settings.eks.kubernetes_version
    outputs = outputs_of(context, graph, stacks)
    table = plain("stack", "release", "version", "namespace", "objects")
    problems: list[str] = []
    silent: set[str] = set()
    for release in (each for stack in stacks for each in releases(graph, stack, outputs)):
        objects, chart = "not rendered: its repository does not answer", _chart(graph, release, silent)
        if chart:
            named = {"name": release.name, "namespace": release.namespace}
            try:
                rendered = helm.template(chart, **named, values=release.values, kubernetes_version=version)
                problems += [f"  {release.name}: {line}" for line in errors(rendered, version)]
                objects = str(len(rendered))
            except helm.ChartError as error:
                problems.append(f"  {release.name}: {error}")
        table.add_row(release.stack, release.name, release.version or "-", release.namespace, objects)
    if problems:
        raise OperationError("the in-cluster stacks are wrong:", *problems)
    console.print(f"\nRendered and valid for Kubernetes {version}, but not applied, because {reason}:\n")
    console.print(table)


def _chart(graph: Graph, release: Release, silent: set[str]) -> Path | None:
    """The folder or archive of a chart. A repository that does not answer is silent, and is not asked again."""
    if not release.repository:
        return graph.path(release.stack) / release.chart
    archive = LOCAL / "charts" / f"{release.chart}-{release.version}.tgz"
    if not archive.is_file() and release.repository not in silent:
        helm.pull(release.repository, release.chart, release.version, archive.parent)
    if archive.is_file():
        return archive
    silent.add(release.repository)
    return None
