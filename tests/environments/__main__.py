"""python -m tests.environments NAME: print the bin folder of an environment; lock NAME: pin what its .in file needs."""

import subprocess
import sys

from tests.environments import FOLDER, MADE, NAMES, _pip, environment

PIP_TOOLS = "pip-tools==7.6.2"


def lock(name: str) -> None:
    tools = MADE / "pip-tools"
    _pip(tools, PIP_TOOLS)
    options = ["--quiet", "--generate-hashes", "--allow-unsafe", "--strip-extras", "--no-emit-index-url"]
    options += ["--no-emit-trusted-host", "--no-emit-find-links", "--no-annotate"]
    files = [f"--output-file={name}.txt", f"{name}.in"]
    subprocess.run([tools / "bin" / "pip-compile", *options, *files], check=True, cwd=FOLDER)


match sys.argv[1:]:
    case ["lock", name] if name in NAMES:
        lock(name)
    case [name] if name in NAMES:
        print(environment(name))
    case _:
        sys.exit(f"Write one of {', '.join(NAMES)}, or lock and one of them")
