"""YAML, read so strictly that whatever a file says becomes values, or one sentence with the place of what is wrong."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import yaml

MOST_BYTES = 1_000_000
MOST_ENTRIES = 10_000
DEEPEST = 20
LARGEST = 2**53  # beyond it JavaScript, in which the engine is written, rounds
STRING, MERGE = "tag:yaml.org,2002:str", "tag:yaml.org,2002:merge"


class StrictLoader(yaml.SafeLoader):
    """A SafeLoader that always ends, and only with what JSON has as well.

    It refuses what YAML takes silently: a key written twice, of which the second would win, and a key that is no text,
    such as 1, on or 2026-11-25. Aliases are counted as often as they stand, so a small file cannot become a large one.
    """

    def __init__(self, stream: str) -> None:
        super().__init__(stream)
        self._depth = 0
        self._entries: dict[yaml.Node, int] = {}

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        event = self.peek_event()  # type: ignore[no-untyped-call]
        if self._depth == DEEPEST:
            raise _refused(event.start_mark, f"is nested more than {DEEPEST} deep: write it flatter")
        self._depth += 1
        node: yaml.Node = super().compose_node(parent, index)  # type: ignore[assignment]
        self._depth -= 1
        if node not in self._entries:
            if isinstance(event, yaml.AliasEvent):
                raise _refused(
                    event.start_mark, f"the alias *{event.anchor} stands inside of what it names: write the values"
                )
            self._entries[node] = 1 + sum(self._entries[child] for child in _children(node))
        if self._entries[node] > MOST_ENTRIES:
            raise _refused(
                event.start_mark, f"holds more than {MOST_ENTRIES} entries, counting each alias: write fewer"
            )
        return node

    def compose_mapping_node(self, anchor: Any) -> yaml.MappingNode:
        node = super().compose_mapping_node(anchor)
        seen = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise _refused(key.start_mark, f"a {key.id} cannot be a key: write the name of a setting")
            if key.tag not in (STRING, MERGE):
                raise _refused(key.start_mark, f"the key {_shown(key)} is no text for YAML: put it in quotes")
            if key.value in seen:
                raise _refused(key.start_mark, f"the key {_shown(key)} is written twice: write it once")
            seen.add(key.value)
        return node

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        try:
            value = super().construct_object(node, deep)
            if isinstance(value, str):
                value.encode()  # an escape can write half of a character
        except (AttributeError, KeyError, OverflowError, TypeError, ValueError):
            raise _refused(
                node.start_mark, f"{_shown(node)} is no {node.tag.split(':')[-1]}: write another value"
            ) from None
        if isinstance(value, int | float) and not abs(value) < LARGEST:  # which nan is not either
            raise _refused(node.start_mark, f"{_shown(node)} is too large for a number, or is none: write another")
        return value


def load(path: Path) -> Any:
    """What is in the file. Raises FileNotFoundError, or ValueError with the end of a sentence on the file."""
    try:
        if path.exists() and not path.is_file():  # to read a pipe or a device may take for ever
            raise ValueError("is no file: write a file of that name")
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise ValueError(f"cannot be read: {error.strerror}") from None
    if len(data) > MOST_BYTES:
        raise ValueError(f"cannot be read: it is larger than {MOST_BYTES // 10**6} MB: leave out what is no setting")
    try:
        text = data.decode()
        return yaml.load(text, StrictLoader)
    except UnicodeDecodeError as error:
        problem = f"the byte {data[error.start]:#x} is not UTF-8: write the file in UTF-8"
        raise _unreadable(data[: error.start].decode(), problem) from None
    except yaml.reader.ReaderError as error:
        problem = f"the character {text[error.position]!r} cannot be in YAML: leave it out"
        raise _unreadable(text[: error.position], problem) from None
    except yaml.MarkedYAMLError as error:
        mark: Any = error.problem_mark or error.context_mark
        problem = ", ".join(filter(None, (error.context, error.problem)))
        if type(error) is not yaml.MarkedYAMLError:  # of the parser itself, which does not say what to write
            problem += ": write YAML there, as environments/local.yaml has it"
        raise ValueError(f"cannot be read: line {mark.line + 1}, column {mark.column + 1}: {problem}") from None


def lines(path: Path) -> Callable[[Sequence[Any]], int]:
    """The line of a key in a file that has been loaded, as line(["vpc", "zones", 1]), or of what it is missing in."""
    root: Any = yaml.compose(path.read_text(encoding="utf-8"), StrictLoader)

    def line(keys: Sequence[Any]) -> int:
        node, at = root, root
        for key in keys:
            if isinstance(node, yaml.MappingNode):
                at, node = next(((name, each) for name, each in node.value if name.value == key), (at, None))
            elif isinstance(node, yaml.SequenceNode) and isinstance(key, int):
                at = node = node.value[key]
        return int(at.start_mark.line) + 1

    return line


def _unreadable(before: str, problem: str) -> ValueError:
    line = before.count("\n") + 1
    column = len(before) - before.rfind("\n")
    return ValueError(f"cannot be read: line {line}, column {column}: {problem}")


def _children(node: yaml.Node) -> Iterator[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        for pair in node.value:
            yield from pair
    elif isinstance(node, yaml.SequenceNode):
        yield from node.value


def _refused(mark: Any, problem: str) -> yaml.MarkedYAMLError:
    return yaml.MarkedYAMLError(problem=problem, problem_mark=mark)


def _shown(node: yaml.Node) -> str:
    text = str(node.value)
    return repr(text if len(text) <= 60 else f"{text[:57]}...")
