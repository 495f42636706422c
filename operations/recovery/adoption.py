"""What runs that died have created, and no state knows, is imported: nothing is made twice."""

import json
import re
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.console import Console

from catalogue import holds_data
from operations import OperationError
from operations.context import Context
from operations.engine import state_bucket
from operations.engine.synthesis import Graph
from operations.engine.terraform import ADOPTED, LOCK_TIMEOUT, Outcome, Terraform
from operations.plans import changes
from operations.recovery.history import History, history
from operations.recovery.lookup import Configuration, is_older, wait_until_ready
from operations.recovery.runs import Run
from operations.recovery.search import Search

ADDRESS = re.compile(r"\b((?:aws|helm|kubernetes)_\w+\.[\w-]+)")
TAINTED = "tainted"
CREATED = ("create_date", "create_time", "created_at", "created_date", "creation_date")  # as attributes


class Adoption:
    """Of one stack, for the runs of it that did not succeed."""

    def __init__(
        self, terraform: Terraform, context: Context, graph: Graph, stack: str, runs: list[Run], console: Console
    ) -> None:
        self._terraform, self._context, self._stack, self._console = terraform, context, stack, console
        self._directory = graph.path(stack)
        self._adopted = self._directory / ADOPTED
        self._history: History = history(runs)
        self._state = state_bucket.document(context, stack) or {"resources": []}
        template = graph.template(stack)
        known = {address: each["attributes"] for address, each in self._instances().items()}
        known |= {address: {"id": key} for address, key in self._history.created.items() if address not in known}
        self._configuration = Configuration(template, known, context.settings.account, context.settings.region)
        self._by_the_code = {each["to"] for each in template.get("import", [])}

    def run(self, *, now: bool) -> bool:
        """Write the imports beside the configuration, for the next apply; or, with now, import at once.

        False when there is nothing to adopt and nothing to say. Raises OperationError when Terraform cannot plan the
        imports, or would replace what holds data.
        """
        if not self._history:
            return False
        self._keep_what_holds_data()
        finds = Search(
            self._context,
            self._configuration,
            self._history,
            self._instances(),
            self._by_the_code,
            forget=lambda address: self._terraformed(["state", "rm", LOCK_TIMEOUT, address]),
            say=self._say,
        )
        finds.find(now=now)
        with tempfile.TemporaryDirectory() as folder:
            plan = Path(folder) / "adoption.tfplan"
            changed = self._verify(finds, plan)
            if finds.imports:
                number = len(finds.imports)
                self._say(f"adopting {number} resource{'s'[: number - 1]} that a run had created and no state knew")
                for address, actions in changed.items():
                    self._say(f"{address} is changed then ({' and '.join(actions)})")
            if finds.imports and now:
                self._terraformed(["apply", LOCK_TIMEOUT, str(plan)])
                self._adopted.unlink()
        for line in finds.unsure:
            self._say(line)
        return bool(finds.imports or finds.unsure)

    def _instances(self) -> dict[str, dict[str, Any]]:
        return {
            f"{resource['type']}.{resource['name']}": instance
            for resource in self._state["resources"]
            if resource["mode"] == "managed"
            for instance in resource["instances"]
            if "deposed" not in instance
        }

    def _keep_what_holds_data(self) -> None:
        """Terraform marks what was created and not awaited to be replaced. What holds data is awaited instead."""
        for address, instance in self._instances().items():
            if instance.get("status") == TAINTED and holds_data(address):
                wait_until_ready(self._context, self._configuration, address)
                self._terraformed(["untaint", LOCK_TIMEOUT, address])
                self._say(f"{address} was created and is kept")

    def _verify(self, finds: Search, plan: Path) -> dict[str, list[str]]:
        """Plan the imports alone, without those that prove wrong; what else the plan does to each of them."""
        while finds.imports:
            own = finds.imports.keys() - self._by_the_code
            blocks = [{"to": address, "id": finds.imports[address]} for address in sorted(own)]
            self._adopted.write_text(json.dumps({"import": blocks}, indent=2), encoding="utf-8")
            targets = [f"-target={address}" for address in finds.imports]
            outcome = self._terraform.run(self._directory, ["plan", f"-out={plan}", LOCK_TIMEOUT, *targets])
            planned: dict[str, Any] = {}
            if outcome.succeeded:
                shown = changes.read(self._context, self._directory, plan)
                planned = {each["address"]: each["change"] for each in shown["resource_changes"]}
            wrong = self._wrong(finds, planned) if outcome.succeeded else self._refused(finds, outcome)
            if not wrong:
                return self._changes(finds, planned)
            for address in wrong:
                finds.imports.pop(address)
        self._adopted.unlink(missing_ok=True)
        return {}

    def _refused(self, finds: Search, outcome: Outcome) -> set[str]:
        """The imports that Terraform names when it fails: mostly because there is no such thing."""
        named = set(ADDRESS.findall(outcome.reason)) & finds.imports.keys()
        for address in sorted(named - finds.guessed):
            finds.unsure.append(f"{address} ({finds.imports[address]}) was created, and cannot be imported")
        if not named:
            self._adopted.unlink()
            raise self._failed(outcome)
        return named

    def _wrong(self, finds: Search, planned: Mapping[str, Any]) -> set[str]:
        """The imports of something that another has made: other tags than ours, or, without tags, other values."""
        wrong = set()
        for address, change in planned.items():
            before = change["before"] or {}
            if address not in finds.guessed:
                continue
            expected = self._configuration.tags({}) if "tags_all" in before else {}
            tags = before.get("tags_all") or {}
            since = self._history.under_way[address]
            older = any(is_older(before[name], since) for name in CREATED if before.get(name))
            # Some services give tags with a second request, which the run did not come to.
            bare = not tags and address in finds.timed
            foreign = older or not (bare or all(tags.get(name) == value for name, value in expected.items()))
            differs = change["actions"] != ["no-op"] and not expected
            if foreign or differs or "delete" in change["actions"]:
                wrong.add(address)
                finds.unsure.append(
                    f"{address} was being created. {finds.imports[address]} exists, but it is not what the code says, "
                    "so somebody else may have made it: import it, or remove it, by hand"
                )
        return wrong

    def _changes(self, finds: Search, planned: Mapping[str, Any]) -> dict[str, list[str]]:
        changed = {
            address: change["actions"]
            for address, change in planned.items()
            if address in finds.imports and change["actions"] != ["no-op"]
        }
        for address, actions in changed.items():
            if "delete" in actions and holds_data(address):
                self._adopted.unlink()
                raise OperationError(
                    f"{address} was created by a run that died ({finds.imports[address]}), and the code wants another "
                    "one now: go back to the code that created it, deploy that, and change it then"
                )
        return changed

    def _say(self, text: str) -> None:
        self._console.print(f"{self._stack}: {text}", soft_wrap=True, markup=False)

    def _terraformed(self, arguments: list[str]) -> None:
        if not (outcome := self._terraform.run(self._directory, arguments)).succeeded:
            raise self._failed(outcome)

    def _failed(self, outcome: Outcome) -> OperationError:
        return OperationError(f"what a run of {self._stack} has created cannot be adopted:\n{outcome.reason}")
