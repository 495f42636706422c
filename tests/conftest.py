"""Synthesized Terraform as plain dicts, so that a failing assert prints a readable diff."""

import fcntl
import json
import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from imports.engine import App, TerraformStack, Testing
from main import build
from operations.cluster.programs import NoProgram, carried
from settings import Settings, load_settings

Testing.__test__ = False  # cdktf.Testing is not a test class, whatever its name suggests

Template = dict[str, Any]
ROOT = Path(__file__).parents[1]
ENVIRONMENTS = sorted(path.stem for path in (ROOT / "environments").glob("*.yaml"))

# pytest reads twenty thousand lines into its own bytecode: each worker does so again where that is not kept.
sys.dont_write_bytecode, sys.pycache_prefix = False, str(ROOT / ".local" / "bytecode")

# Terraform, its providers, promtool and helm, wherever a test starts them: see FEWER_COLLECTIONS.
os.environ.setdefault("GOGC", "400")

# Workers take these first, the longest one before all others: it decides when the last worker ends.
LONGEST = (
    "tests/e2e/test_lifecycle.py",
    "tests/e2e/test_changes.py",
    "tests/e2e/test_upgrades.py",
    "tests/adoption/test_adoption.py",
    "tests/ansible/test_life.py",
    "tests/ansible/test_upgrade.py",
    "tests/monitoring/test_host.py",
    "tests/monitoring/test_rules.py",
    "tests/kubernetes/test_plan.py",
)
# Of these, each test goes to whichever worker is free. All others stay together file by file, for their fixtures.
APART = ("tests/monitoring/test_host.py", "tests/monitoring/test_rules.py")


def file_of(nodeid: str) -> str:
    return nodeid.split("::")[0]


def pytest_configure() -> None:
    """Under nohup and in the background signals are ignored, and stay so in what is started; a handler does not."""
    for number in (signal.SIGHUP, signal.SIGINT):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, lambda *_: None)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: [*LONGEST, file_of(item.nodeid)].index(file_of(item.nodeid)))


class Lanes(LoadScopeScheduling):  # type: ignore[misc]  # it has no types
    """What the workers of `make test` share out among them, in the order in which it was collected."""

    def _split_scope(self, nodeid: str) -> str:
        return nodeid if file_of(nodeid) in APART else file_of(nodeid)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Lanes:
    config.option.loadscopereorder = False
    return Lanes(config, log)


@pytest.fixture
def stack() -> TerraformStack:
    """An empty stack to hold the module under test."""
    return TerraformStack(Testing.app(), "test")


def synth(stack: TerraformStack) -> Template:
    return cast(Template, json.loads(Testing.synth(stack)))


def all_of(template: Template, kind: str) -> list[dict[str, Any]]:
    """Every resource of this kind, whatever its address."""
    return list(template.get("resource", {}).get(kind, {}).values())


def only(template: Template, kind: str) -> dict[str, Any]:
    """The one resource of this kind, whatever its address."""
    [resource] = all_of(template, kind)
    return resource


def addresses(template: Template) -> list[str]:
    return sorted(f"{kind}.{name}" for kind, named in template.get("resource", {}).items() for name in named)


def changed(settings: Settings, **areas: Any) -> Settings:
    """The settings with some fields of some areas changed, and validated again: changed(s, vpc={"nat": "one"})."""
    values = settings.model_dump(mode="json")
    for area, fields in areas.items():
        values[area] = values[area] | fields if isinstance(fields, dict) else fields
    return Settings.model_validate(values)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait(what: Callable[[], bool], seconds: float = 60) -> bool:
    """Whether it became true in that time."""
    until = time.monotonic() + seconds
    while not (done := what()) and time.monotonic() < until:
        time.sleep(0.5)
    return done


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Whoever makes something that is kept in this folder does so while all other workers wait."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


Platform = Callable[[str], dict[str, Template]]


def templates_of(settings: Settings, folder: Path) -> dict[str, Template]:
    """Every stack of these settings, in the order of main.py, which writes them into the folder, with the manifest."""
    app = App(outdir=str(folder))
    build(app, settings)
    app.synth()
    names = [child.node.id for child in app.node.children]
    return {name: json.loads((folder / "stacks" / name / "cdk.tf.json").read_text()) for name in names}


@pytest.fixture(scope="session")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Platform:
    """Every stack of an environment as main.py writes it. Each environment is synthesized once."""
    synthesized: dict[str, dict[str, Template]] = {}

    def synthesize(environment: str) -> dict[str, Template]:
        if environment not in synthesized:
            folder = tmp_path_factory.mktemp(environment)
            synthesized[environment] = templates_of(load_settings(environment), folder)
        return synthesized[environment]

    return synthesize


@pytest.fixture(scope="session")
def _helm() -> None:
    """For tests that render charts: where no helm can be had, they are skipped, and say so."""
    try:
        carried("helm")
    except NoProgram as error:
        pytest.skip(str(error))
