"""Real helm renders the charts; where there is none, the tests say so and are skipped."""

import pytest

from operations import helm


@pytest.fixture(scope="session", autouse=True)
def _helm() -> None:
    try:
        helm.helm()
    except helm.NoHelm as error:
        pytest.skip(str(error))
