"""From environments/<name>.yaml to settings, or to one message with everything that is wrong in the file."""

import difflib
import re
from pathlib import Path

from pydantic import ValidationError

from settings.environment import ENVIRONMENT_NAME, Settings
from settings.messages import errors_of, read_mapping, shown
from settings.offered import doubts
from settings.yaml_file import lines

ENVIRONMENTS = Path(__file__).parents[1] / "environments"


class SettingsError(Exception):
    """The file of an environment cannot be used; str() names every validation error in it and what to write instead."""


def load_settings(environment: str, directory: Path = ENVIRONMENTS) -> Settings:
    """The settings of one environment.

    Raises SettingsError with one message for all validation errors: no such file, broken YAML, wrong or unknown fields.
    """
    names = sorted(found.stem for found in directory.glob("*.yaml"))
    known = ", ".join(names)
    # stacks/ is where cdktf writes, and the commands write into a folder of the environment's name beside it.
    if not re.fullmatch(ENVIRONMENT_NAME, environment) or environment == "stacks":
        raise SettingsError(
            f"ENVIRONMENT={shown(environment)} is no name of an environment: "
            f"write 2 to 16 of a-z, 0-9 and -, and one that there is: {known}"
        )
    path = directory / f"{environment}.yaml"
    name = f"{directory.name}/{path.name}"
    try:
        values = read_mapping(path)
    except FileNotFoundError:
        near = difflib.get_close_matches(environment, names, 1)
        guess = f" (did you mean {near[0]}?)" if near else ""
        raise SettingsError(
            f"{name} does not exist{guess}: set ENVIRONMENT to one of {known}, or write the file"
        ) from None
    except ValueError as error:
        raise SettingsError(f"{name} {error}") from None
    try:
        return Settings.model_validate(values | {"environment": environment})
    except ValidationError as error:
        found = errors_of(error, Settings, lines(path))
        count = "1 validation error" if len(found) == 1 else f"{len(found)} validation errors"
        raise SettingsError("\n".join([f"{name} has {count}:", *found])) from None


def warnings_of(settings: Settings, directory: Path = ENVIRONMENTS) -> list[str]:
    """What AWS may refuse, one line for each value: published data do not know it, and may be older than it."""
    path = directory / f"{settings.environment}.yaml"
    return [
        f"{directory.name}/{path.name}, line {lines(path)(place)}: {'.'.join(map(str, place))} = {shown(value)} {doubt}"
        for place, value, doubt in doubts(settings)
    ]
