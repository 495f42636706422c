"""The worked example of a new area still applies, is small, and with it nothing of the platform is left behind."""

import json
import re
import shutil
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from simulator.process import start, stop
from tests.conftest import ENVIRONMENTS, ROOT, Template
from tests.delivery.access import action_of, allows, policies_of
from tests.project import NOT_COPIED, Project
from tests.simulator.conftest import Aws
from tests.simulator.terraform import Workspace, workspace

pytestmark = pytest.mark.slow

EXAMPLE = "docs/examples/queue-and-worker"
PATCH = ROOT / EXAMPLE / "change.patch"
MOST_FILES = 8
EDITED = re.findall(r"^diff --git a/\S+ b/(\S+)$", PATCH.read_text(), re.MULTILINE)
STACKS = ("eks", "iam", "queue")  # whose resources it adds
GENERATED = {
    "README.md",
    "docs/outputs.md",
    "docs/settings.md",
    "environments/settings.schema.json",
    *(
        f"tests/addresses/{environment}/{stack}.txt"
        for environment in ENVIRONMENTS
        for stack in ("eks", "iam", "queue")
    ),
}
# What knows every stack or every type of resource, and what the example touches. The addresses and the documents are
# written in the copy by their own tests.
CHECKS = [
    "test_catalogue.py",
    "test_platform.py",
    "stacks/test_iam.py",
    "stacks/test_queue.py",
    "delivery/test_access.py",
    "iam/test_calls.py",
    "iam/test_names.py",
]
STALE = f"""{PATCH.relative_to(ROOT)} does not apply any more. In a clean clone:
    git apply --reject {PATCH.relative_to(ROOT)}    # then write what is in the *.rej files by hand, and delete these
    git add . && git diff --cached -U1 -- {" ".join(EDITED)} > /tmp/change.patch
    git reset --hard && mv /tmp/change.patch {PATCH.relative_to(ROOT)}
"""
LEFTOVERS = """
import boto3
from simulator.leftovers import leftovers
print("\\n".join(leftovers(boto3.client)))
"""


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The project with the example, and with what the tests write for it."""
    path = tmp_path_factory.mktemp("example") / "project"
    shutil.copytree(ROOT, path, ignore=NOT_COPIED)
    shutil.rmtree(path / "imports")
    for name in (".venv", "node_modules", "imports"):  # not edited, and imports has a file for each class
        (path / name).symlink_to(ROOT / name)
    project = Project(path)
    applied = project.run("git", "apply", str(PATCH))
    assert applied.code == 0, f"{STALE}\n{applied.output}"
    names = ("test_addresses", "test_docs", "test_reference", "settings/test_schema", "settings/test_reference")
    writers = [f"tests/{name}.py" for name in names]
    pytest_in(project, *writers, UPDATE_ADDRESSES="1", UPDATE_DOCS="1")
    return project


def pytest_in(project: Project, *arguments: str, **variables: str) -> None:
    result = project.run(
        sys.executable, "-m", "pytest", "-q", "-m", "not slow", "-p", "no:cacheprovider", *arguments, **variables
    )
    assert result.code == 0, result.output


def test_it_is_edited_in_few_files_and_its_page_explains_each() -> None:
    page = (ROOT / EXAMPLE / "README.md").read_text()
    steps = re.findall(r"^\d+\. .*?`([^`]+)`", page, re.MULTILINE)

    assert sorted(steps) == sorted(EDITED)
    assert len([name for name in EDITED if (ROOT / name).exists()]) <= MOST_FILES


def test_the_rest_is_generated(copy: Project) -> None:
    def files(folder: Path) -> dict[str, bytes]:
        return {
            str(path.relative_to(folder)): path.read_bytes()
            for name in ("README.md", "docs", "tests/addresses", "environments")
            for path in ([folder / name] if (folder / name).is_file() else (folder / name).rglob("*"))
            if path.is_file()
        }

    before, after = files(ROOT), files(copy.path)
    assert {name for name, text in after.items() if before.get(name) != text} == GENERATED


def test_the_checks_of_the_project_pass_with_it(copy: Project) -> None:
    pytest_in(copy, *(f"tests/{name}" for name in CHECKS))

    python = [name for name in EDITED if name.endswith(".py")]
    for tool in (["ruff", "format", "--check", *python], ["ruff", "check", *python], ["mypy", *python]):
        result = copy.run(str(ROOT / ".venv" / "bin" / tool[0]), *tool[1:])
        assert result.code == 0, result.output


@pytest.fixture(scope="module")
def synthesized(copy: Project) -> dict[str, Path]:
    folders = {environment: copy.path / f"out-{environment}" for environment in ENVIRONMENTS}
    for environment, folder in folders.items():
        result = copy.run(sys.executable, "main.py", ENVIRONMENT=environment, CDKTF_OUTDIR=str(folder))
        assert result.code == 0, result.output
    return folders


def stack(folder: Path, name: str) -> Template:
    template: Template = json.loads((folder / "stacks" / name / "cdk.tf.json").read_text())
    return template


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Aws]:
    """With the queues, because Terraform waits for half a minute after it has created one."""
    folder = tmp_path_factory.mktemp("account")
    aws = Aws(start(folder).endpoint, extended=True)
    for name in ("realworld-local-jobs", "realworld-local-jobs-dead-letters"):
        aws("sqs").create_queue(QueueName=name)
    yield aws
    stop(folder)


@pytest.fixture(scope="module")
def queue(synthesized: dict[str, Path], account: Aws, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    template = stack(synthesized["local"], "queue")
    urls = {url.split("/")[-1]: url for url in account("sqs").list_queues()["QueueUrls"]}
    template["import"] = [
        {"to": f"aws_sqs_queue.{name}", "id": urls[each["name"]]}
        for name, each in template["resource"]["aws_sqs_queue"].items()
    ]
    found = workspace(tmp_path_factory.mktemp("terraform") / "queue", account)
    found.write(template)
    return found


def calls(log: str) -> set[str]:
    """What the provider asked AWS, such as SQS:ListQueueTags. An entry of its log goes on to the next time of day."""
    requests = re.findall(r"HTTP Request Sent:(.*?)(?=^\d{4}-\d\d-\d\dT|\Z)", log, re.DOTALL | re.MULTILINE)
    found = [dict(re.findall(r'rpc\.(service|method)="?([\w ]+?)"?(?=\s)', request)) for request in requests]
    return {f"{each['service']}:{each['method']}" for each in found}


def test_terraform_plans_it_and_the_role_that_plans_may(queue: Workspace, synthesized: dict[str, Path]) -> None:
    plan = replace(queue, variables=queue.variables | {"TF_LOG_PROVIDER": "DEBUG"}).run("plan")

    assert "Plan: 2 to import, 3 to add, 2 to change, 0 to destroy." in plan.stdout, plan.stdout + plan.stderr
    made = calls(plan.stderr)
    assert {"SQS:GetQueueAttributes", "SQS:ListQueueTags", "STS:GetCallerIdentity"} <= made
    policies = policies_of(stack(synthesized["production"], "iam"), "realworld-production-plan")
    assert [call for call in made if not allows(policies, action_of(call))] == []
    assert not allows(policies, "sqs:ReceiveMessage")


def test_what_it_loses_is_data_and_what_it_leaves_is_found(copy: Project, queue: Workspace) -> None:
    loss = "from catalogue import holds_data; print(holds_data('aws_sqs_queue.jobs'))"

    assert copy.run(sys.executable, "-c", loss).output == "True\n"
    left = copy.run(sys.executable, "-c", LEFTOVERS, **queue.variables).output.splitlines()
    assert sorted(line.split("/")[-1] for line in left) == ["realworld-local-jobs", "realworld-local-jobs-dead-letters"]
