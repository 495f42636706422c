from collections.abc import Callable

import pytest

from settings import load_settings
from tests.conftest import Platform
from tests.iam.engine import Role, roles_of

Roles = Callable[[str], dict[str, Role]]


@pytest.fixture(scope="session")
def roles(platform: Platform) -> Roles:
    """The roles of an environment as its stacks write them."""
    return lambda environment: roles_of(platform(environment), load_settings(environment))
