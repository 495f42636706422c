"""Each unit against what its image brings by itself: variables, user, entrypoint, and a root that is read-only."""

import re
import shlex
from configparser import ConfigParser
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
import yaml

from monitoring.bundle import HERE, PINS

IMAGES: dict[str, dict[str, Any]] = yaml.safe_load((HERE / "images.yaml").read_text())
OPTIONS: dict[str, dict[str, Any]] = yaml.safe_load(Path(__file__).with_name("options.yaml").read_text())
CONFIG = "/etc/monitoring/config"
ROOT_USERS = {"", "0", "root"}
each_image = pytest.mark.parametrize("name", sorted(IMAGES))


@dataclass(frozen=True)
class Mount:
    source: str
    writable: bool


@dataclass(frozen=True)
class Container:
    """What `docker run` of a unit makes of its image."""

    image: dict[str, Any]
    options: list[str]
    arguments: list[str]
    configuration: Path | None = None

    def values(self, option: str) -> list[str]:
        pairs = zip(self.options, self.options[1:], strict=False)
        return [value for name, value in pairs if name == option]

    @property
    def environment(self) -> dict[str, str]:
        given = dict(each.split("=", 1) for each in self.values("--env"))
        return {**self.image.get("environment", {}), **given}

    @property
    def user(self) -> str:
        return (self.values("--user") or [self.image["user"]])[0].split(":")[0]

    @property
    def mounts(self) -> dict[str, Mount]:
        found = {path: Mount("", writable=True) for path in [*self.values("--tmpfs"), *self.image.get("volumes", [])]}
        for each in self.values("--mount"):
            fields = {name: value for name, _, value in (field.partition("=") for field in each.split(","))}
            found[fields["target"]] = Mount(fields["source"], writable="readonly" not in fields)
        return found

    def mount(self, path: str) -> Mount | None:
        """The one that path lies on, or None for the image itself."""
        above = [str(each) for each in (PurePosixPath(path), *PurePosixPath(path).parents)]
        return next((self.mounts[each] for each in above if each in self.mounts), None)

    def path(self, name: str) -> str:
        """name is an option, a variable, or a key of the configuration file."""
        if name.startswith("-"):
            return dict(each.split("=", 1) for each in self.arguments)[name]
        if name.isupper():
            return self.environment[name]
        assert self.configuration
        value: Any = yaml.safe_load(self.configuration.read_text())
        for key in name.split("."):
            value = value[key]
        return str(value)


@pytest.fixture
def container(bundle: Path, name: str) -> Container:
    unit = (bundle / f"units/{name}.service").read_text().replace("\\\n", " ")
    [command] = re.findall(r"^ExecStart=(.*)$", unit, re.M)
    words = shlex.split(command)
    place = words.index(PINS["images"][name])
    configuration = bundle / name / f"{name}.yaml"
    return Container(
        IMAGES[name], words[2:place], words[place + 1 :], configuration if configuration.is_file() else None
    )


def test_every_image_is_written_down_at_the_version_that_is_pinned() -> None:
    pinned = {name: re.split("[:@]", image)[1] for name, image in PINS["images"].items()}
    assert {name: image["version"] for name, image in IMAGES.items()} == pinned
    for image in IMAGES.values():
        assert f"/v{image['version'].removeprefix('v')}/" in image["source"]


@each_image
def test_arguments_fit_the_entrypoint(container: Container) -> None:
    ours = [each.split("=")[0] for each in container.arguments]
    assert all(each.startswith("-") for each in ours), "the entrypoint is the program already"
    assert len(set(ours)) == len(ours)
    assert not set(ours) & set(container.image.get("given", [])), "given twice"
    # Ours take the place of the command of the image; what that said has to be said again.
    if ours:
        assert {each.split("=")[0] for each in container.image.get("command", [])} <= set(ours)


@each_image
def test_the_pinned_version_knows_every_option_and_has_deprecated_none(container: Container, name: str) -> None:
    knows = OPTIONS[name]
    assert knows["version"] == IMAGES[name]["version"], f"read {knows['source']} again, at the version that is pinned"
    ours = {each.split("=")[0].lstrip("-") for each in container.arguments}
    assert ours - {*knows["known"]} == set(), f"deprecated: {ours & {*knows.get('deprecated', [])}}"


@each_image
def test_what_is_read_is_mounted_and_what_is_written_is_writable_for_the_user(
    bundle: Path, container: Container
) -> None:
    for name in container.image.get("reads", []):
        path = container.path(name)
        assert container.mount(path), f"{name} is {path}, which is of the image and not ours"
        if path.startswith(CONFIG):
            assert (bundle / PurePosixPath(path).relative_to(CONFIG)).exists(), (
                f"{name} is {path}, which we do not bring"
            )
    assert "--read-only" in container.options
    for name in container.image.get("writes", []):
        path = container.path(name)
        mount = container.mount(path)
        assert mount, f"{name} is {path}, on the root, which is read-only"
        assert mount.writable, f"{name} is {path}, on a mount that is read-only"
        assert mount.source, f"{name} is {path}, which a restart empties"


@each_image
def test_the_user_is_not_root_and_owns_what_it_writes(container: Container) -> None:
    assert container.user not in ROOT_USERS
    script = (HERE / "host" / "mount-data.sh").read_text()
    owners = {
        folder.replace("$DATA", "/var/lib/monitoring"): owner
        for owner, folders in re.findall(r"^install -d -o (\d+) .*?((?: \"\S+\")+)$", script, re.M)
        for folder in re.findall(r'"(\S+)"', folders)
    }
    writable = [mount.source for mount in container.mounts.values() if mount.source and mount.writable]
    assert {source: owners.get(source) for source in writable} == dict.fromkeys(writable, container.user)


def test_no_key_of_grafana_ini_has_a_variable_that_is_taken_instead(bundle: Path) -> None:
    ini = ConfigParser(interpolation=None)
    ini.read(bundle / "grafana/grafana.ini")
    keys = {f"GF_{section}_{key}".upper().replace(".", "_"): key for section in ini.sections() for key in ini[section]}
    assert len(keys) > 10
    assert not keys.keys() & IMAGES["grafana"]["environment"].keys()
    # Else it would write into GF_PATHS_LOGS.
    assert ini["log"]["mode"] == "console"
