"""The one place that names the engine and the provider bindings.

    from imports.engine import App, TerraformStack
    from imports.aws.vpc import Vpc

`imports.aws.vpc` is the installed module `cdktf_cdktf_provider_aws.vpc` itself, found under a shorter name and loaded
on first use: importing one class as the bindings are shipped executes all of their 2,100 modules, in Python and again
in Node.js. CDKTF_STOCK_IMPORTS=1 loads them as shipped; the synthesized JSON is the same, byte for byte.

CDKTF is archived. Where CDK Terrain is installed instead, `cdktn` and its providers, nothing changes but those names.
"""

import importlib
import sys
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from types import ModuleType

PACKAGE = "cdktn_provider_{}" if find_spec("cdktn") else "cdktf_cdktf_provider_{}"
BINDINGS = {f"imports.{provider}": PACKAGE.format(provider) for provider in ("aws", "kubernetes", "helm")}


class EngineError(RuntimeError):
    """The engine cannot start on this machine; str() says what to install."""


class _Alias(MetaPathFinder, Loader):
    """Finds imports.aws.<module> in the installed bindings; both names are one module, so its classes exist once."""

    def find_spec(
        self, fullname: str, _path: Sequence[str] | None, _target: ModuleType | None = None
    ) -> ModuleSpec | None:
        package, _, module = fullname.rpartition(".")
        return ModuleSpec(fullname, self) if module and package in BINDINGS else None

    def create_module(self, _spec: ModuleSpec) -> None:
        return None

    def exec_module(self, module: ModuleType) -> None:
        package, _, name = module.__name__.rpartition(".")
        importlib.import_module("imports.engine")
        importlib.import_module("imports.lazy").prepare_bindings(BINDINGS[package])
        installed = f"{BINDINGS[package]}.{name}"
        try:
            sys.modules[module.__name__] = importlib.import_module(installed)
        except ModuleNotFoundError as error:
            if error.name != installed:
                raise
            raise ModuleNotFoundError(f"{BINDINGS[package]} has no module {name!r}", name=module.__name__) from None


sys.meta_path.insert(0, _Alias())
