"""Where Terraform finds its providers: a mirror on this machine, or the registry."""

from collections.abc import Mapping
from pathlib import Path

from operations import LOCAL, OperationError

REGISTRY = "registry.terraform.io"
USUAL_PLACES = (
    "/usr/share/terraform",
    "/usr/share/terraform/*",
    "/usr/local/share/terraform",
    "/usr/local/share/terraform/*",
    "/opt/*",
)


def find_mirror(environment: Mapping[str, str], places: tuple[str, ...] = USUAL_PLACES) -> Path | None:
    """The folder that holds registry.terraform.io/, or None. TF_PROVIDER_MIRROR names it; else the usual places do.

    Raises OperationError when TF_PROVIDER_MIRROR names a folder without one.
    """
    if named := environment.get("TF_PROVIDER_MIRROR"):
        if not (Path(named) / REGISTRY).is_dir():
            raise OperationError(f"TF_PROVIDER_MIRROR={named} holds no folder {REGISTRY}: name one that does, or none")
        return Path(named)
    folders = (folder for place in places for folder in sorted(Path("/").glob(place.lstrip("/"))))
    return next((folder for folder in folders if (folder / REGISTRY).is_dir()), None)


def cli_environment(environment: Mapping[str, str], directory: Path = LOCAL) -> dict[str, str]:
    """The variables that tell Terraform where its providers are.

    A configuration of the user's own wins. Without one, a mirror is used for the providers that it holds. With
    neither, downloads are shared between the stacks.
    """
    configured = environment.get("TF_CLI_CONFIG_FILE")
    if (configured and Path(configured).is_file()) or (not configured and (Path.home() / ".terraformrc").is_file()):
        return {"TF_CLI_CONFIG_FILE": configured} if configured else {}

    directory.mkdir(parents=True, exist_ok=True)
    configuration = directory / "terraform.rc"
    mirror = find_mirror(environment)
    if mirror is None:
        cache = directory / "providers"
        cache.mkdir(exist_ok=True)
        _write(configuration, "")
        return {"TF_CLI_CONFIG_FILE": str(configuration), "TF_PLUGIN_CACHE_DIR": str(cache)}

    held = sorted(f"{REGISTRY}/{path.parent.name}/{path.name}" for path in (mirror / REGISTRY).glob("*/*"))
    quoted = ", ".join(f'"{provider}"' for provider in held)
    _write(
        configuration,
        "provider_installation {\n"
        f'  filesystem_mirror {{\n    path    = "{mirror}"\n    include = [{quoted}]\n  }}\n'
        f"  direct {{\n    exclude = [{quoted}]\n  }}\n"
        "}\n",
    )
    return {"TF_CLI_CONFIG_FILE": str(configuration)}


def _write(path: Path, text: str) -> None:
    """Only what is new: Terraform of another environment may be reading it now."""
    if not path.is_file() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")
