"""Tables that can be read on any terminal."""

from collections.abc import Sequence

from rich.console import Console, ConsoleOptions, RenderResult
from rich.markup import escape
from rich.table import Table

NARROW = 100  # columns


def plain(*columns: str) -> Table:
    """A table without lines."""
    return Table(*columns, box=None, pad_edge=False, padding=(0, 2, 0, 0))


class Sheet:
    """Rows of a name, numbers, and a text, which stands below the table where the terminal is narrow."""

    def __init__(self, *columns: str) -> None:
        self._columns = columns
        self.rows: list[Sequence[str]] = []

    def add_row(self, *cells: str) -> None:
        self.rows.append(cells)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        narrow = options.max_width < NARROW
        first, *numbers, text = self._columns
        table = plain()
        table.add_column(first, no_wrap=True)
        for name in numbers:
            table.add_column(name, justify="right", min_width=len(name))
        if not narrow:
            table.add_column(text, overflow="fold")
        for row in self.rows:
            table.add_row(*map(escape, row[:-1] if narrow else row))
        yield table
        if narrow:
            for name, *_, said in self.rows:
                yield from (f"{escape(name)}: {escape(line)}" for line in said.splitlines())
