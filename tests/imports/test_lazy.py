"""A module of the bindings loads when it is used; whatever goes wrong with that, the bindings load as shipped."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.bench.bindings import differences
from tests.conftest import ROOT

pytestmark = pytest.mark.slow

COUNT = """
import sys
from imports.aws.vpc import Vpc
print(sum(name.startswith("cdktf_cdktf_provider_aws.") for name in sys.modules))
"""


def python(script: str, folder: Path = ROOT, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "CDKTF_STOCK_IMPORTS": "", **variables}
    return subprocess.run(
        [sys.executable, "-c", script], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of imports/ in a folder with a space in its name."""
    shutil.copytree(ROOT / "imports", tmp_path / "a copy" / "imports", ignore=shutil.ignore_patterns("gen", "*.pyi"))
    return tmp_path / "a copy"


def test_only_what_is_used_is_loaded() -> None:
    loaded = python(COUNT)

    assert loaded.stderr == ""
    assert int(loaded.stdout) < 10


def test_one_variable_brings_the_stock_bindings_back() -> None:
    assert int(python(COUNT, CDKTF_STOCK_IMPORTS="1").stdout) > 1500


def test_both_names_are_one_module() -> None:
    result = python(
        "import imports.aws.vpc, cdktf_cdktf_provider_aws.vpc as installed\n"
        "from imports.aws.vpc import Vpc\n"
        "import cdktf_cdktf_provider_aws\n"
        "print(imports.aws.vpc is installed, Vpc is installed.Vpc, cdktf_cdktf_provider_aws.vpc is installed)"
    )

    assert result.stdout == "True True True\n", result.stderr


def test_a_module_that_does_not_exist_is_named() -> None:
    result = python("from imports.aws.vcp import Vcp")

    assert result.stderr.splitlines()[-1] == "ModuleNotFoundError: cdktf_cdktf_provider_aws has no module 'vcp'"


def test_an_object_of_a_type_that_nobody_imported_is_found() -> None:
    """The engine hands over, say, a reference of a block whose module this process has not loaded."""
    script = """
from imports.engine import TerraformStack, Testing
from imports.aws.db_instance import DbInstance
stack = TerraformStack(Testing.app(), "test")
instance = DbInstance(stack, "one", instance_class="db.t4g.micro")
print(type(instance.master_user_secret.get(0)).__name__)
"""
    result = python(script)

    assert result.stdout == "DbInstanceMasterUserSecretOutputReference\n", result.stderr


def test_a_folder_with_a_space_is_no_trouble(copy: Path) -> None:
    loaded = python(COUNT, folder=copy)

    assert loaded.stderr == ""
    assert int(loaded.stdout) < 10


@pytest.mark.parametrize("hook", ["throw new Error('broken')", None], ids=["broken", "missing"])
def test_without_its_hook_node_loads_everything_and_a_warning_says_so(copy: Path, hook: str | None) -> None:
    path = copy / "imports" / "lazy_index.cjs"
    path.unlink()
    if hook:
        path.write_text(hook)

    loaded = python(
        COUNT
        + "from imports.engine import TerraformStack, Testing\n"
        + "stack = TerraformStack(Testing.app(), 'test')\n"
        + "Vpc(stack, 'vpc', cidr_block='10.0.0.0/16')\n"
        + "print('10.0.0.0/16' in Testing.synth(stack))\n",
        folder=copy,
    )

    assert loaded.stdout.split()[1:] == ["True"], loaded.stderr
    assert "UserWarning: Node.js does not start with lazy_index.cjs, so the bindings load slowly" in loaded.stderr


def test_without_node_one_line_says_what_to_install() -> None:
    result = subprocess.run(
        [sys.executable, "main.py"], cwd=ROOT, env={"PATH": "/nowhere"}, capture_output=True, text=True, check=False
    )

    assert result.returncode == 1
    assert result.stderr == ("Node.js was not found as 'node': install version 20 or 22, or name it in JSII_NODE\n")


def test_the_json_is_that_of_the_stock_bindings_byte_for_byte(tmp_path: Path) -> None:
    for way in ("1", ""):
        result = python(
            "import main; main.main()",
            ENVIRONMENT="production",
            CDKTF_OUTDIR=str(tmp_path / f"stock{way}"),
            CDKTF_STOCK_IMPORTS=way,
        )
        assert result.returncode == 0, result.stderr

    assert len(list(tmp_path.glob("*/stacks/*/cdk.tf.json"))) == 24
    assert differences(tmp_path) == []
