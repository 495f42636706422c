"""Stacks side by side share what one Terraform at a time may write."""

import json
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from operations.context import Context
from operations.engine import schedule
from operations.engine.terraform import Terraform
from settings import load_settings
from simulator.process import Simulator

# Refuses to run beside another one, as the cache of providers would be written by both.
PROGRAM = '#!/bin/sh\nmkdir "$BUSY" || exit 1\nsleep 0.2\nmkdir -p "${1#-chdir=}/.terraform"\nrmdir "$BUSY"\n'


def test_with_a_shared_cache_of_providers_one_stack_at_a_time_is_initialised(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("engine.terraform", "recovery.runs"):
        monkeypatch.setattr(f"operations.{module}.LOCAL", tmp_path / ".local")
    program = tmp_path / "terraform"
    program.write_text(PROGRAM)
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    variables = {"TF_PLUGIN_CACHE_DIR": str(tmp_path / "providers"), "BUSY": str(tmp_path / "busy")}
    runner = Terraform(Context(load_settings("local"), Simulator(pid=0, port=0), variables))
    folders = [tmp_path / "stacks" / str(number) for number in range(schedule.LANES)]
    for folder in folders:
        folder.mkdir(parents=True)
        (folder / "cdk.tf.json").write_text(json.dumps({"terraform": {}}))

    with ThreadPoolExecutor(schedule.LANES) as pool:
        outcomes = list(pool.map(lambda folder: runner.init(folder), folders))

    assert [outcome.succeeded for outcome in outcomes] == [True] * schedule.LANES
