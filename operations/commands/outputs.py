"""make outputs: what the stacks of an environment say about themselves, for people and for scripts."""

import json
from typing import Any

from rich.console import Console
from rich.text import Text

from operations import OperationError
from operations.checks import refuse
from operations.commands import doctor
from operations.context import EMBEDDED, open_context, settings_of
from operations.engine import state_bucket
from operations.tables import plain


def outputs(environment: str, names: list[str], console: Console) -> None:
    """A table on a terminal; elsewhere a line for each output: stack, name and value, with tabs between them.

    A value is a text as it is, or else JSON. None of them is secret. Raises OperationError for a stack without a state.
    """
    if environment != EMBEDDED:
        refuse([doctor.credentials(settings_of(environment))])
    context = open_context(environment)
    deployed = state_bucket.states(context)
    if unknown := [name for name in names if name not in deployed]:
        there = ", ".join(deployed) or "none"
        raise OperationError(f"STACK: {', '.join(unknown)} of {environment} is not deployed; there are {there}")
    table = plain("stack", "output")
    table.add_column("value", overflow="fold")
    for stack in names or deployed:
        state = state_bucket.read(context, stack)
        for name, value in sorted(state.outputs.items()) if state else []:
            table.add_row(stack, name, Text(_text(value)))
            if not console.is_terminal:
                print(stack, name, _text(value), sep="\t")
    if console.is_terminal:
        console.print(table)


def _text(value: Any) -> str:
    plain = isinstance(value, str) and value.isprintable()
    return value if plain else json.dumps(value)
