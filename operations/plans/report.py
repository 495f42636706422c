"""What a plan says, on one page: for a terminal, and in Markdown for those who approve it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from catalogue import RESOURCES
from operations.engine.terraform import Outcome
from operations.tables import Sheet

ACTIONS = ("create", "update", "replace", "delete", "import")


@dataclass(frozen=True)
class Loss:
    """A resource that goes, for good or until there is another one."""

    stack: str
    address: str
    action: str

    @property
    def stateful(self) -> bool:
        kind = self.address.split(".")[0]
        # A type that is used no more has left the catalogue, and its last resource goes now.
        return RESOURCES[kind].stateful if kind in RESOURCES else kind.startswith("aws_")

    def __str__(self) -> str:
        return f"{self.action} {self.stack}: {self.address}"


@dataclass(frozen=True)
class Report:
    """outcomes has the stacks that were planned, waiting those that cannot be, notes what else there is to say."""

    environment: str
    stacks: Sequence[str]
    outcomes: Mapping[str, Outcome]
    waiting: Mapping[str, str]
    notes: Mapping[str, str]

    @property
    def changes(self) -> bool:
        return bool(self.waiting) or any(each.changes or each.outputs for each in self.outcomes.values())

    @property
    def no_changes(self) -> str:
        """The sentence for a report without changes. What nobody has looked at is not as the settings say."""
        planned = [stack for stack in self.stacks if stack in self.outcomes]
        others = [stack for stack in self.stacks if stack not in self.outcomes]
        if not others:
            return f"No changes: {self.environment} is as the settings say."
        return f"No changes in {', '.join(planned) or 'any stack'}. Not planned: {', '.join(others)}."

    def losses(self) -> list[Loss]:
        return [
            Loss(stack, address, action)
            for stack, outcome in self.outcomes.items()
            for address, action in outcome.changes.items()
            if action in ("delete", "replace")
        ]

    def _rows(self) -> Iterator[list[str]]:
        for stack in self.stacks:
            outcome = self.outcomes.get(stack)
            if outcome:
                actions = list(outcome.changes.values())
                counts = [str(actions.count(action)) for action in ACTIONS]
            else:
                counts = [""] * len(ACTIONS)
            outputs = [f"changes {', '.join(sorted(outcome.outputs))}"] if outcome and outcome.outputs else []
            said = [self.waiting[stack]] if stack in self.waiting else []
            yield [stack, *counts, "; ".join([*said, *outputs, *([self.notes[stack]] if stack in self.notes else [])])]

    def table(self) -> Sheet:
        table = Sheet("stack", *ACTIONS, "")
        for row in self._rows():
            table.add_row(*row)
        return table

    def markdown(self) -> str:
        losses = self.losses()
        lines = [
            f"### Plan of {self.environment}",
            "",
            f"| stack | {' | '.join(ACTIONS)} | |",
            f"| --- |{' ---: |' * len(ACTIONS)} --- |",
            *(f"| {' | '.join(row)} |" for row in self._rows()),
            "",
            *(
                f"- **{loss.action} `{loss.stack}: {loss.address}`**: data goes with it"
                for loss in losses
                if loss.stateful
            ),
            *(f"- {loss.action} `{loss.stack}: {loss.address}`" for loss in losses if not loss.stateful),
        ]
        every = [
            f"- {action} `{stack}: {address}`"
            for stack, outcome in self.outcomes.items()
            for address, action in outcome.changes.items()
        ]
        if every:
            lines += ["", "<details><summary>All changes</summary>", "", *every, "", "</details>"]
        elif not self.changes:
            lines += [self.no_changes]
        return "\n".join([*lines, ""])
