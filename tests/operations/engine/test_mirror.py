"""Terraform finds its providers on this machine where somebody has put them, and in the registry elsewhere."""

from pathlib import Path

import pytest

from operations import OperationError
from operations.engine import mirror
from operations.engine.mirror import REGISTRY, cli_environment, find_mirror


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))


def mirror_at(path: Path) -> Path:
    (path / REGISTRY / "hashicorp" / "aws").mkdir(parents=True)
    return path


def test_the_named_folder_wins_and_has_to_be_a_mirror(tmp_path: Path) -> None:
    usual, named = mirror_at(tmp_path / "usual"), mirror_at(tmp_path / "named")

    assert find_mirror({"TF_PROVIDER_MIRROR": str(named)}, (str(usual),)) == named
    with pytest.raises(OperationError, match=r"TF_PROVIDER_MIRROR=/nowhere holds no folder registry\.terraform\.io"):
        find_mirror({"TF_PROVIDER_MIRROR": "/nowhere"}, (str(usual),))


def test_usual_places_are_searched(tmp_path: Path) -> None:
    found = mirror_at(tmp_path / "opt" / "terraform-mirror")

    assert find_mirror({}, (f"{tmp_path}/none", f"{tmp_path}/opt/*")) == found
    assert find_mirror({}, (f"{tmp_path}/none",)) is None


def test_a_mirror_serves_what_it_holds_and_the_registry_the_rest(tmp_path: Path) -> None:
    found = mirror_at(tmp_path / "mirror")

    variables = cli_environment({"TF_PROVIDER_MIRROR": str(found)}, tmp_path / "local")

    configuration = Path(variables["TF_CLI_CONFIG_FILE"]).read_text()
    assert f'path    = "{found}"' in configuration
    assert configuration.count('["registry.terraform.io/hashicorp/aws"]') == 2
    assert "TF_PLUGIN_CACHE_DIR" not in variables


def test_a_file_that_another_command_may_read_now_is_left_as_it_is(tmp_path: Path) -> None:
    found = mirror_at(tmp_path / "mirror")
    written = Path(cli_environment({"TF_PROVIDER_MIRROR": str(found)}, tmp_path)["TF_CLI_CONFIG_FILE"])
    before = written.stat().st_mtime_ns

    cli_environment({"TF_PROVIDER_MIRROR": str(found)}, tmp_path)

    assert written.stat().st_mtime_ns == before


def test_without_a_mirror_downloads_are_shared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mirror, "find_mirror", lambda _: None)

    variables = cli_environment({}, tmp_path)

    assert variables["TF_PLUGIN_CACHE_DIR"] == str(tmp_path / "providers")
    assert Path(variables["TF_CLI_CONFIG_FILE"]).read_text() == ""


def test_a_configuration_of_ones_own_is_left_alone(tmp_path: Path) -> None:
    own = tmp_path / "own.rc"
    own.touch()
    assert cli_environment({"TF_CLI_CONFIG_FILE": str(own)}, tmp_path) == {"TF_CLI_CONFIG_FILE": str(own)}

    (tmp_path / "home").mkdir()
    (tmp_path / "home" / ".terraformrc").touch()
    assert cli_environment({}, tmp_path) == {}


def test_a_configuration_that_does_not_exist_is_ignored(tmp_path: Path) -> None:
    assert cli_environment({"TF_CLI_CONFIG_FILE": "none.rc"}, tmp_path)["TF_CLI_CONFIG_FILE"] != "none.rc"
