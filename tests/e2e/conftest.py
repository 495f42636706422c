from collections.abc import Iterator

import pytest

from tests.project import Project, Result, copy_of_project

STACKS = {"state", "vpc", "iam", "registry", "dns", "secrets", "eks", "database", "monitoring", "runner"}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    copy = copy_of_project(tmp_path_factory.mktemp("project") / "copy of it")  # with spaces, as some people have
    yield copy
    copy.make("clean")


@pytest.fixture(scope="module")
def first_deploy(project: Project) -> Result:
    result = project.make("deploy")
    assert result.code == 0, result.output
    return result


@pytest.fixture
def deployed(project: Project, first_deploy: Result) -> Project:
    assert first_deploy.code == 0
    return project
