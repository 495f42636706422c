"""The check of settings files that nobody would write sees each way in which it can be broken."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from settings import Settings, SettingsError, load_settings
from settings.loading import ENVIRONMENTS
from tests.conftest import ROOT, Template, templates_of
from tests.settings import fuzzed
from tests.settings.fuzzed import Sample

pytestmark = pytest.mark.slow

LOCAL = (ENVIRONMENTS / "local.yaml").read_bytes()


def _half_written(name: str, environments: Path) -> Settings:
    (environments / "half.json").touch()
    raise SettingsError(f"environments/{name}.yaml has 1 validation error:\n  line 1: region: write us-east-1")


def _without_a_remedy(name: str, _: Path) -> Settings:
    raise SettingsError(f"environments/{name}.yaml has 1 validation error:\n  line 1: region: bad")


def _without_a_line(name: str, _: Path) -> Settings:
    raise SettingsError(f"environments/{name}.yaml has 1 validation error:\n  region: write us-east-1")


def _hangs(*_: object) -> Settings:
    time.sleep(5)
    return load_settings("local")


def _fails(*_: object) -> Settings:
    raise KeyError("region")


@pytest.mark.parametrize(
    ("loads", "error", "told"),
    [
        (_half_written, AssertionError, "half.json"),
        (_without_a_remedy, AssertionError, "region: bad"),
        (_without_a_line, AssertionError, "region: write us-east-1"),
        (_hangs, TimeoutError, "after 1 s"),
        (_fails, KeyError, "region"),
    ],
)
def test_a_bad_refusal_is_seen(
    monkeypatch: pytest.MonkeyPatch, loads: Callable[[str, Path], Settings], error: type[Exception], told: str
) -> None:
    monkeypatch.setattr(fuzzed, "load_settings", loads)
    monkeypatch.setattr(fuzzed, "HANGS", 1)
    with pytest.raises(error, match=told):
        fuzzed.synthesized(LOCAL)


def test_what_terraform_does_not_take_is_seen_with_its_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def mistyped(settings: Settings, folder: Path) -> dict[str, Template]:
        templates = templates_of(settings, folder)
        for repository in templates["registry"]["resource"]["aws_ecr_repository"].values():
            repository["image_tag_mutability"] = "SOMETIMES"
        return templates

    monkeypatch.setattr(fuzzed, "templates_of", mistyped)
    sample = Sample([], 10)
    sample.check(LOCAL)
    told, *_ = sample.errors(tmp_path)
    assert re.match(r"registry_\d/cdk\.tf\.json: expected image_tag_mutability to be one of", told)
    assert told.endswith(LOCAL.decode())


def test_that_nothing_is_written_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fuzzed, "templates_of", lambda *_: {})
    with pytest.raises(AssertionError, match="nothing is written"):
        fuzzed.synthesized(LOCAL)


def test_a_name_that_aws_does_not_take_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    def longer(settings: Settings, folder: Path) -> dict[str, Template]:
        templates = templates_of(settings, folder)
        for repository in templates["registry"]["resource"]["aws_ecr_repository"].values():
            repository["name"] *= 20
        return templates

    monkeypatch.setattr(fuzzed, "templates_of", longer)
    with pytest.raises(AssertionError, match="realworld"):
        fuzzed.synthesized(LOCAL)


def test_a_sample_of_nothing_is_seen(tmp_path: Path) -> None:
    assert Sample([], 10).errors(tmp_path) == ["no file was accepted that becomes another stack"]


@pytest.mark.parametrize("where", [{}, {"CI": "true"}], ids=["here", "in CI"])
@pytest.mark.parametrize(
    ("command", "profile", "differs"),
    [
        (["make", "fuzz"], "fuzz", "max_examples=1666"),
        ([sys.executable, "-m", "pytest", "tests/settings/test_fuzz.py"], "test", "derandomize=True"),
    ],
    ids=["make fuzz", "pytest"],
)
def test_the_files_are_as_many_wherever_they_are_tried(
    where: dict[str, str], command: list[str], profile: str, differs: str
) -> None:
    variables = {name: value for name, value in os.environ.items() if name not in ("CI", "GITHUB_ACTIONS")}
    variables |= where | {"PYTEST_ADDOPTS": "--collect-only --verbose"}
    ran = subprocess.run(command, cwd=ROOT, env=variables, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert re.search(rf"hypothesis profile '{profile}' -> .*{differs}.*function_scoped_fixture", ran.stdout)
