"""Plan and deploy stop before Terraform where AWS has moved a cluster on by itself."""

import json
from collections.abc import Iterator

import pytest

from operations import OperationError
from operations.context import Context
from tests.operations.plans.conftest import Environment, environment
from tests.operations.plans.test_review import Make

__all__ = ["environment"]  # a fixture
