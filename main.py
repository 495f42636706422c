#!/usr/bin/env python
"""Synthesize every stack of one environment: ENVIRONMENT=staging python main.py."""

import os
import sys

from imports import EngineError
from settings import Settings, SettingsError, load_settings

try:
    from imports.engine import App
    from stacks.addons import AddonsStack
    from stacks.app import AppStack
    from stacks.database import DatabaseStack
    from stacks.dns import DnsStack
    from stacks.eks import EksStack
    from stacks.iam import IamStack
    from stacks.monitoring import MonitoringStack
    from stacks.registry import RegistryStack
    from stacks.runner import RunnerStack
    from stacks.secrets import SecretsStack
    from stacks.state import StateStack
    from stacks.vpc import VpcStack
except EngineError as error:
    sys.exit(str(error))


def build(app: App, settings: Settings) -> None:
    """The whole platform, in deployment order: each stack names the stacks it reads."""
    StateStack(app, settings)
    vpc = VpcStack(app, settings)
    iam = IamStack(app, settings)
    RegistryStack(app, settings)
    dns = DnsStack(app, settings)
    secrets = SecretsStack(app, settings)
    eks = EksStack(app, settings, vpc=vpc, iam=iam)
    database = DatabaseStack(app, settings, vpc=vpc)
    MonitoringStack(app, settings, vpc=vpc, iam=iam)
    RunnerStack(app, settings, vpc=vpc, iam=iam)
    addons = AddonsStack(app, settings, vpc=vpc, eks=eks)
    AppStack(app, settings, dns=dns, secrets=secrets, eks=eks, database=database, addons=addons)


def main() -> None:
    try:
        settings = load_settings(os.environ.get("ENVIRONMENT", "local"))
    except SettingsError as error:
        sys.exit(str(error))

    app = App()
    build(app, settings)
    app.synth()


if __name__ == "__main__":
    main()
