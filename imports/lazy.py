"""Provider bindings that load a module on first use, in Python and in the Node.js process behind it.

Figures and the search for them: a platform of 48 classes took 28 CPU seconds and 1.6 GB as shipped, 3 and 0.3 with
this module (hashicorp/terraform-cdk issue 3753 is about the same). Whatever fails in here is reported as a warning,
and the bindings are then loaded as shipped.
"""

import importlib
import importlib.util
import os
import shutil
import sys
import typing
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

from imports import EngineError

HOOK = Path(__file__).with_name("lazy_index.cjs")


def prepare() -> None:
    """Start the engine's Node.js process, and make what is installed of the bindings lazy.

    Raises EngineError when there is no Node.js.
    """
    node = os.environ.get("JSII_NODE", "node")
    if shutil.which(node) is None:
        raise EngineError(f"Node.js was not found as {node!r}: install version 20 or 22, or name it in JSII_NODE")
    # The value is the major version that the eleven lines about its end of life are left out for.
    with _environment(JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION="20"):
        if _as_shipped():
            importlib.import_module("constructs")
            return
        if "constructs" in sys.modules:
            warnings.warn("the engine was loaded before imports.engine, so the bindings load slowly", stacklevel=3)
        else:
            _start_node()
    _remember_type_hints()


def prepare_bindings(package: str) -> None:
    """Let the modules of an installed package of bindings load on first use."""
    if package in sys.modules or _as_shipped():
        return
    spec = importlib.util.find_spec(package)
    if spec is None:
        return
    try:
        _make_lazy(package, list(spec.submodule_search_locations or []))
    except Exception as error:
        sys.modules.pop(package, None)
        warnings.warn(f"{package} is loaded in full: {error!r}", stacklevel=3)


def _as_shipped() -> bool:
    return os.environ.get("CDKTF_STOCK_IMPORTS") == "1"


def _start_node() -> None:
    options = f'{os.environ.get("NODE_OPTIONS", "")} --require "{HOOK.as_posix()}"'.strip()
    try:
        with _environment(NODE_OPTIONS=options):
            importlib.import_module("constructs")  # the first assembly, so this starts the process
    except Exception as error:
        # The next import starts a process without the hook.
        warnings.warn(f"Node.js does not start with {HOOK.name}, so the bindings load slowly: {error!r}", stacklevel=4)


@contextmanager
def _environment(**variables: str) -> Iterator[None]:
    """Variables for a process that starts here, and not for any that the program starts later."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def modules_in(folder: str) -> list[str]:
    """The modules of an installed package of bindings, each a folder of its own."""
    names = (path.name for path in Path(folder).iterdir())
    return sorted(name for name in names if name.isidentifier() and not name.startswith("_"))


def _make_lazy(package: str, locations: list[str]) -> None:
    """Register the package without running its __init__, whose last 2,100 lines import every module."""
    module = ModuleType(package)
    module.__path__ = locations
    modules = set(modules_in(locations[0]))

    def load(name: str) -> ModuleType:
        if name in modules:
            return importlib.import_module(f"{package}.{name}")
        raise AttributeError(f"module {package!r} has no attribute {name!r}")

    setattr(module, "__getattr__", load)  # noqa: B010 (PEP 562: a module's own hook, unknown to type checkers)
    sys.modules[package] = module

    # The engine may hand over an object of a type whose module nobody has imported yet: tell jsii where it is.
    assembly = importlib.import_module(f"{package}._jsii").__jsii_assembly__.name
    known = importlib.import_module("jsii._reference_map")._submodule_fqn_map
    for name in modules:
        head, *tail = name.split("_")
        known.setdefault(f"{assembly}.{head}{''.join(part.capitalize() for part in tail)}", f"{package}.{name}")


def _remember_type_hints() -> None:
    """Generated constructors evaluate the hints of the same stub functions at every call: once is enough."""
    evaluate: Callable[..., dict[str, Any]] = typing.get_type_hints
    seen: dict[object, dict[str, Any]] = {}

    def get_type_hints(obj: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        if args or kwargs or not getattr(obj, "__name__", "").startswith("_typecheckingstub__"):
            return evaluate(obj, *args, **kwargs)
        if obj not in seen:
            seen[obj] = evaluate(obj)
        return seen[obj]

    typing.get_type_hints = get_type_hints
