"""Variables of a shell do not change what Terraform does, and make refuses those that it does not know."""

import dataclasses
import io
import json
import os
import shlex
import subprocess

import pytest
from rich.console import Console

from operations.context import Context, exports
from operations.engine.stacks import run_all
from operations.engine.variables import foreign, inherited
from tests.conftest import ROOT
from tests.operations.conftest import Stacks

# What each of them did to a deploy, or to a plan, of one stack.
MEANINGS = {
    "TF_WORKSPACE": "elsewhere",
    "TF_CLI_ARGS": "-no-such-option",
    "TF_CLI_ARGS_plan": "-destroy",
    "TF_CLI_ARGS_apply": "-target=terraform_data.first",
    "TF_DATA_DIR": ".elsewhere",
    "TF_LOG": "JSON",
    "TF_VAR_name": "elsewhere",
    "TF_REATTACH_PROVIDERS": "no json",
    "KUBE_TOKEN": "somebody-else",
    "HELM_DRIVER": "configmap",
}


@pytest.fixture
def _shell(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in MEANINGS.items():
        monkeypatch.setenv(name, value)


@pytest.mark.slow
@pytest.mark.usefixtures("_shell")
def test_what_terraform_would_obey_does_not_reach_it(context: Context, stacks: Stacks) -> None:
    graph = stacks(one={"first": {}, "second": {"input": "${var.name}"}})
    path = graph.path("one") / "cdk.tf.json"
    template = json.loads(path.read_text()) | {"variable": {"name": {"type": "string", "default": "here"}}}
    path.write_text(json.dumps(template))
    console = Console(file=io.StringIO())

    outcomes, _ = run_all(dataclasses.replace(context), graph, graph.dependencies, ["apply", "-auto-approve"], console)

    assert outcomes["one"].changes == {"terraform_data.first": "create", "terraform_data.second": "create"}
    key = template["terraform"]["backend"]["s3"]["key"]
    body = context.client("s3").get_object(Bucket=context.settings.names.state_bucket, Key=key)["Body"].read()
    attributes = {each["name"]: each["instances"][0]["attributes"] for each in json.loads(body)["resources"]}
    assert attributes["second"]["input"]["value"] == "here"
    assert (graph.path("one") / ".terraform").is_dir()


def test_only_what_changes_meaning_is_dropped() -> None:
    harmless = {
        "TF_PLUGIN_CACHE_DIR": "/cache",
        "TF_TOKEN_app_terraform_io": "t",
        "TF_VAR_kubeconfig": "/config",
        "KUBE_PROXY_URL": "http://127.0.0.1:1",
        "KUBECONFIG": "/config",
        "HELM_CACHE_HOME": "/cache",
        "AWS_PROFILE": "staging",
        "HTTPS_PROXY": "http://127.0.0.1:2",
    }
    assert inherited(MEANINGS | harmless) == harmless
    assert foreign(MEANINGS | harmless) == sorted(MEANINGS)


def test_a_configuration_file_that_is_not_there_is_dropped(tmp_path: object) -> None:
    assert inherited({"TF_CLI_CONFIG_FILE": f"{tmp_path}/none"}) == {}
    assert inherited({"TF_CLI_CONFIG_FILE": __file__}) == {"TF_CLI_CONFIG_FILE": __file__}


@pytest.mark.slow
@pytest.mark.usefixtures("_shell")
def test_a_shell_that_uses_make_env_loses_them_too(context: Context) -> None:
    script = f"{exports(dataclasses.replace(context))}\nenv"
    printed = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True).stdout
    assert [line for line in printed.splitlines() if line.split("=")[0] in MEANINGS] == []


def make(*arguments: str) -> subprocess.CompletedProcess[str]:
    """make, without running anything, and as from a shell, even when make runs the tests."""
    inherited = {name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")}
    return subprocess.run(
        ["make", "--dry-run", *arguments], cwd=ROOT, env=inherited, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize(
    ("arguments", "name", "said"),
    [
        ("destroy STACKS=queue", "STACKS", "the nearest is STACK."),
        ("plan ENV=staging", "ENV", "the nearest is ENVIRONMENT."),
        ("deploy stack=vpc", "stack", "the nearest is STACK."),
        ("deploy Q=1", "Q", "there are CONFIRM"),
        ("deploy Q=1 PYTHON=none", "Q", "there are CONFIRM"),
    ],
)
def test_make_refuses_a_variable_that_it_does_not_know(arguments: str, name: str, said: str) -> None:
    result = make(*shlex.split(arguments))

    assert result.returncode == 2
    assert result.stdout == ""
    assert f"*** {name} is not a variable of this Makefile: {said}" in result.stderr
    assert len(result.stderr.splitlines()) == 1


@pytest.mark.slow
@pytest.mark.parametrize("locale", ["C", "POSIX", "C.UTF-8"])
def test_ansible_works_in_any_locale(locale: str) -> None:
    """It refuses what is not UTF-8, as LC_ALL=C is, which scripts and containers have."""
    rule = "asked: ; @.venv/bin/ansible-playbook --version && env"
    asked = subprocess.run(
        ["make", "--silent", "--eval", rule, "asked"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "HOME": os.environ["HOME"], "LC_ALL": locale},
        capture_output=True,
        text=True,
        check=False,
    )
    assert asked.returncode == 0, asked.stderr
    assert "LC_ALL=C.UTF-8" in asked.stdout.splitlines()


def test_make_refuses_a_variable_without_a_value() -> None:
    result = make("destroy", "STACK=", "ENVIRONMENT=staging")

    assert result.returncode == 2
    assert "*** STACK is empty: write a value, or leave it out" in result.stderr


def test_make_takes_the_variables_that_it_knows() -> None:
    result = make("deploy", "ENVIRONMENT=staging", "STACK=vpc eks", "PLANS=plans", "AWS_PROFILE=staging")

    assert result.returncode == 0, result.stderr
    assert "-m operations deploy" in result.stdout
