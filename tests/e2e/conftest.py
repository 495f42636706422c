from collections.abc import Iterator

import pytest

from operations.cluster.kubernetes import in_cluster
from operations.engine.synthesis import synthesize
from tests.iam.recorder import recorded_in
from tests.project import Project, Result, copy_of_project


@pytest.fixture(scope="session")
def stacks(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """All but those in the cluster, because the simulated EKS runs nothing."""
    graph = synthesize("local", tmp_path_factory.mktemp("stacks") / "out")
    return set(graph.dependencies) - set(in_cluster(graph, list(graph.dependencies)))


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    copy = copy_of_project(tmp_path_factory.mktemp("project") / "copy of it")  # with spaces, as some people have
    recorded_in(copy.path)
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
