"""What a plan says, on one page: for a terminal, and in Markdown for those who approve it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from rich.console import Console
from rich.text import Text

from catalogue import holds_data
from operations.context import place
from operations.engine.terraform import Outcome
from operations.plans.planning import Plans, listed
from operations.tables import Sheet
from settings import Settings

ACTIONS = ("create", "update", "replace", "delete", "import")


@dataclass(frozen=True)
class Loss:
    """A resource that goes, for good or until there is another one."""

    stack: str
    address: str
    action: str

    @property
    def stateful(self) -> bool:
        return holds_data(self.address)

    def __str__(self) -> str:
        return f"{self.action} {self.stack}: {self.address}"


@dataclass(frozen=True)
class Report:
    """outcomes has the stacks that were planned, notes what else there is to say of one.

    where names account and region. abandoned has what belongs to no stack of the code, one sentence each.
    """

    environment: str
    where: str
    stacks: Sequence[str]
    outcomes: Mapping[str, Outcome]
    notes: Mapping[str, str]
    attributes: Mapping[str, Mapping[str, Sequence[str]]] = field(default_factory=dict)
    abandoned: Sequence[str] = ()

    @classmethod
    def of(cls, settings: Settings, stacks: Sequence[str], plans: Plans, abandoned: Sequence[str]) -> "Report":
        said = plans.outcomes, plans.notes, plans.attributes
        return cls(settings.environment, place(settings), stacks, *said, abandoned)

    @property
    def changes(self) -> bool:
        return bool(self.abandoned) or any(each.changes or each.outputs for each in self.outcomes.values())

    @property
    def no_changes(self) -> str:
        """The sentence for a report without changes. What nobody has looked at is not as the settings say."""
        planned = [stack for stack in self.stacks if stack in self.outcomes]
        others = [stack for stack in self.stacks if stack not in self.outcomes]
        if not others:
            return f"No changes: {self.environment} is as the settings say."
        return f"No changes in {', '.join(planned) or 'any stack'}. Not planned: {', '.join(others)}."

    def losses(self) -> list[Loss]:
        every = [Loss(stack, address, action) for action, stack, address, _ in self._every()]
        return [loss for loss in every if loss.action in ("delete", "replace")]

    def _rows(self) -> Iterator[list[str]]:
        for stack in self.stacks:
            outcome = self.outcomes.get(stack)
            actions = list(outcome.changes.values()) if outcome else []
            counts = [str(actions.count(action)) if outcome else "" for action in ACTIONS]
            outputs = f"changes {listed(outcome.outputs, 'outputs')}" if outcome and outcome.outputs else ""
            yield [stack, *counts, "; ".join(filter(None, (outputs, self.notes.get(stack))))]

    def _every(self) -> Iterator[tuple[str, str, str, Sequence[str]]]:
        for stack in self.stacks:
            for address, action in self.outcomes[stack].changes.items() if stack in self.outcomes else ():
                yield action, stack, address, self.attributes.get(stack, {}).get(address, ())

    def print(self, console: Console) -> None:
        """Every address that changes, what is known of its attributes, and last the numbers and what is lost."""
        for action, stack, address, attributes in self._every():
            console.print(f"{action:<8}{stack}: {address}", markup=False, soft_wrap=True)
            for line in attributes:
                console.print(f"    {line}", markup=False, soft_wrap=True, highlight=False)
        console.print(f"\nPlan of {self.environment}: {self.where}\n")
        table = Sheet("stack", *ACTIONS, "")
        for row in self._rows():
            table.add_row(*row)
        console.print(table)
        for loss in self.losses():
            console.print(Text(str(loss), style="bold red" if loss.stateful else ""))
        for sentence in self.abandoned:
            console.print(Text(f"\n{sentence}", style="bold"), soft_wrap=True)
        if not self.changes:
            console.print(f"\n{self.no_changes}")

    def markdown(self) -> str:
        lost = {f"{loss.action} `{loss.stack}: {loss.address}`": loss.stateful for loss in self.losses()}
        lines = [
            f"### Plan of {self.environment}: {self.where}",
            "",
            f"| stack | {' | '.join(ACTIONS)} | |",
            f"| --- |{' ---: |' * len(ACTIONS)} --- |",
            *(f"| {' | '.join(row)} |" for row in self._rows()),
            "",
            *(f"- **{each}**: data goes with it" for each, stateful in lost.items() if stateful),
            *(f"- {each}" for each, stateful in lost.items() if not stateful),
            *(f"- **{sentence}**" for sentence in self.abandoned),
        ]
        every = list(self._every())
        if every:
            lines += ["", "<details><summary>All changes</summary>", ""]
            for action, stack, address, attributes in every:
                lines.append(f"- {action} `{stack}: {address}`")
                lines += ["", "  ```text", *(f"  {line}" for line in attributes), "  ```", ""] if attributes else []
            lines += ["", "</details>"]
        elif not self.changes:
            lines += [self.no_changes]
        return "\n".join([*lines, ""])
