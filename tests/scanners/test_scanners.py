"""Each scanner finds what is planted for it, in a copy of what there is, and nothing else is open there."""

import copy
import json
import shutil
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest

from tests.conftest import ROOT, Platform, Template
from tests.scanners.registry import NPM, PYTHON, registry
from tests.scanners.scanners import Silent, bandit, checkov, cloudsplaining, detect_secrets, npm_audit, pip_audit
from tests.scanners.subject import CHARTS, SOURCE, write_terraform
from tests.scanners.waivers import Finding, judge, read

pytestmark = pytest.mark.slow
TODAY = date(2026, 11, 27)  # that a waiver is late is for `make scan` to say
COPIED = (
    "realworld-example-app/Dockerfile",
    ".github/workflows/check.yml",
    "ansible/roles/github_runner/tasks/units.yml",
)
POD = """apiVersion: v1
kind: Pod
metadata: {name: planted, namespace: realworld}
spec:
  containers:
    - {name: planted, image: planted, securityContext: {privileged: true}}
"""
DOWNLOAD = """- name: Fetch from anybody
  ansible.builtin.get_url: {url: "https://planted.example/x", dest: /tmp/x, validate_certs: false}
"""


def opened(scan: Callable[[Path], Iterator[Finding]], folder: Path) -> set[tuple[str, str]]:
    """Rules and places that no waiver of the platform explains."""
    return {(each.rule, each.place) for each in judge(list(scan(folder)), read(), (), TODAY).open}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in COPIED:
        (tmp_path / SOURCE / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / SOURCE / name).write_text((ROOT / name).read_text())
    return tmp_path


def planted(stacks: dict[str, Template]) -> dict[str, Template]:
    """A security group that is open to everybody, a bucket that keeps all versions for ever, a role that may do all."""
    stacks = copy.deepcopy(stacks)
    everybody = {"from_port": 22, "to_port": 22, "protocol": "tcp", "cidr_blocks": ["0.0.0.0/0"]}
    group = {"description": "planted", "vpc_id": "vpc-1", "ingress": [everybody]}
    stacks["vpc"]["resource"]["aws_security_group"]["planted"] = group
    del stacks["monitoring"]["resource"]["aws_s3_bucket_lifecycle_configuration"]
    return stacks


def test_checkov_finds_what_is_planted(folder: Path, platform: Platform) -> None:
    stacks = {name: platform("staging")[name] for name in ("vpc", "monitoring")}
    write_terraform(folder, "staging", stacks)
    assert opened(checkov, folder) == set()

    write_terraform(folder, "planted", planted(stacks))
    (folder / CHARTS / "planted").mkdir(parents=True)
    (folder / CHARTS / "planted" / "chart.yaml").write_text(POD)
    for name, added in (("realworld-example-app/Dockerfile", "USER root\n"), (COPIED[-1], DOWNLOAD)):
        (folder / SOURCE / name).write_text((ROOT / name).read_text() + added)
    found = opened(checkov, folder)

    [bucket] = platform("staging")["monitoring"]["resource"]["aws_s3_bucket"]
    assert found >= {
        ("CKV_AWS_24", "planted/vpc/aws_security_group.planted"),
        ("CKV2_AWS_61", f"planted/monitoring/aws_s3_bucket.{bucket}"),
        ("CKV_K8S_16", "planted/chart/Pod.realworld.planted"),
        ("CKV_DOCKER_8", "realworld-example-app/Dockerfile"),
        ("CKV_ANSIBLE_2", "ansible/roles/github_runner/tasks/units.yml"),
    }
    assert {place for _, place in found if place.startswith("staging/")} == set()


def test_checkov_has_to_read_everything(folder: Path, platform: Platform) -> None:
    write_terraform(folder, "staging", {"vpc": platform("staging")["vpc"]})
    path = folder / "terraform" / "staging" / "vpc" / "cdk.tf.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "import": [{"to": ["x"]}, "planted"]}))

    with pytest.raises(RuntimeError, match="checkov cannot parse 1 files as terraform_json"):
        list(checkov(folder))


def test_cloudsplaining_finds_what_is_planted(tmp_path: Path, platform: Platform) -> None:
    iam = copy.deepcopy({name: platform(name)["iam"] for name in ("staging", "production")})
    for name, template in iam.items():
        write_terraform(tmp_path, name, {"iam": template})
    assert opened(cloudsplaining, tmp_path) == set()

    [(role, policy)] = [
        each for each in iam["staging"]["resource"]["aws_iam_role_policy"].items() if each[0].startswith("external_dns")
    ]
    document = json.loads(policy["policy"])
    actions = ["s3:GetObject", "iam:PassRole", "ec2:RunInstances"]
    document["Statement"].append({"Effect": "Allow", "Action": actions, "Resource": "*"})
    policy["policy"] = json.dumps(document)
    write_terraform(tmp_path, "planted", {"iam": iam["staging"]})
    found = opened(cloudsplaining, tmp_path)

    place = f"planted/iam/aws_iam_role_policy.{role}"
    assert ("DataExfiltration s3:GetObject", place) in found
    assert any(rule.startswith("PrivilegeEscalation ") for rule, _ in found)
    assert {each for _, each in found} == {place}


def test_bandit_finds_what_is_planted(tmp_path: Path) -> None:
    (tmp_path / SOURCE / "operations").mkdir(parents=True)
    (tmp_path / SOURCE / "operations" / "planted.py").write_text(
        "import subprocess\nsubprocess.run(input(), shell=True)\n"
    )

    assert opened(bandit, tmp_path) == {("B602", "operations/planted.py")}


def test_detect_secrets_finds_what_is_planted_in_a_test_too(tmp_path: Path) -> None:
    (tmp_path / SOURCE / "tests").mkdir(parents=True)
    key = "AKIA" + "Q3EXQ5EXAMPLKEYS"
    (tmp_path / SOURCE / "tests" / "planted.py").write_text(f'PASSWORD = "made-up-by-a-test"\nKEY = "{key}"\n')

    assert opened(detect_secrets, tmp_path) == {("AWS Access Key", "tests/planted.py")}


@pytest.fixture
def locks(tmp_path: Path) -> Path:
    for name in ("package.json", "package-lock.json", "Pipfile.lock"):
        (tmp_path / SOURCE / name).parent.mkdir(exist_ok=True)
        (tmp_path / SOURCE / name).write_text((ROOT / name).read_text())
    container = tmp_path / SOURCE / "realworld-example-app" / "container"
    shutil.copytree(ROOT / "realworld-example-app" / "container", container)
    return tmp_path


def test_audits_find_what_a_registry_knows(locks: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The real clients, and a registry of our own, because that of npm answers audits on the internet only."""
    monkeypatch.setenv("PIP_AUDIT_VULNERABILITY_SERVICE", "osv")
    monkeypatch.setenv("npm_config_fetch_retries", "0")
    with registry("cdktf-cli") as url:
        monkeypatch.setenv("npm_config_registry", url)
        assert opened(npm_audit, locks) == {(NPM, "package-lock.json")}
    with registry("pyyaml") as url:
        monkeypatch.setenv("PIP_AUDIT_OSV_URL", url)
        assert opened(pip_audit, locks) == {(PYTHON, "Pipfile.lock")}


def test_a_registry_that_does_not_answer_is_told_and_is_no_clean_bill(
    locks: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("npm_config_registry", "http://127.0.0.1:1")
    monkeypatch.setenv("npm_config_fetch_retries", "0")
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")

    for audit in (npm_audit, pip_audit):
        with pytest.raises(Silent, match=r"ECONNREFUSED|Connection refused"):
            list(audit(locks))
