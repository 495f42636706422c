"""Ways out of CDKTF: on CDK Terrain, and on bindings of AWS provider 6, the code as it is writes the same Terraform.

docs/runbooks/cdk-terrain.md and docs/runbooks/provider.md name the packages. Each set of them is an environment of its
own, in which main.py of this checkout runs; the rest of what it needs comes from ours.
"""

import json
import os
import re
import site
import tomllib
from collections.abc import Callable, Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from operations import run
from operations.engine.mirror import cli_environment
from operations.engine.synthesis import Graph, read_graph, synthesize
from operations.engine.variables import inherited
from operations.recovery.lookup import Configuration, import_id
from tests.conftest import ENVIRONMENTS, ROOT, Platform, Template, addresses
from tests.environments import FOLDER, environment

RUNBOOKS = {"successor": "cdk-terrain.md", "bindings6": "provider.md"}
PROVIDERS = {"successor": "6.69.1", "bindings6": "6.25.0"}  # of AWS
ENGINE = re.compile(r"cdkt[fn]|constructs$")  # what is exchanged in Pipfile
LOADED = """
import sys
from imports.aws.vpc import Vpc
print(Vpc.__module__, sum(name.startswith(Vpc.__module__.partition(".")[0]) for name in sys.modules) < 10)
"""

Difference = tuple[tuple[str, ...], Any, Any]  # where, ours, theirs


def differences(ours: Any, theirs: Any, *path: str) -> Iterator[Difference]:
    """Where two templates differ, but for versions and other words for the same."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for key in sorted(ours.keys() | theirs.keys()):
            yield from differences(ours.get(key), theirs.get(key), *path, key)
    elif ours != theirs and not means_the_same(path, ours, theirs):
        yield path, ours, theirs


def means_the_same(path: tuple[str, ...], ours: Any, theirs: Any) -> bool:
    match path:
        case ("//", "metadata", "version"):
            return True
        case ("terraform", "required_providers", _, "version"):
            return isinstance(theirs, str)
        case ("terraform", "required_providers", _, "source"):
            return bool(theirs == f"hashicorp/{ours}")  # how Terraform reads a source of one word
        case ("resource", "kubernetes_namespace_v1", _, "metadata"):
            return bool(theirs == [ours])  # a block, in Terraform's JSON syntax
        case (*_, "depends_on"):
            return bool(ours is None and theirs == [])
        case _:
            return False


def python(way: str) -> Path:
    """The interpreter of that environment, which finds there the engine and its bindings, and all else in ours."""
    bin_folder = environment(way, "--no-compile")  # of 2,100 modules it uses 60
    [packages] = bin_folder.parent.glob("lib/python*/site-packages")
    (packages / "ours.pth").write_text(site.getsitepackages()[0])
    return bin_folder / "python"


Way = tuple[str, dict[str, Graph]]


@pytest.fixture(scope="module", params=RUNBOOKS)
def way(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Way:
    """What main.py has written with these packages for each environment."""
    folder = tmp_path_factory.mktemp(request.param)
    for name in ENVIRONMENTS:
        variables = os.environ | {"ENVIRONMENT": name, "CDKTF_OUTDIR": str(folder / name), "CDKTF_STOCK_IMPORTS": ""}
        result = run(python(request.param), "main.py", cwd=ROOT, env=variables)
        assert result.returncode == 0, result.stderr
    return request.param, {name: read_graph(folder / name) for name in ENVIRONMENTS}


@pytest.mark.slow
@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_the_same_terraform_is_written(way: Way, platform: Platform, name: str) -> None:
    packages, graphs = way
    theirs = {stack: graphs[name].template(stack) for stack in graphs[name].dependencies}
    golden = {path.stem: path.read_text().split() for path in (ROOT / "tests" / "addresses" / name).glob("*.txt")}

    assert platform(name).keys() == theirs.keys()
    assert [each for stack, ours in platform(name).items() for each in differences(ours, theirs[stack])] == []
    assert {stack: addresses(template) for stack, template in theirs.items()} == golden
    assert theirs["vpc"]["terraform"]["required_providers"]["aws"]["version"] == PROVIDERS[packages]


@pytest.mark.slow
@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_what_a_killed_deploy_created_is_found_under_the_same_ids(way: Way, platform: Platform, name: str) -> None:
    _, graphs = way
    ours = platform(name)

    def ids(template: Template) -> dict[str, str | None]:
        configuration = Configuration(template, {}, "1", "us-east-1")
        return {address: import_id(configuration, address) for address in addresses(template)}

    assert ids(graphs[name].template("addons")) == ids(ours["addons"])
    assert {"realworld", "monitoring"} <= set(ids(ours["addons"]).values())


@pytest.mark.slow
def test_the_stacks_go_in_the_same_order(way: Way, tmp_path: Path) -> None:
    _, graphs = way

    assert graphs["local"].dependencies == synthesize("local", tmp_path / "ours").dependencies


@pytest.mark.slow
def test_the_bindings_load_on_first_use_there_too() -> None:
    loaded = run(python("successor"), "-c", LOADED, cwd=ROOT, env=os.environ | {"CDKTF_STOCK_IMPORTS": ""})

    assert loaded.stdout == "cdktn_provider_aws.vpc True\n", loaded.stderr


@pytest.mark.slow
def test_terraform_takes_what_is_written_where_a_provider_can_be_had(way: Way, tmp_path: Path) -> None:
    """The JSON differs in the version alone, so the provider that is here reads it with its own."""
    packages, graphs = way
    text = (graphs["local"].path("secrets") / "cdk.tf.json").read_text()
    assert text.count(f'"{PROVIDERS[packages]}"') == 1
    (tmp_path / "cdk.tf.json").write_text(text.replace(PROVIDERS[packages], "5.100.0"))
    variables = inherited(os.environ) | cli_environment(inherited(os.environ), tmp_path)
    terraform = ("terraform", f"-chdir={tmp_path}")

    started = run(*terraform, "init", "-backend=false", "-input=false", env=variables)
    assert started.returncode == 0, started.stdout + started.stderr
    assert json.loads(run(*terraform, "validate", "-json", env=variables).stdout)["diagnostics"] == []


def lines(text: str) -> dict[str, str]:
    return {name: str(value) for name, value in tomllib.loads(text).items()}


def test_the_runbook_names_the_packages_that_are_tried() -> None:
    """What it says to write into Pipfile, instead of all that CDKTF has there, is what the environment installs."""
    block = "\n".join(re.findall(r"^ {7,}(\S+ = \"==\S+\")$", runbook("successor"), re.MULTILINE))
    ours = tomllib.loads((ROOT / "Pipfile").read_text())["packages"]
    exchanged = {name for name in ours if ENGINE.match(name)}

    assert len(exchanged) == 5
    assert wanted("successor") == lines(block)
    assert {
        name.replace("cdktn-provider", "cdktf-cdktf-provider").replace("cdktn", "cdktf") for name in lines(block)
    } == exchanged
    kept = {name: version for name, version in ours.items() if name not in exchanged}
    for name, version in installed("successor").items():
        assert kept.get(name, version) == version, f"{name} would have to change in Pipfile as well"


def test_the_newest_bindings_for_cdktf_are_those_of_the_runbook() -> None:
    newest = wanted("bindings6").pop("cdktf-cdktf-provider-aws").removeprefix("==")
    ours = tomllib.loads((ROOT / "Pipfile").read_text())["packages"]

    assert f"`cdktf-cdktf-provider-aws` {newest}" in runbook("bindings6")
    assert {name for name, version in wanted("bindings6").items() if ours[name] != version} == {
        "cdktf-cdktf-provider-aws"
    }


def runbook(packages: str) -> str:
    return (ROOT / "docs" / "runbooks" / RUNBOOKS[packages]).read_text()


def wanted(packages: str) -> dict[str, str]:
    return dict(line.replace("==", " ==").split() for line in (FOLDER / f"{packages}.in").read_text().splitlines())


def installed(packages: str) -> dict[str, str]:
    pins = re.findall(r"^(\S+?)(==\S+) ", (FOLDER / f"{packages}.txt").read_text(), re.MULTILINE)
    return dict(pins)


Change = Callable[[Template], object]
MUTATIONS: dict[str, Change] = {
    "an address moves": lambda t: t["resource"]["aws_vpc"].update(moved=t["resource"]["aws_vpc"].pop("network")),
    "an argument is lost": lambda t: t["resource"]["aws_vpc"]["network"].pop("tags"),
    "a block is doubled": lambda t: t["resource"]["kubernetes_namespace_v1"]["one"].update(
        metadata=[{"name": "a"}] * 2
    ),
    "a block of another resource is a list": lambda t: t["resource"]["aws_vpc"]["network"].update(tags=[{"Name": "a"}]),
    "a stack has no backend": lambda t: t["terraform"].pop("backend"),
    "another provider": lambda t: t["terraform"]["required_providers"]["aws"].update(source="opentofu/aws"),
    "no version": lambda t: t["terraform"]["required_providers"]["aws"].pop("version"),
    "an order is lost": lambda t: t["resource"]["aws_vpc"]["network"].update(depends_on=[]),
}
SMALL: Template = {
    "//": {"metadata": {"version": "0.21.0", "stackName": "vpc"}},
    "terraform": {"backend": {"s3": {}}, "required_providers": {"aws": {"source": "aws", "version": "5.100.0"}}},
    "resource": {
        "aws_vpc": {"network": {"tags": {"Name": "a"}, "depends_on": ["aws_eip.one"]}},
        "kubernetes_namespace_v1": {"one": {"metadata": {"name": "a"}}},
    },
}


@pytest.mark.parametrize("mutation", MUTATIONS)
def test_what_is_not_the_same_is_seen(mutation: str) -> None:
    theirs = deepcopy(SMALL)
    theirs["//"]["metadata"]["version"] = "0.24.0"
    theirs["terraform"]["required_providers"]["aws"] = {"source": "hashicorp/aws", "version": "6.69.1"}
    theirs["resource"]["kubernetes_namespace_v1"]["one"]["metadata"] = [{"name": "a"}]
    assert list(differences(SMALL, theirs)) == []

    MUTATIONS[mutation](theirs)
    assert list(differences(SMALL, theirs)) != []
