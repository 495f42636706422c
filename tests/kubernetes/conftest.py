import pytest


@pytest.fixture(scope="session", autouse=True)
def _charts_can_be_rendered(_helm: None) -> None:
    """Every test here renders charts."""
