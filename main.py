#!/usr/bin/env python
"""Synthesize every stack of one environment: ENVIRONMENT=staging python main.py."""

import json
import os
import sys
from pathlib import Path

from imports import EngineError
from settings import Settings, SettingsError, load_settings, warnings_of

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
    iam = IamStack(app, settings)
    vpc = VpcStack(app, settings, iam=iam)
    RegistryStack(app, settings)
    dns = DnsStack(app, settings)
    secrets = SecretsStack(app, settings)
    eks = EksStack(app, settings, vpc=vpc, iam=iam)
    database = DatabaseStack(app, settings, vpc=vpc, iam=iam)
    monitoring = MonitoringStack(app, settings, vpc=vpc, iam=iam)
    RunnerStack(app, settings, vpc=vpc, iam=iam)
    addons = AddonsStack(app, settings, vpc=vpc, eks=eks)
    AppStack(app, settings, dns=dns, secrets=secrets, eks=eks, database=database, monitoring=monitoring, addons=addons)


def forget_others(output: Path) -> None:
    """Remove Terraform's note of the state that a folder was used with, where that was one of another environment.

    With the note, Terraform and the cdktf command stop, and advise to move that state over the one of this environment.
    """
    for note in output.glob("stacks/*/.terraform/terraform.tfstate"):
        template = note.parents[1] / "cdk.tf.json"
        now = json.loads(template.read_text(encoding="utf-8"))["terraform"]["backend"]["s3"]
        before = json.loads(note.read_text(encoding="utf-8"))["backend"]["config"]
        if any(before[name] != now[name] for name in ("bucket", "key")):
            note.unlink()


def main() -> None:
    try:
        settings = load_settings(os.environ.get("ENVIRONMENT", "local"))
    except SettingsError as error:
        sys.exit(str(error))
    for warning in warnings_of(settings):
        print(f"Warning: {warning}", file=sys.stderr)

    app = App()
    build(app, settings)
    app.synth()
    forget_others(Path(app.outdir))


if __name__ == "__main__":
    main()
