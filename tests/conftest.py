"""Synthesized Terraform as plain dicts, so that a failing assert prints a readable diff."""

import json
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest

from imports.engine import App, TerraformStack, Testing
from main import build
from operations.cluster.programs import NoProgram, carried
from settings import Settings, load_settings

Testing.__test__ = False  # cdktf.Testing is not a test class, whatever its name suggests

Template = dict[str, Any]
ROOT = Path(__file__).parents[1]
ENVIRONMENTS = sorted(path.stem for path in (ROOT / "environments").glob("*.yaml"))


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


Platform = Callable[[str], dict[str, Template]]


@pytest.fixture(scope="session")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Platform:
    """Every stack of an environment as main.py writes it. Each environment is synthesized once."""
    synthesized: dict[str, dict[str, Template]] = {}

    def synthesize(environment: str) -> dict[str, Template]:
        if environment not in synthesized:
            directory = tmp_path_factory.mktemp(environment)
            app = App(outdir=str(directory))
            build(app, load_settings(environment))
            app.synth()
            synthesized[environment] = {
                path.parent.name: json.loads(path.read_text()) for path in directory.glob("stacks/*/cdk.tf.json")
            }
        return synthesized[environment]

    return synthesize


@pytest.fixture(scope="session")
def _helm() -> None:
    """For tests that render charts: where no helm can be had, they are skipped, and say so."""
    try:
        carried("helm")
    except NoProgram as error:
        pytest.skip(str(error))
