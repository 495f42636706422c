"""The scanners, each as a function from a folder that subject.py has filled to what it finds there."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from tests.conftest import ROOT
from tests.environments import environment
from tests.scanners.subject import CHARTS, PLANS, SOURCE, TERRAFORM
from tests.scanners.waivers import Finding

WORKFLOWS = (".github", "realworld-example-app/.github")
NPM = (".", "realworld-example-app/container")
RISKS = (
    *("PrivilegeEscalation", "DataExfiltration", "ResourceExposure", "ServiceWildcard", "CredentialsExposure"),
    "InfrastructureModification",
)
BY_CLOUDSPLAINING = ("CKV_AWS_286", "CKV_AWS_287", "CKV_AWS_288", "CKV_AWS_289", "CKV_AWS_290", "CKV_AWS_355")


class Silent(Exception):
    """Whoever the scanner asks does not answer; str() is what it says."""


def checkov(folder: Path) -> Iterator[Finding]:
    """Rules for Terraform, Kubernetes, the Dockerfile, workflows and playbooks: https://www.checkov.io."""
    skipped = [f"--skip-path={SOURCE}/{each}/" for each in ("tests", "docs")]
    frameworks = ("terraform_json", "kubernetes", "dockerfile", "github_actions", "ansible")
    yield from _checkov(folder, frameworks, *skipped)


def checkov_on_plans(folder: Path) -> Iterator[Finding]:
    """The same rules on what Terraform plans for a platform that is deployed, where AWS has filled in the rest.

    Plans have policies that can be read, which are for cloudsplaining itself: it names each action.
    """
    yield from _checkov(folder / PLANS, ["terraform_plan"], f"--skip-check={','.join(BY_CLOUDSPLAINING)}")


def _checkov(folder: Path, frameworks: Iterable[str], *options: str) -> Iterator[Finding]:
    # Without downloads it knows what it was shipped with, and asks nobody.
    general = ["--skip-download", "--compact", "--quiet", "--soft-fail", "--output", "json"]
    said = _run(_own("checkov"), "--directory", folder, "--framework", *frameworks, *general, *options)
    for report in said if isinstance(said, list) else [said]:
        if not report.get("results"):
            continue  # of a framework that met none of its files
        if unread := report["summary"]["parsing_errors"]:
            raise RuntimeError(f"checkov cannot parse {unread} files as {report['check_type']}")
        for each in report["results"]["failed_checks"]:
            path = Path(each["file_abs_path"]).relative_to(folder)
            yield Finding("checkov", each["check_id"], _place(folder, path, each["resource"]), each["check_name"])


def _place(folder: Path, path: Path, name: str) -> str:
    match path.parts:
        case (area, environment_name, stack, _) if area == TERRAFORM:
            # Some of its rules tell the type of the resource, and others write resource instead.
            kinds = json.loads((folder / path).read_text())["resource"]
            [kind] = [
                each
                for each in kinds
                if name.split(".")[-1] in kinds[each] and name.split(".")[0] in (each, "resource")
            ]
            return f"{environment_name}/{stack}/{kind}.{name.split('.')[-1]}"
        case (environment_name, stack, "tfplan.json"):
            return f"{environment_name}/{stack}/{name}"
        case (area, environment_name, chart) if area == CHARTS:
            return f"{environment_name}/{chart.removesuffix('.yaml')}/{name}"
    return path.relative_to(SOURCE).as_posix()


def cloudsplaining(folder: Path) -> Iterator[Finding]:
    """Each policy of the platform as the only one of a role. A rule for each risk: https://cloudsplaining.readthedocs.io."""
    roles = []
    for path in sorted((folder / TERRAFORM).glob("*/*/cdk.tf.json")):
        resources = json.loads(path.read_text()).get("resource", {})
        for kind in ("aws_iam_role_policy", "aws_iam_policy", "aws_iam_user_policy", "aws_iam_group_policy"):
            for name, resource in resources.get(kind, {}).items():
                place = "/".join([*path.parts[-3:-1], f"{kind}.{name}"])
                roles.append(_role(place, json.loads(resource["policy"])))
    account, exclusions, reports = (folder / f"account{suffix}" for suffix in (".json", ".yaml", ""))
    account.write_text(
        json.dumps({"UserDetailList": [], "GroupDetailList": [], "RoleDetailList": roles, "Policies": []})
    )
    # Its own list leaves out what it takes for harmless by name.
    names = ("policies", "roles", "users", "groups", "include-actions", "exclude-actions")
    exclusions.write_text("".join(f"{name}: []\n" for name in names))
    reports.mkdir(exist_ok=True)
    files: list[str | Path] = ["--input-file", account, "--exclusions-file", exclusions, "--output", reports]
    _run(_own("cloudsplaining"), "scan", "--skip-open-report", *files, read=False)
    [results] = reports.glob("iam-results-*.json")
    said = json.loads(results.read_text())
    for place, role in said["roles"].items():
        for policy in role["inline_policies"]:  # the same one of two environments is told once
            for risk in RISKS:
                for found in said["inline_policies"][policy][risk]["findings"]:
                    what = [found] if isinstance(found, str) else found["actions"]
                    yield from (
                        Finding("cloudsplaining", f"{risk} {each}", place, "without a constraint") for each in what
                    )


def _role(name: str, policy: dict[str, Any]) -> dict[str, Any]:
    """As IAM's GetAccountAuthorizationDetails lists it."""
    empty: dict[str, list[Any]] = {"InstanceProfileList": [], "AttachedManagedPolicies": [], "Tags": []}
    return {
        **{"RoleName": name, "RoleId": name, "Path": "/", "CreateDate": "2026-01-01T00:00:00Z"},
        **{"Arn": f"arn:aws:iam::123456789012:role/{name}", "AssumeRolePolicyDocument": {"Statement": []}},
        **{"RolePolicyList": [{"PolicyName": name, "PolicyDocument": policy}], **empty},
    }


def zizmor(folder: Path) -> Iterator[Finding]:
    """Workflows, in the persona that complains about most of what auditors would: https://docs.zizmor.sh."""
    options = ["--offline", "--quiet", "--no-exit-codes", "--persona", "pedantic", "--format", "json-v1"]
    program = Path(sys.executable).with_name("zizmor")  # `make check` runs it too
    for each in _run(program, *options, *WORKFLOWS, cwd=folder / SOURCE):
        primary = [place for place in each["locations"] if place["symbolic"]["kind"] == "Primary"] or each["locations"]
        path = primary[0]["symbolic"]["key"]["Local"]["verbatim_path"]
        line = primary[0]["concrete"]["location"]["start_point"]["row"] + 1
        yield Finding("zizmor", each["ident"], path, f"line {line}: {each['desc']}")


def bandit(folder: Path) -> Iterator[Finding]:
    """Python of the product: tests run what they like, on what nobody else gives them. https://bandit.readthedocs.io."""
    options = ["--recursive", ".", "--exclude", "./tests", "--format", "json", "--quiet", "--exit-zero"]
    said = _run(_own("bandit"), *options, cwd=folder / SOURCE)
    if said["errors"]:
        raise RuntimeError(f"bandit cannot read {said['errors']}")
    for each in said["results"]:
        path = Path(each["filename"]).as_posix()
        yield Finding("bandit", each["test_id"], path, f"line {each['line_number']}: {each['issue_text']}")


def detect_secrets(folder: Path) -> Iterator[Finding]:
    """Everything that is tracked, but for lock files. Nothing that it finds is tried out anywhere."""
    found = _run(_own("detect-secrets"), "scan", "--no-verify", "--all-files", ".", cwd=folder / SOURCE)["results"]
    for path, secrets in found.items():
        for each in secrets:
            yield Finding("detect-secrets", each["type"], path, f"line {each['line_number']}")


def pip_audit(folder: Path) -> Iterator[Finding]:
    """Known vulnerabilities of Pipfile.lock, as PyPI tells them. Raises Silent."""
    lock = json.loads((folder / SOURCE / "Pipfile.lock").read_text())
    pinned = {**lock["default"], **lock["develop"]}
    (folder / "pinned.txt").write_text("".join(f"{name}{each['version']}\n" for name, each in pinned.items()))
    options = ["--no-deps", "--disable-pip", "--format", "json", "--progress-spinner", "off"]
    said = _asked(_own("pip-audit"), "--requirement", folder / "pinned.txt", *options)
    for each in said["dependencies"]:
        for known in each.get("vulns", []):
            yield Finding("pip-audit", known["id"], "Pipfile.lock", f"{each['name']} {each['version']}")
    if skipped := [each["skip_reason"] for each in said["dependencies"] if "skip_reason" in each]:
        raise Silent(f"{skipped[0]}; so are {len(skipped)} of {len(pinned)}")


def npm_audit(folder: Path) -> Iterator[Finding]:
    """Known vulnerabilities of our package-lock.json, as the npm registry tells them. Raises Silent."""
    for place in NPM:
        said = _asked("npm", "audit", "--json", "--package-lock-only", cwd=folder / SOURCE / place)
        if "vulnerabilities" not in said:
            raise Silent(said.get("message") or json.dumps(said))
        path = (Path(place) / "package-lock.json").as_posix()
        for name, each in said["vulnerabilities"].items():
            for known in (known for known in each["via"] if isinstance(known, dict)):
                yield Finding("npm-audit", known["url"].split("/")[-1], path, f"{name}: {known['title']}")


def _own(program: str) -> Path:
    return environment("scanners") / program


def _asked(program: str | Path, *arguments: str | Path, cwd: Path = ROOT) -> dict[str, Any]:
    """What a program says that asks somebody, and fails as well when it finds something. Raises Silent."""
    result = _start(program, *arguments, cwd=cwd)
    try:
        said: dict[str, Any] = json.loads(result.stdout)
    except json.JSONDecodeError:
        raise Silent((result.stderr.strip() or "not a word").splitlines()[-1]) from None
    return said


def _run(program: str | Path, *arguments: str | Path, cwd: Path = ROOT, read: bool = True) -> Any:
    """What it prints, as JSON. Raises RuntimeError with what it says when it fails."""
    result = _start(program, *arguments, cwd=cwd)
    if result.returncode != 0:
        raise RuntimeError(f"{Path(program).name} ends with {result.returncode}: {result.stderr or result.stdout}")
    return json.loads(result.stdout) if read else None


def _start(program: str | Path, *arguments: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    quiet = {**os.environ, "LOG_LEVEL": "ERROR", "NO_COLOR": "1"}
    return subprocess.run([program, *arguments], cwd=cwd, env=quiet, capture_output=True, text=True, check=False)


SCANNERS: dict[str, Callable[[Path], Iterator[Finding]]] = {
    "checkov": checkov,
    "cloudsplaining": cloudsplaining,
    "zizmor": zizmor,
    "bandit": bandit,
    "detect-secrets": detect_secrets,
    "pip-audit": pip_audit,
    "npm-audit": npm_audit,
}
