"""The engine's own classes. This module prepares the engine before anything can load it."""

from imports import guard, lazy

lazy.prepare()

try:
    from cdktn import *  # noqa: F403
except ModuleNotFoundError:
    from cdktf import *  # noqa: F403
from constructs import Construct as Construct  # noqa: E402

guard.install()
