"""What a shell has set for work on a platform reaches no test: neither its credentials nor its cluster."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterable

from tests.conftest import ROOT

# What the commands of the tests take themselves, and what is about the machine and not about a platform.
TAKEN = {
    "CDKTF_STOCK_IMPORTS",
    "FULL",
    "KILLS",
    "PYTHON",
    "SEED",
    "TF_PROVIDER_MIRROR",
    "UPDATE_ADDRESSES",
    "UPDATE_DOCS",
}
MACHINE = {"JSII_NODE", "NODE_OPTIONS", "NO_PROXY", "PYTHONUTF8", "no_proxy"}
OTHERS = {
    "AWS_ACCESS_KEY_ID",
    "COLUMNS",
    "FORCE_COLOR",
    "GH_TOKEN",
    "GITHUB_TOKEN",
    "KUBE_TOKEN",
    "NODE_ENV",
    "npm_config_omit",
    "PGHOST",
    "TF_VAR_kubeconfig",
    "TF_WORKSPACE",
}
READ = re.compile(r'(?:os\.environ(?:\.get\(|\[)|port_of\()"(\w+)"(?!\] =)')


def reached(names: Iterable[str]) -> set[str]:
    shell = {name: os.environ[name] for name in ("PATH", "HOME")} | dict.fromkeys(names, "of-the-shell")
    seen = "import json, os, tests; print(json.dumps(dict(os.environ)))"
    printed = subprocess.run([sys.executable, "-c", seen], cwd=ROOT, env=shell, capture_output=True, check=True).stdout
    return {name for name, value in json.loads(printed).items() if value == "of-the-shell"}


def test_nothing_of_a_platform_reaches_a_test() -> None:
    [variables] = re.findall(
        r"^VARIABLES = ((?:.*\\\n)*.*)", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE
    )
    folders = [ROOT / name for name in ("operations", "simulator", "imports")]
    files = [ROOT / "main.py", *(path for folder in folders for path in folder.rglob("*.py"))]
    read = {name for path in files for name in READ.findall(path.read_text(encoding="utf-8"))}
    assert {"CONFIRM", "KUBECONFIG", "SIMULATOR_PORT"} <= read

    names = {*variables.replace("\\\n", "").split(), *read, *OTHERS} - MACHINE
    assert reached(names) == TAKEN
