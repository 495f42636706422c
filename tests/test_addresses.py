"""Nothing changes its Terraform address by accident, because Terraform would destroy it and create another."""

import os
from pathlib import Path

import pytest

from tests.conftest import ENVIRONMENTS, Platform, addresses

GOLDEN = Path(__file__).parent / "addresses"


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_addresses_do_not_move(platform: Platform, environment: str) -> None:
    """A changed line needs a move in the same commit; then UPDATE_ADDRESSES=1 writes the files again."""
    found = {
        f"{environment}/{area}.txt": "".join(f"{address}\n" for address in addresses(template))
        for area, template in platform(environment).items()
    }
    if "UPDATE_ADDRESSES" in os.environ:
        (GOLDEN / environment).mkdir(parents=True, exist_ok=True)
        for name, text in found.items():
            (GOLDEN / name).write_text(text)

    golden = {str(path.relative_to(GOLDEN)): path.read_text() for path in GOLDEN.glob(f"{environment}/*.txt")}
    assert found == golden
