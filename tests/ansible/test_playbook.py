"""The playbook, its inventory and the scripts of the role, without a machine."""

import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
import yaml
from moto.server import ThreadedMotoServer

from tests.ansible.conftest import ansible
from tests.conftest import ROOT, alone, free_port

slow = pytest.mark.slow

ROLE = ROOT / "ansible" / "roles" / "github_runner"
PACKAGE = "ansible==14.5.0"  # of its collections one is taken
VARIABLES = {
    "RUNNER_PREFIX": "realworld-staging",
    "RUNNER_URL": "https://github.com/realworld-inc",
    "RUNNER_BUCKET": "realworld-staging-runner-111122223333",
}
REGION, PARAMETER, TOKEN = "eu-west-1", "/realworld-staging/runner/registration-token", "CANARYOFTHEPLAYBOOK00"


def read(name: str) -> dict[str, Any]:
    return dict(yaml.safe_load((ROLE / name).read_text()))


@pytest.fixture(scope="module")
def aws() -> Iterator[dict[str, str]]:
    """Variables that lead the AWS CLI, boto3 and the inventory to a simulated AWS."""
    port = free_port()
    server = ThreadedMotoServer("127.0.0.1", port, verbose=False)
    server.start()
    keys = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
    yield {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}", "AWS_REGION": REGION, **keys}
    server.stop()


def client(service: str, aws: dict[str, str]) -> Any:
    return boto3.client(
        service,
        region_name=REGION,
        endpoint_url=aws["AWS_ENDPOINT_URL"],
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )


@slow
def test_the_linter_of_ansible_finds_nothing() -> None:
    done = ansible("ansible-lint", "--offline", "--profile", "production")
    assert done.returncode == 0, done.stdout + done.stderr


def test_each_default_is_documented_with_its_value() -> None:
    defaults, options = read("defaults/main.yml"), read("meta/argument_specs.yml")["argument_specs"]["main"]["options"]

    assert options.keys() - {name for name, option in options.items() if option.get("required")} == defaults.keys()
    documented = {name: option["default"] for name, option in options.items() if "default" in option}
    assert documented == {name: defaults[name] for name in documented}


def test_each_architecture_has_a_sum_of_its_own() -> None:
    sums = read("defaults/main.yml")["github_runner_checksums"]

    assert sums.keys() == set(read("vars/main.yml")["github_runner_architectures"].values())
    assert len(set(sums.values())) == 2


@pytest.mark.parametrize("script", sorted(ROLE.glob("files/*.sh")), ids=lambda path: path.name)
def test_scripts_have_no_known_traps(script: Path) -> None:
    if not shutil.which("shellcheck"):
        pytest.skip("shellcheck is not installed: apt-get install what .ci/run lists")
    done = subprocess.run(["shellcheck", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@slow
@pytest.mark.parametrize("hosts", [[], ["one", "two"]])
def test_without_exactly_one_host_the_playbook_says_what_to_do_and_does_nothing(
    hosts: list[str], tmp_path: Path
) -> None:
    inventory = tmp_path / "inventory.yml"
    inventory.write_text(json.dumps({"runner": {"hosts": {host: {"ansible_connection": "none"} for host in hosts}}}))

    done = ansible("ansible-playbook", "--inventory", inventory, "runner.yml")

    assert done.returncode == 2
    assert f"{len(hosts)} hosts of a runner were found, not one" in " ".join(done.stdout.split())
    assert "Make a runner of it" not in done.stdout


@pytest.fixture(scope="module")
def collection() -> None:
    """The collection that the playbook needs, where ansible-galaxy would put it; from the package that contains it."""
    pinned = yaml.safe_load((ROOT / "ansible/requirements.yml").read_text())["collections"][0]
    place = ROOT / ".local" / "collections"
    manifest = place / "ansible_collections/amazon/aws/MANIFEST.json"
    with alone(place):
        if not manifest.exists():
            wheels = place.with_suffix(".wheels")
            command = ["pip", "download", "--quiet", "--no-deps", "--only-binary=:all:", "--python-version=3.12"]
            done = subprocess.run(
                [sys.executable, "-m", *command, f"--dest={wheels}", PACKAGE],
                capture_output=True,
                text=True,
                check=False,
            )
            if done.returncode:
                pytest.skip(f"{PACKAGE} cannot be downloaded: {done.stderr}")
            [wheel] = wheels.glob("*.whl")
            with zipfile.ZipFile(wheel) as archive:
                archive.extractall(place, [name for name in archive.namelist() if "/amazon/aws/" in name])
            shutil.rmtree(wheels)
    installed = json.loads(manifest.read_text())["collection_info"]
    assert (f"{installed['namespace']}.{installed['name']}", installed["version"]) == (
        pinned["name"],
        pinned["version"],
    )


@slow
@pytest.mark.usefixtures("collection")
def test_the_inventory_finds_the_runner_of_one_environment_and_goes_there_by_session_manager(
    aws: dict[str, str],
) -> None:
    def launch(name: str, stack: str) -> str:
        tags = [{"Key": "Name", "Value": name}, {"Key": "stack", "Value": stack}]
        marked = [{"ResourceType": "instance", "Tags": tags}]
        made = client("ec2", aws).run_instances(
            ImageId="ami-12c6146b", MinCount=1, MaxCount=1, TagSpecifications=marked
        )
        return str(made["Instances"][0]["InstanceId"])

    expected = {
        "ansible_host": launch("realworld-staging-runner", "runner"),
        "ansible_connection": "amazon.aws.aws_ssm",
        "ansible_aws_ssm_region": REGION,
        "ansible_aws_ssm_bucket_name": VARIABLES["RUNNER_BUCKET"],
        "github_runner_url": VARIABLES["RUNNER_URL"],
        "github_runner_aws_region": REGION,
        "github_runner_token_parameter": PARAMETER,
        "github_runner_labels": ["realworld-staging"],
    }
    launch("realworld-production-runner", "runner")
    launch("realworld-staging-runner", "monitoring")

    shown = "{{ {" + ", ".join(f"'{name}': {name}" for name in expected) + "} }}"
    done = ansible("ansible", "runner", "-m", "ansible.builtin.debug", "-a", f"msg={shown}", **aws, **VARIABLES)

    assert done.returncode == 0, done.stdout + done.stderr
    host, _, found = done.stdout.partition(" | SUCCESS => ")
    assert (host, yaml.safe_load(found)) == ("realworld-staging-runner", {"msg": expected})


@slow
def test_the_aws_cli_itself_reads_the_token(aws: dict[str, str], tmp_path: Path) -> None:
    real = shutil.which("aws")
    if not real:
        pytest.skip("the AWS CLI is not installed: apt-get install awscli")
    # The one of Debian does not know AWS_ENDPOINT_URL yet.
    command, file = tmp_path / "aws", tmp_path / "token.env"
    command.write_text(f'#!/bin/sh\nexec {real} --endpoint-url {aws["AWS_ENDPOINT_URL"]} "$@"\n')
    command.chmod(0o755)

    def fetch(*arguments: str) -> subprocess.CompletedProcess[str]:
        variables = aws | {"TOKEN_PARAMETER": PARAMETER, "TOKEN_FILE": str(file)}
        return subprocess.run(
            [ROLE / "files/fetch-token.sh", *arguments],
            env=os.environ | variables | {"PATH": f"{tmp_path}:{os.environ['PATH']}"},
            capture_output=True,
            text=True,
            check=False,
        )

    missing = fetch()
    assert (missing.returncode, file.exists()) == (1, False)
    assert "ParameterNotFound" in missing.stderr
    client("ssm", aws).put_parameter(Name=PARAMETER, Value=TOKEN, Type="SecureString")
    assert (fetch("--check").returncode, file.exists()) == (0, False)
    done = fetch()
    assert (done.returncode, done.stdout + done.stderr) == (0, "")
    assert file.read_text() == f"ACTIONS_RUNNER_INPUT_TOKEN={TOKEN}\n"
    assert file.stat().st_mode & 0o777 == 0o400
