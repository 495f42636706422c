"""The upgrades of the runbooks, as they are written there, one after the other on one platform.

A runbook is executed: what stands in it indented is a command, or what goes into the settings file.
"""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import jmespath
import pytest
import yaml
from botocore import xform_name

from tests.conftest import ROOT
from tests.project import Project, Result, copy_of_project

pytestmark = [pytest.mark.slow, pytest.mark.rehearsal]

FIRST = {"eks": {"kubernetes_version": "1.34"}, "database": {"engine_version": "16"}}
UNKNOWN = {"list_insights", "describe_addon_versions"}  # to the simulated EKS: it runs nothing, and offers anything
PROXY = "v1.35.3-eksbuild.2"
CHANGE = re.compile(r"^(create|update|replace|delete|import) +\w+: (\w+)\.", re.MULTILINE)


@dataclass
class Platform:
    project: Project

    def settings(self, changes: dict[str, Any]) -> None:
        path = self.project.path / "environments" / "local.yaml"
        found = yaml.safe_load(path.read_text())
        for area, fields in changes.items():
            for name, value in fields.items():
                both = isinstance(value, dict) and name in found[area]
                found[area][name] = found[area][name] | value if both else value
        path.write_text(yaml.safe_dump(found, sort_keys=False))

    def follow(self, page: str, heading: str, **filled: str) -> dict[str, list[Any]]:
        """Do what one part of a runbook says; by command, what each answered. filled is for what is in <brackets>."""
        answers: dict[str, list[Any]] = {}
        for block in blocks(page, heading):
            text = re.sub(r"<([^<>]+)>", lambda match: filled[re.sub(r"\W", "_", match[1])], block)
            if not re.match(r"(make|aws) ", text):
                self.settings(yaml.safe_load(text))
                continue
            for program, command, *words in map(shlex.split, text.splitlines()):
                if program == "make":
                    given = dict(word.split("=", 1) for word in words)
                    result = self.make(command, **given)
                    answers.setdefault(command, []).append(result)
                else:
                    answers.setdefault(words[0], []).append(self.aws(command, *words))
        assert answers, f"{page} has no command below {heading}"
        return answers

    def make(self, command: str, **given: str) -> Result:
        assert given.pop("ENVIRONMENT") == "local"
        result = self.project.make(command, **given, **({"DETAILED_EXITCODE": "1"} if command == "plan" else {}))
        assert result.code in ((0, 2) if command == "plan" else (0,)), result.output
        return result

    def aws(self, service: str, operation: str, *words: str) -> Any:
        """What the aws command does with this line, as far as the runbooks use it."""
        client, method = self.project.client(service), operation.replace("-", "_")
        if method in UNKNOWN:
            return None
        options = dict(zip(words[::2], words[1::2], strict=True))
        query = options.pop("--query", "@")
        options.pop("--output", None)
        parameters = client.meta.service_model.operation_model(client.meta.method_to_api_mapping[method]).input_shape
        names = {f"--{xform_name(name, '-')}": name for name in parameters.members}
        arguments = {
            names[name]: re.sub(r"\$PLATFORM(_[A-Z]+)?", "realworld-local", value) for name, value in options.items()
        }
        return jmespath.search(query, getattr(client, method)(**arguments))

    def refused(self, stack: str, message: str, **fields: Any) -> None:
        """A deploy with these settings changes nothing, and says why."""
        before = (self.project.path / "environments" / "local.yaml").read_text()
        self.settings({stack: fields})
        result = self.project.make("deploy", STACK=stack)
        assert result.code == 1
        assert message in result.output
        (self.project.path / "environments" / "local.yaml").write_text(before)


def blocks(page: str, heading: str) -> list[str]:
    """What is indented below a heading, one text for each block."""
    text = (ROOT / "docs" / "runbooks" / page).read_text()
    part = re.search(rf"^## {heading}\n(.*?)(?=^##? |\Z)", text, re.MULTILINE | re.DOTALL)
    assert part, f"{page} has no {heading}"
    found = []
    for block in re.findall(r"(?:^ {4,}\S.*\n)+", part[1], re.MULTILINE):
        indent = len(block) - len(block.lstrip())
        found.append("\n".join(line[indent:] for line in block.splitlines()).replace("<environment>", "local"))
    return found


def changes(plan: Result) -> set[tuple[str, str]]:
    return set(CHANGE.findall(plan.output))


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    made = Platform(copy_of_project(tmp_path_factory.mktemp("upgrades") / "copy"))
    made.settings(FIRST)
    made.make("deploy", STACK="iam vpc eks database", ENVIRONMENT="local")
    yield made
    made.project.make("clean")


def test_kubernetes_goes_up_one_minor_and_then_its_nodes_to_a_newer_image_and_back(platform: Platform) -> None:
    eks = platform.project.client("eks")

    def cluster() -> str:
        return str(eks.describe_cluster(name="realworld-local")["cluster"]["version"])

    refusal = "Unsupported Kubernetes minor version update from 1.34 to 1.36"
    platform.refused("eks", refusal, kubernetes_version="1.36")
    assert cluster() == "1.34"

    platform.follow("kubernetes.md", "Before", next_version="1.35")
    done = platform.follow("kubernetes.md", "Steps", next_version="1.35", version_of_the_add_on=PROXY)
    first, second, last = done["plan"]
    assert changes(first) == {("update", "aws_eks_cluster"), ("update", "aws_eks_node_group")}
    assert changes(second) == {("update", "aws_eks_addon")}
    assert last.code == 0, last.output
    assert cluster() == "1.35"
    proxy = eks.describe_addon(clusterName="realworld-local", addonName="kube-proxy")["addon"]
    assert proxy["addonVersion"] == PROXY

    [group] = eks.list_nodegroups(clusterName="realworld-local")["nodegroups"]
    [newest] = platform.follow("node-image.md", "Before", node_group=group)["describe-nodegroup"]
    [back] = platform.follow("node-image.md", "Rollback", former_release="1.35.0-20260601")["plan"]
    assert changes(back) == {("update", "aws_eks_node_group")}
    assert platform.follow("node-image.md", "Before", node_group=group)["describe-nodegroup"] == ["1.35.0-20260601"]
    forth, last = platform.follow("node-image.md", "Steps")["plan"]
    assert changes(forth) == changes(back)
    assert last.code == 0, last.output
    assert platform.follow("node-image.md", "Before", node_group=group)["describe-nodegroup"] == [newest]


def test_postgresql_goes_up_a_major_and_its_snapshot_becomes_the_old_one(platform: Platform) -> None:
    rds = platform.project.client("rds")

    def instance(name: str) -> Any:
        return rds.describe_db_instances(DBInstanceIdentifier=name)["DBInstances"][0]

    platform.refused("database", "The AllowMajorVersionUpgrade flag must be present", engine_version="17")
    assert instance("realworld-local")["EngineVersion"].startswith("16")

    assert platform.follow("postgresql.md", "Before")["describe-db-snapshots"] == [["available"]]
    first, last = platform.follow("postgresql.md", "Steps", next_version="17")["plan"]
    assert {each for each in changes(first) if each[0] != "create"} <= {
        ("update", "aws_db_instance"),
        ("replace", "aws_db_parameter_group"),
        ("delete", "aws_db_parameter_group"),
    }
    assert ("update", "aws_db_instance") in changes(first)
    assert last.code == 0, last.output
    assert instance("realworld-local")["EngineVersion"].startswith("17")

    group = instance("realworld-local")["DBSubnetGroup"]["DBSubnetGroupName"]
    back = platform.follow("postgresql.md", "Rollback", DBSubnetGroupName=group)["describe-db-instances"]
    assert back[0] == [group]
    [version] = back[1]
    assert version.startswith("16")
    assert instance("realworld-local")["EngineVersion"].startswith("17")
