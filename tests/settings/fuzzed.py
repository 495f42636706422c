"""What has to become of any settings file: valid Terraform with names that AWS takes, or a refusal that helps."""

import json
import re
import signal
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from settings import Settings, SettingsError, load_settings, warnings_of
from tests.conftest import Template, templates_of
from tests.iam.test_names import named, refused
from tests.test_validate import validated

HANGS = 60  # seconds
HEADS = re.compile(r"environments/fuzzed\.yaml (has \d+ validation errors?:\n|is |cannot be read: )")
REMEDY = re.compile(
    r"\b(write|did you mean|name it once|name one of them|take it from|leave it out|list the networks|put|has to be)\b"
)


def accepted(text: bytes, folder: Path) -> Settings | None:
    """The settings, or None after a refusal that says where and what to write."""
    environments = folder / "environments"
    environments.mkdir()
    (environments / "fuzzed.yaml").write_bytes(text)
    try:
        found = load_settings("fuzzed", environments)
    except SettingsError as error:
        head, *lines = str(error).split("\n")
        assert HEADS.match(f"{head}\n"), head
        assert lines or REMEDY.search(head), head
        for line in lines:
            assert re.match(r"  line \d+: .", line), line
            assert REMEDY.search(line), line
        return None
    for warning in warnings_of(found, environments):
        assert warning.startswith("environments/fuzzed.yaml, line "), warning
    return found


def synthesized(text: bytes) -> dict[str, Template]:
    """Each stack, or none after a refusal."""
    with tempfile.TemporaryDirectory() as name, ended_after(HANGS):
        folder = Path(name)
        found = accepted(text, folder)
        if found is None:
            left = {path.name for path in folder.rglob("*") if path.is_file()}
            assert left == {"fuzzed.yaml"}, left
            return {}
        templates = templates_of(found, folder)
        assert templates, "it was accepted, and nothing is written"
        wrong = refused(named(templates, found.names.prefix))
        assert not wrong, wrong
        return templates


@contextmanager
def ended_after(seconds: int) -> Iterator[None]:
    """Raises TimeoutError in what takes longer."""

    def end(*_: object) -> None:
        raise TimeoutError(f"after {seconds} s")

    before = signal.signal(signal.SIGALRM, end)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


class Sample:
    """Stacks of files that were accepted, which no environment that is shipped has: at most `size`, each once."""

    def __init__(self, shipped: Iterable[Template], size: int) -> None:
        self._size = size
        self._seen = {json.dumps(template) for template in shipped}
        self._stacks: dict[str, tuple[Template, bytes]] = {}

    def check(self, text: bytes) -> None:
        for name, template in synthesized(text).items():
            written = json.dumps(template)
            # Those of Kubernetes have providers that are in no mirror: tests/kubernetes/test_plan.py has their schemas.
            if "aws" in template["provider"] and written not in self._seen and len(self._stacks) < self._size:
                self._seen.add(written)
                self._stacks[f"{name}_{len(self._stacks)}"] = template, text

    def errors(self, folder: Path) -> list[str]:
        """What Terraform says of them, each with the file."""
        if not self._stacks:
            return ["no file was accepted that becomes another stack"]
        files = {name: text.decode(errors="replace") for name, (_, text) in self._stacks.items()}
        told = validated({name: template for name, (template, _) in self._stacks.items()}, folder)
        return [f"{each}\n{files.get(each.partition('/')[0], 'of no file')}" for each in told]
