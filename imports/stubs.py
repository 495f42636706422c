"""python -m imports.stubs: tell type checkers and editors what imports.aws.vpc is.

They do not run the finder in imports/__init__.py, so each module of the bindings gets a stub of one line. Every package
gets an empty stub as well: through its own __init__ a type checker would read all of its 2,100 modules and need
four gigabytes. `make install` writes the stubs; git ignores them.
"""

import importlib.util
from pathlib import Path

from imports import BINDINGS
from imports.lazy import modules_in

FOLDER = Path(__file__).parent
EMPTY_PACKAGES = FOLDER / "gen" / "stubs"


def write() -> int:
    """Write the stubs of all installed bindings and return how many there are."""
    count = 0
    for name, package in BINDINGS.items():
        spec = importlib.util.find_spec(package)
        if spec is None or spec.submodule_search_locations is None:
            continue
        (EMPTY_PACKAGES / package).mkdir(parents=True, exist_ok=True)
        (EMPTY_PACKAGES / package / "__init__.pyi").touch()
        folder = FOLDER / name.removeprefix("imports.")
        for module in modules_in(spec.submodule_search_locations[0]):
            (folder / f"{module}.pyi").write_text(f"from {package}.{module} import *\n", encoding="utf-8")
            count += 1
    return count


if __name__ == "__main__":
    print(f"{write()} stubs written")
