"""Whatever a settings file is or holds, one message says what is wrong with it, where, and what to write instead."""

import os
import re
import time
from pathlib import Path

import pytest

from settings import SettingsError, load_settings
from settings.loading import ENVIRONMENTS


def message(directory: Path, environment: str = "blue") -> str:
    with pytest.raises(SettingsError) as error:
        load_settings(environment, directory)
    return str(error.value)


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    folder = tmp_path / "environments"
    folder.mkdir()
    (folder / "green.yaml").touch()
    return folder


LAUGHS = "\n".join(["l0: &l0 lol", *(f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 9)}]" for n in range(1, 12))])
MERGES = "\n".join(
    ["l0: &l0 {a: 1}", *(f"l{n}: &l{n} {{<<: [{', '.join([f'*l{n - 1}'] * 9)}]}}" for n in range(1, 12))]
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "is empty: write a mapping that starts with project: <name>"),
        ("# nothing yet\n", "is empty: write a mapping that starts with project: <name>"),
        ("- vpc\n", "is a list: write a mapping that starts with project: <name>"),
        ("project\n", "is a single value: write a mapping that starts with project: <name>"),
        (
            "vpc: [10.0.0.0/16\nregion: x",
            "line 2, column 7: while parsing a flow sequence, expected ',' or ']', but got ':'",
        ),
        (
            "vpc:\n\tcidr: x",
            "line 2, column 1: while scanning for the next token, found character '\\t' that cannot start any token",
        ),
        ("a: 1\n---\nb: 1", "line 2, column 1: expected a single document in the stream, but found another document"),
        ("a: \x00", "line 1, column 4: the character '\\x00' cannot be in YAML"),
        ("a: 1\nvpc:\n  cidr: x\n  cidr: y", "line 4, column 3: the key 'cidr' is written twice"),
        ("a: 1\n[x, y]: 1", "line 2, column 1: a sequence cannot be a key: write the name of a setting"),
        ("a: 1\n? {x: 1}\n: 1", "line 2, column 3: a mapping cannot be a key: write the name of a setting"),
        ("2026-11-25: x", "line 1, column 1: the key '2026-11-25' is no text for YAML: put it in quotes"),
        ("vpc:\n  1: x", "line 2, column 3: the key '1' is no text for YAML: put it in quotes"),
        ("on: x", "line 1, column 1: the key 'on' is no text for YAML: put it in quotes"),
        ("a: &a [*a]", "line 1, column 8: the alias *a stands inside of what it names"),
        ("a: &a {b: *a}", "line 1, column 11: the alias *a stands inside of what it names"),
        ("a: *b", "line 1, column 4: found undefined alias 'b'"),
        ("a: !!bool 4", "line 1, column 4: '4' is no bool"),
        ("a: !!int four", "line 1, column 4: 'four' is no int"),
        ("a: 2026-13-45", "line 1, column 4: '2026-13-45' is no timestamp"),
        ("a: !!timestamp x", "line 1, column 4: 'x' is no timestamp"),
        ("a: !!set [x]", "line 1, column 4: expected a mapping node, but found sequence"),
        ("a: !!python/object:os.system {}", "line 1, column 4: could not determine a constructor for the tag"),
        ("a: .nan", "line 1, column 4: '.nan' is too large for a number, or is none"),
        ("a: -.inf", "line 1, column 4: '-.inf' is too large for a number, or is none"),
        (f"a: {'9' * 5000}", f"line 1, column 4: '{'9' * 57}...' is no int"),
        (f"a: 0x{'f' * 5000}", f"line 1, column 4: '0x{'f' * 55}...' is too large for a number, or is none"),
        ('a: "\\ud800"', "line 1, column 4: '\\ud800' is no str"),
        (f"a: {'[' * 5000}{']' * 5000}", "line 1, column 23: is nested more than 20 deep"),
        (f"a: {'{b: ' * 5000}{'}' * 5000}", "line 1, column 77: is nested more than 20 deep"),
        (LAUGHS, "line 6, column 5: holds more than 10000 entries, counting each alias"),
        (MERGES, "line 5, column 14: holds more than 10000 entries, counting each alias"),
        (f"a: [{'1, ' * 20000}]", "line 1, column 4: holds more than 10000 entries, counting each alias"),
        (f"a: {'b' * 2_000_000}", "it is larger than 1 MB"),
    ],
    ids=lambda text: text[:20],
)
def test_a_file_that_cannot_be_used_is_one_message(directory: Path, text: str, expected: str) -> None:
    (directory / "blue.yaml").write_text(text)
    began = time.process_time()

    found = message(directory)

    assert time.process_time() - began < 5  # an alias in an alias in an alias would take years
    prefix = (
        "environments/blue.yaml cannot be read: " if expected.startswith(("line", "it")) else "environments/blue.yaml "
    )
    assert found.startswith(prefix + expected)
    assert "\n" not in found


def test_bytes_that_are_no_text_are_named_by_their_place(directory: Path) -> None:
    (directory / "blue.yaml").write_bytes(b"project: x\nregion: \xff\xfe\n")

    assert "line 2, column 9: the byte 0xff is not UTF-8" in message(directory)


def test_what_people_use_of_yaml_works(directory: Path) -> None:
    """Comments, quotes, anchors and merges: the message is about the settings, not about the file."""
    text = 'vpc: &vpc {"cidr": x}  # mine\neks: {<<: *vpc}\n'
    (directory / "blue.yaml").write_text(text)

    assert "environments/blue.yaml has" in message(directory)


def test_each_error_has_its_line(directory: Path) -> None:
    text = (ENVIRONMENTS / "production.yaml").read_text()
    for old, new in {
        "region: us-east-1": "region: mars",
        "us-east-1b,": "b,",
        "nat: per_zone": "natt: one",
        "min_size: 3": "min_size: three",
        "multi_az: true": "multi_az: true\n  alarm_emails:\n    - a@example.com\n    - nobody",
    }.items():
        assert text.count(old) == 1
        text = text.replace(old, new)
    text += "\nmonitoring_: 1\n"
    (directory / "blue.yaml").write_text(text)
    number = {line.strip(): count for count, line in enumerate(text.splitlines(), 1)}

    found = re.findall(r"^  line (\d+): (\S+)", message(directory), re.MULTILINE)

    assert {name: int(line) for line, name in found} == {
        "region": number["region: mars"],
        "vpc.zones.1": number["zones: [us-east-1a, b, us-east-1c]"],
        "vpc.nat": number["vpc:"],
        "vpc.natt": number["natt: one"],
        "eks.node_groups.general.min_size": number["min_size: three"],
        "database.alarm_emails.1": number["- nobody"],
        "monitoring_": number["monitoring_: 1"],
    }


@pytest.mark.parametrize("name", ["../green", "a/b", "x" * 300, "gr\0een", "", "Green", "grün", ".", "-x", "stacks"])
def test_a_name_that_no_environment_can_have(directory: Path, name: str) -> None:
    found = message(directory, name)

    advice = " is no name of an environment: write 2 to 16 of a-z, 0-9 and -, and one that there is: green"
    assert re.fullmatch(rf'ENVIRONMENT="[^\0\n]{{0,59}}{advice}', found)


def test_a_file_that_is_not_there(directory: Path) -> None:
    assert message(directory) == (
        "environments/blue.yaml does not exist: set ENVIRONMENT to one of green, or write the file"
    )


def test_what_is_no_file(directory: Path) -> None:
    (directory / "folder.yaml").mkdir()
    (directory / "loop.yaml").symlink_to("loop.yaml")
    (directory / "nowhere.yaml").symlink_to("gone.yaml")
    (directory / "device.yaml").symlink_to("/dev/zero")
    os.mkfifo(directory / "pipe.yaml")

    assert message(directory, "folder") == "environments/folder.yaml is no file: write a file of that name"
    assert message(directory, "device") == "environments/device.yaml is no file: write a file of that name"
    assert message(directory, "pipe") == "environments/pipe.yaml is no file: write a file of that name"
    assert "cannot be read: Too many levels of symbolic links" in message(directory, "loop")
    assert "does not exist" in message(directory, "nowhere")
