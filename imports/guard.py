"""An error where CDKTF would lose data without a word.

A plain dict inside a list of blocks reaches the engine as it is, and the engine drops every key with an underscore:
ingress=[{"from_port": 443, "protocol": "tcp"}] becomes [{"protocol": "tcp"}] (hashicorp/terraform-cdk issue 280).
A single block given as a dict is converted, and so are struct classes in a list: both pass, as do maps such as tags.
"""

import importlib
from collections.abc import Iterator
from typing import Any


def install() -> None:
    """Check the arguments of every construct from now on. Raises TypeError where some would be lost."""
    meta = importlib.import_module("jsii._runtime").JSIIMeta
    construct = meta.__call__

    def checked(cls: Any, *args: Any, **arguments: Any) -> Any:
        if hasattr(cls, "is_terraform_element"):
            for name, value in arguments.items():
                for path, keys in _lost(value, name, _hint(cls, name)):
                    raise TypeError(
                        f"{cls.__name__}: {path} is a plain dict in a list of blocks, of which CDKTF loses "
                        f"{', '.join(keys)}: write the struct class, such as {cls.__name__}{_camel(name)}(...)"
                    )
            arguments = {name: _listed(value, _hint(cls, name)) for name, value in arguments.items()}
        return construct(cls, *args, **arguments)

    meta.__call__ = checked


def _hint(cls: Any, name: str) -> str:
    return str(getattr(cls.__init__, "__annotations__", {}).get(name, ""))


def _listed(value: Any, hint: str) -> Any:
    """Bindings of CDK Terrain want a list where those of CDKTF, and Terraform, take a single block as well."""
    return [value] if "Sequence[" in hint and hasattr(value, "_values") else value


def _lost(value: Any, path: str, hint: str) -> Iterator[tuple[str, list[str]]]:
    """The plain dicts in lists that have keys with an underscore."""
    # Only a block may be given as a Dict; a free-form map is a Mapping, and keeps its keys.
    if "Dict[" not in hint:
        return
    if isinstance(value, list | tuple):
        for index, block in enumerate(value):
            here = f"{path}[{index}]"
            if isinstance(block, dict) and (keys := [key for key in block if "_" in str(key)]):
                yield here, keys
            else:
                yield from _lost(block, here, hint)
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from _lost(inner, f"{path}.{name}", hint)
    elif isinstance(fields := getattr(value, "_values", None), dict):
        for name, inner in fields.items():
            yield from _lost(inner, f"{path}.{name}", _hint(type(value), name))


def _camel(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("_"))
