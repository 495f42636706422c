"""The engine's own classes. This module prepares the engine before anything can load it."""

from imports import guard, lazy

lazy.prepare()

from cdktf import *  # noqa: E402, F403
from constructs import Construct as Construct  # noqa: E402

guard.install()
