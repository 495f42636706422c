"""Plans of several stacks: each for the values that those before it are going to publish."""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

from rich.console import Console

from catalogue import RESOURCES
from operations.context import Context
from operations.engine import state_bucket
from operations.engine.stacks import run_all
from operations.engine.synthesis import Graph
from operations.engine.terraform import LOCK_TIMEOUT, Outcome
from operations.plans import changes, files, pending, prices
from operations.plans.previews import PLACEHOLDER, READS, Copies, Values, read_by
from operations.plans.risks import PENDING, Risk, of_plan

SECRET_WHEN_READ = {name for name, each in RESOURCES.items() if each.secret}
AS_STORED = "compared with its state, because the provider reads secrets to compare it with AWS"
NEW_CLUSTER = "not planned, because it will have another cluster: this is what is written of it"
SHOWN = {"update", "replace"}  # their attributes
FEW = 3  # names that are written out
PLAN = ["plan", "-detailed-exitcode"]


@dataclass
class Plans:
    """files are those that can be applied; the other outcomes are to be read only, and say so in notes.

    costs: dollars a month of each resource, before and after, by stack and address; None where no price is known.
    """

    outcomes: dict[str, Outcome] = field(default_factory=dict)
    notes: dict[str, str] = field(default_factory=dict)
    attributes: dict[str, Mapping[str, Sequence[str]]] = field(default_factory=dict)
    files: dict[str, Path] = field(default_factory=dict)
    risks: list[Risk] = field(default_factory=list)
    costs: dict[tuple[str, str], tuple[float | None, float | None]] = field(default_factory=dict)

    def note(self, notes: Mapping[str, str]) -> None:
        """Say this of stacks besides what is said of them already."""
        for stack, text in notes.items():
            self.notes[stack] = "; ".join(filter(None, (text, self.notes.get(stack))))


class Planner:
    """Plans stacks into a folder, and in a private one what cannot be applied.

    Who reads only locks nothing, and sees no secret.
    """

    def __init__(
        self, context: Context, graph: Graph, folder: Path, private: Path, *, reads_only: bool = False
    ) -> None:
        self._context, self._graph, self._folder, self._reads_only = context, graph, folder, reads_only
        self._copies = Copies(graph.directory, graph.dependencies, private / "copies")
        self._plans = Plans()
        self._deployed = cache(lambda stack: state_bucket.read(context, stack) is not None)
        self._read = cache(lambda stack: changes.read(context, self._copies.path(stack), self._path(stack)))

    def plan(self, stacks: Sequence[str], console: Console, *, details: bool, created: bool) -> Plans:
        """With details, attributes are shown as well; with created, also those of resources that are created."""
        bucket = state_bucket.exists(self._context)
        for wave in waves(self._graph, stacks):
            for stack in wave:
                values = self._values(stack)
                if self._logs_in_with(stack, values):
                    self.take_as_written([stack], NEW_CLUSTER)
                elif values or not bucket:
                    self._copy(stack, values)
            own = [stack for stack in wave if stack not in self._plans.notes.keys() | self._copies.values.keys()]
            self._run(own, console)
            self._run([stack for stack in wave if stack in self._copies.values], console, copies=True)
        if details:
            self._plans.attributes |= {
                stack: self._attributes(stack, outcome, SHOWN | ({"create"} if created else set()))
                for stack, outcome in self._plans.outcomes.items()
                if self._path(stack).is_file()
            }
        for stack in self._plans.outcomes:
            self._weigh(stack)
        waiting = pending.notes(self._context, list(self._plans.outcomes))
        self._plans.risks += [Risk(PENDING, stack, "", text) for stack, text in waiting.items()]
        return self._plans

    def _weigh(self, stack: str) -> None:
        """What it puts at risk, and costs. Where nothing changes, its state says what there is, without Terraform."""
        if self._plans.outcomes[stack].changes and self._path(stack).is_file():
            self._plans.risks += of_plan(stack, self._read(stack))
            found = [(each, each["change"]) for each in self._read(stack)["resource_changes"]]
        else:
            state = state_bucket.document(self._context, stack) or {"resources": []}
            instances = [(each, one["attributes"]) for each in state["resources"] for one in each["instances"]]
            found = [(each, {"before": attributes, "after": attributes}) for each, attributes in instances]
        for each, change in found:
            if each["mode"] == "managed":
                address = each.get("address", f"{each['type']}.{each['name']}")
                costs = prices.of(each["type"], change["before"]), prices.of(each["type"], change["after"])
                self._plans.costs[stack, address] = costs

    def _attributes(self, stack: str, outcome: Outcome, actions: set[str]) -> dict[str, list[str]]:
        wanted = {address for address, action in outcome.changes.items() if action in actions}
        if not wanted:  # to ask Terraform takes it seconds
            return {}
        found = changes.texts(self._context, self._copies.path(stack), self._path(stack))
        return {address: lines for address, lines in found.items() if address in wanted}

    def take_as_written(self, stacks: Sequence[str], why: str) -> None:
        """Where nothing is deployed of a stack, and it cannot be planned, all that is written of it is new."""
        for stack in stacks:
            self._plans.notes[stack] = why
            if not self._deployed(stack):
                written = self._graph.template(stack)["resource"]
                addresses = [f"{kind}.{name}" for kind, named in written.items() for name in named]
                self._plans.outcomes[stack] = Outcome(succeeded=True, changes=dict.fromkeys(addresses, "create"))

    def _run(self, stacks: Sequence[str], console: Console, *, copies: bool = False) -> None:
        if not stacks:
            return
        unread = self.unread(stacks)
        options = {stack: [f"-out={self._path(stack)}"] for stack in stacks}
        for stack in unread:
            options[stack].append("-refresh=false")
        arguments = [*PLAN, "-lock=false" if copies or self._reads_only else LOCK_TIMEOUT]
        found, _ = run_all(self._context, self._copies, stacks, arguments, console, options_of=options)
        self._plans.outcomes |= found
        if not copies:
            self._plans.files |= {stack: self._path(stack) for stack in stacks}
            self._plans.notes |= dict.fromkeys(unread, AS_STORED)

    def unread(self, stacks: Sequence[str]) -> list[str]:
        """Those whose secrets would be read to compare them with AWS, which is left out then."""
        if not self._reads_only:
            return []
        held = {stack: self._graph.template(stack)["resource"].keys() for stack in stacks}
        return [stack for stack in stacks if SECRET_WHEN_READ & held[stack]]

    def _path(self, stack: str) -> Path:
        return files.path_of(self._copies.folder if stack in self._copies.values else self._folder, stack)

    def _values(self, stack: str) -> Values:
        """Those that the stack reads and that are about to change, or that nobody has published yet."""
        found = {}
        for producer, output in read_by(self._graph, stack):
            outcome = self._plans.outcomes.get(producer)
            if outcome and output in outcome.outputs:
                found[producer, output] = self._planned(producer, output)
            elif not self._deployed(producer):
                found[producer, output] = PLACEHOLDER
        return found

    def _logs_in_with(self, stack: str, values: Values) -> bool:
        """Whether its providers need what is not known yet: the helm provider would see no release of a cluster."""
        login = json.dumps(self._graph.template(stack).get("provider"))
        return any(values.get(key) == PLACEHOLDER for key in READS.findall(login))

    def _planned(self, producer: str, output: str) -> Any:
        change = self._read(producer)["output_changes"][output]
        hidden = change["after_unknown"] or change["after_sensitive"]
        return PLACEHOLDER if hidden else change["after"]

    def _copy(self, stack: str, values: Values) -> None:
        producers = {needed for needed in self._graph.dependencies[stack] if self._deployed(needed)}
        self._copies.write(stack, values, deployed=self._deployed(stack), producers=producers)
        unknown = {key for key, value in values.items() if value == PLACEHOLDER}
        later = ", so applied from another plan, after this one" if self._reads_only else ""
        if unknown:
            said = [
                f"{name} ({listed({output for producer, output in unknown if producer == name}, 'values')})"
                for name in sorted({producer for producer, _ in unknown})
            ]
            self._plans.notes[stack] = f"with placeholders for {', '.join(said)}{later}"
        elif values:
            self._plans.notes[stack] = f"for what {', '.join(sorted({name for name, _ in values}))} will publish{later}"


def listed(names: Collection[str], kind: str) -> str:
    return ", ".join(sorted(names)) if len(names) <= FEW else f"{len(names)} {kind}"


def waves(graph: Graph, stacks: Sequence[str]) -> Iterator[list[str]]:
    """The stacks in groups, each after those that it reads."""
    sorter = TopologicalSorter({stack: graph.dependencies[stack] & set(stacks) for stack in stacks})
    sorter.prepare()
    while sorter.is_active():
        ready = sorter.get_ready()
        yield [stack for stack in stacks if stack in ready]
        sorter.done(*ready)
