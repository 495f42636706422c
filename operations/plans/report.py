"""What a plan says, on one page: for a terminal, and in Markdown for those who approve it."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from rich.console import Console
from rich.text import Text

from operations.context import place
from operations.engine.terraform import Outcome
from operations.plans.planning import Plans, listed
from operations.plans.prices import TABLE
from operations.plans.risks import DATA, KINDS, PENDING, Risk
from operations.tables import Sheet
from settings import Settings

ACTIONS = ("create", "update", "replace", "delete", "import")


@dataclass(frozen=True)
class Report:
    """outcomes has the stacks that were planned, notes what else there is to say of one.

    where names account and region. abandoned has what belongs to no stack of the code, one sentence each. costs are of
    resources, before and after.
    """

    environment: str
    where: str
    stacks: Sequence[str]
    outcomes: Mapping[str, Outcome]
    notes: Mapping[str, str]
    attributes: Mapping[str, Mapping[str, Sequence[str]]] = field(default_factory=dict)
    abandoned: Sequence[str] = ()
    risks: Sequence[Risk] = ()
    costs: Mapping[tuple[str, str], tuple[float | None, float | None]] = field(default_factory=dict)

    @classmethod
    def of(cls, settings: Settings, stacks: Sequence[str], plans: Plans, abandoned: Sequence[str]) -> "Report":
        said = plans.outcomes, plans.notes, plans.attributes
        return cls(settings.environment, place(settings), stacks, *said, abandoned, plans.risks, plans.costs)

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

    @property
    def risky(self) -> bool:
        return any(risk.kind != PENDING for risk in self.risks)

    def _top(self) -> Iterator[tuple[str, str]]:
        """What has to be seen, by its kind, or that there is nothing."""
        yield from ((risk.kind, str(risk)) for risk in sorted(self.risks, key=lambda each: KINDS.index(each.kind)))
        steps = sum(len(each.changes) for each in self.outcomes.values())
        before, after = self._costs
        every = [(f"{stack}: {address}", pair) for (stack, address), pair in self.costs.items() if pair[0] != pair[1]]
        if every:
            changed = [f"{name} ${old or 0:,.0f} and then ${new or 0:,.0f}" for name, (old, new) in every]
            yield "cost", f"${before:,.0f} a month, and then ${after:,.0f}: {listed(changed, 'resources')}"
        elif self.changes and not self.risky:
            yield "no risk", f"{steps} to change, and ${after:,.0f} a month as before"

    @property
    def _costs(self) -> tuple[float, float]:
        """Of all that was looked at, before and after."""
        return sum(old or 0 for old, _ in self.costs.values()), sum(new or 0 for _, new in self.costs.values())

    def _priced(self) -> str:
        unknown = [f"{stack}: {address}" for (stack, address), pair in self.costs.items() if None in pair]
        missing = f" No price is known of {', '.join(unknown)}." if unknown else ""
        return f"Prices of {TABLE['region']}, {TABLE['dated']}, without {TABLE['left_out']}.{missing}"

    def document(self) -> dict[str, Any]:
        """The same for machines. The costs are dollars a month."""
        risks, (before, after) = [asdict(risk) for risk in self.risks], self._costs
        said = {"environment": self.environment, "changes": self.changes, "risks": risks}
        return said | {"costs": {"before": before, "after": after}}

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
        """Every address that changes and what is known of its attributes; then the page: its risks, and the numbers."""
        for action, stack, address, attributes in self._every():
            console.print(f"{action:<8}{stack}: {address}", markup=False, soft_wrap=True)
            for line in attributes:
                console.print(f"    {line}", markup=False, soft_wrap=True, highlight=False)
        console.print(f"\nPlan of {self.environment}: {self.where}\n")
        for kind, text in self._top():
            console.print(Text(f"{kind:<9} {text}", style="bold red" if kind == DATA else "bold"), soft_wrap=True)
        table = Sheet("stack", *ACTIONS, "")
        for row in self._rows():
            table.add_row(*row)
        console.print(table)
        if self.changes:
            console.print(f"\n{self._priced()}", highlight=False, soft_wrap=True)
        for sentence in self.abandoned:
            console.print(Text(f"\n{sentence}", style="bold"), soft_wrap=True)
        if not self.changes:
            console.print(f"\n{self.no_changes}")

    def markdown(self) -> str:
        lines = [
            f"### Plan of {self.environment}: {self.where}",
            "",
            *(f"- **{kind}**: {_code(text)}" for kind, text in self._top()),
            *(f"- **{sentence}**" for sentence in self.abandoned),
            "",
            "<details><summary>All changes</summary>",
            "",
            f"| stack | {' | '.join(ACTIONS)} | |",
            f"| --- |{' ---: |' * len(ACTIONS)} --- |",
            *(f"| {' | '.join(row)} |" for row in self._rows()),
            "",
        ]
        for action, stack, address, attributes in self._every():
            lines.append(f"- {action} `{stack}: {address}`")
            lines += ["", "  ```text", *(f"  {line}" for line in attributes), "  ```", ""] if attributes else []
        lines += ["", self._priced(), "", "</details>", *([] if self.changes else ["", self.no_changes])]
        return "\n".join([*lines, ""])


def _code(text: str) -> str:
    """In Markdown, * and _ of patterns and addresses are not to become something else."""
    return re.sub(r"\S*[*_]\S*\b|\S*\*", lambda match: f"`{match[0]}`", text)
