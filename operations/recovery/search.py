"""What to import after runs that died: which creations no state knows, and under which id each is found."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from catalogue import RESOURCES
from catalogue.adoption import IMPORT_IDS, LOOKUPS, NATURAL_IDS, READY, REPEATABLE
from operations.context import Context, in_shell
from operations.recovery.history import History
from operations.recovery.lookup import Configuration, candidates, import_id, wait_until_ready


@dataclass
class Search:
    """Of one stack. instances are those of its state, by address. forget takes one out of it, say speaks to the user.

    It finds import ids by address. Of those that are guessed nobody has heard the end of their creation; of those that
    are timed AWS itself says that they were made while the run was creating them. unsure is to be said to the user.
    """

    context: Context
    configuration: Configuration
    history: History
    instances: Mapping[str, Any]
    by_the_code: set[str]
    forget: Callable[[str], None]
    say: Callable[[str], None]
    imports: dict[str, str] = field(default_factory=dict)
    guessed: set[str] = field(default_factory=set)
    timed: set[str] = field(default_factory=set)
    unsure: list[str] = field(default_factory=list)

    def find(self, *, now: bool) -> None:
        """What to import. With now, also what a deploy would do by itself, and a destroy has to know."""
        skipped = set() if now else self.by_the_code
        for address, key in self.history.created.items():
            if not self._absent(address, key) or address in skipped:
                continue
            if self.configuration.arguments(address) is None:
                self.unsure.append(f"{address} ({key}) was created, is in no state, and the code has it no more")
            elif found := import_id(self.configuration, address, key):
                self.imports[address] = found
            elif address.split(".")[0] not in IMPORT_IDS:
                self.unsure.append(f"{address} ({key}) was created and cannot be imported")
        for address, since in self.history.under_way.items():
            repeated = address.split(".")[0] in REPEATABLE and not now
            known = address in self.instances or address in skipped or repeated
            if known or self.configuration.arguments(address) is None:
                continue
            if found := self._look_for(address, since):
                self.imports[address] = found
                self.guessed.add(address)

    def _look_for(self, address: str, since: datetime) -> str | None:
        kind = address.split(".")[0]
        if kind in LOOKUPS:
            return self._choose(kind, address, since)
        if kind not in NATURAL_IDS.keys() | REPEATABLE.keys():
            self.unsure.append(
                f"{address} was being created, and no row of catalogue/adoption.py says how to find it: look for it in "
                f"{'AWS' if kind.startswith('aws_') else 'the cluster'}, and import it"
            )
            return None
        if kind in READY:
            self.say(f"looking whether {address} is there, and ready")
        wait_until_ready(self.context, self.configuration, address)
        return import_id(self.configuration, address)

    def _choose(self, kind: str, address: str, since: datetime) -> str | None:
        look = f"aws {RESOURCES[kind].service} {LOOKUPS[kind].operation.replace('_', '-')}"
        command = in_shell(self.context.settings.environment, look)
        try:
            keys = candidates(self.context, self.configuration, address, since)
        except ClientError as error:
            self.unsure.append(f"{address} was being created, and cannot be looked for: {error}\n    {command}")
            return None
        if len(keys) > 1:
            which = f"is one of {', '.join(keys)}: import it, and remove the others"
            self.unsure.append(f"{address} was being created, and {which}. To see them:\n    {command}")
        if len(keys) != 1:
            return None
        [(key, timed)] = keys.items()
        self.configuration.known[address] = {"id": key}
        if timed:
            self.timed.add(address)
        return import_id(self.configuration, address, key)

    def _absent(self, address: str, key: str) -> bool:
        """Whether no state knows it. A state that knows what it replaced forgets that first."""
        if address not in self.instances:
            return True
        before = self.instances[address]["attributes"].get("id", key)
        if before != key and before in self.history.deleted:
            self.forget(address)
            return True
        if before != key:
            self.unsure.append(f"{address} was to be replaced: {key} exists, and the state has {before}")
        return False
