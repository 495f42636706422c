from collections.abc import Iterator

import pytest

from tests.project import Project, copy_of_project


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    copy = copy_of_project(tmp_path_factory.mktemp("project") / "copy of it")  # with spaces, as some people have
    yield copy
    copy.make("clean")
