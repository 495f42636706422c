"""What AWS keeps of an environment that is destroyed, as catalogue/stays.yaml knows it."""

from pathlib import Path
from string import Template
from typing import Any

import yaml
from botocore.exceptions import BotoCoreError, ClientError
from pydantic import BaseModel
from rich.console import Console

from operations import failures
from operations.context import EMBEDDED, Context, in_shell
from operations.recovery.lookup import listed
from operations.tables import Sheet

DATA = Path(__file__).parents[1] / "catalogue" / "stays.yaml"


class Row(BaseModel):
    what: str
    stack: str = ""
    ask: tuple[str, str, dict[str, Any], str]
    until: str
    price: tuple[float, str] | None = None
    command: str = ""


def load(**names: str) -> list[Row]:
    text = Template(DATA.read_text(encoding="utf-8")).substitute(names)
    return [Row.model_validate(each) for each in yaml.safe_load(text)["rows"]]


def show(context: Context, stacks: list[str], console: Console) -> set[str]:
    """Print what there is of stacks that are destroyed: a table, and below it the commands, whole, for they are copied.

    Returns it as simulator/leftovers.py names it.
    """
    settings, commands = context.settings, []
    own = {name: getattr(settings.names, name) for name in ("prefix", "cluster", "database")}
    names = own | {"domain": settings.dns.domain, "bucket": settings.names.state_bucket}
    table, kept = Sheet("what stays", "number", "a month", "until"), set()
    for row in load(**names):
        if row.stack and row.stack not in stacks:
            continue
        try:
            found = _found(context, row)
        except (BotoCoreError, ClientError) as error:
            table.add_row(row.what, "?", price(row), f"could not be asked: {failures.of_aws(error)}")
            continue
        if found:
            table.add_row(row.what, str(len(found)), price(row, [size for _, *size in found if size]), row.until)
            kept |= {f"{row.ask[0]} {name}" for name, *_ in found}
            if row.command and settings.environment != EMBEDDED:  # whose AWS ends with it
                every = " ".join(name for name, *_ in found)
                commands += [
                    f"{row.what}:",
                    f"    {in_shell(settings.environment, f'echo {every} | xargs -n 1 {row.command}')}",
                ]
    if table.rows:
        console.print(table)
    for line in commands:
        console.print(line, soft_wrap=True, markup=False)
    return kept


def price(row: Row, sizes: list[list[int]] | None = None) -> str:
    """Of all together at most, or of each unit."""
    if row.price is None:
        return "nothing"
    dollars, unit = row.price
    return f"${sum(size for [size] in sizes) * dollars:.2f}" if sizes else f"${dollars} a {unit}"


def _found(context: Context, row: Row) -> list[list[Any]]:
    service, operation, arguments, query = row.ask
    client = context.client(service)

    def ours(key: str) -> bool:  # keys are listed by their ids alone
        if client.describe_key(KeyId=key)["KeyMetadata"]["KeyState"] != "PendingDeletion":
            return False
        tags = {each["TagKey"]: each["TagValue"] for each in client.list_resource_tags(KeyId=key)["Tags"]}
        return all(tags.get(name) == getattr(context.settings, name) for name in ("project", "environment"))

    return [each for each in listed(client, operation, query, arguments) if service != "kms" or ours(each[0])]
