"""What the checks ask about: the synthesized stacks, what is there of them already, and the AWS that they go to."""

import re
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from operations.checks import SECONDS
from operations.context import Context
from operations.engine import state_bucket
from operations.engine.synthesis import Graph
from operations.recovery import runs
from operations.recovery.history import history
from operations.recovery.lookup import listed
from settings.examples import values

ZONE = re.compile(r"[a-z]{2}(?:-[a-z]+)+-\d[a-f](?![a-z\d])")
IMPATIENT = {"connect_timeout": 3, "read_timeout": SECONDS, "retries": {"total_max_attempts": 2}}


@dataclass
class Question:
    """templates are the stacks to be deployed, as synthesized, by name."""

    context: Context
    templates: Mapping[str, Mapping[str, Any]]
    _clients: dict[str, Any] = field(default_factory=dict)
    # Checks ask side by side, and a session makes clients for one thread at a time.
    _one: threading.RLock = field(default_factory=threading.RLock)

    @classmethod
    def of(cls, context: Context, graph: Graph, stacks: list[str]) -> "Question":
        return cls(context, {stack: graph.template(stack) for stack in stacks})

    def client(self, service: str) -> Any:
        """One that soon gives up, for all threads."""
        with self._one:
            if service not in self._clients:
                self._clients[service] = self.context.client(service, **IMPATIENT)
            return self._clients[service]

    def pages(self, service: str, operation: str, query: str, **arguments: Any) -> list[Any]:
        """What the JMESPath finds in the answer, or in all pages of it."""
        return listed(self.client(service), operation, query, arguments)

    def resources(self, kind: str, *, new: bool = False) -> Iterator[tuple[str, str, dict[str, Any]]]:
        """Stack, address and arguments of each; new are those that no state has, and that nothing is to adopt."""
        for stack, template in self.templates.items():
            for name, arguments in template.get("resource", {}).get(kind, {}).items():
                if not (new and f"{kind}.{name}" in self.known[stack]):
                    yield stack, f"{kind}.{name}", arguments

    def arguments(self, kind: str, *, new: bool = False) -> list[dict[str, Any]]:
        return [arguments for *_, arguments in self.resources(kind, new=new)]

    @property
    def known(self) -> dict[str, set[str]]:
        with self._one:
            return self._known

    @cached_property
    def _known(self) -> dict[str, set[str]]:
        left, found = runs.left(self.context.settings.environment), {}
        for stack, template in self.templates.items():
            state = state_bucket.read(self.context, stack)
            past = history(run for run in left if run.stack == stack)
            adopted = {each["to"] for each in template.get("import", [])}
            found[stack] = {*(state.resources if state else ()), *past.created, *past.under_way, *adopted}
        return found

    def fields(self, *wanted: str) -> str:
        """Where the settings say one of these values."""
        settings = self.context.settings
        named = [path for path, value in values(settings.model_dump(mode="json")) if value in wanted]
        return f"{' or '.join(named) or 'the settings'} (environments/{settings.environment}.yaml)"
