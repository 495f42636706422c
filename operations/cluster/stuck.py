"""Helm releases that a run has left behind which was killed while Helm was at work.

Helm refuses the next operation on them ("another operation is in progress", "cannot re-use a name that is still in
use"), and leaves it to people, because it cannot know who else is at work: https://github.com/helm/helm/pull/7653.
We know more. Whoever works on a release of ours holds the lock of its state, but for a provider that has outlived its
Terraform, and that one ends with Helm's own time limit. All of ours are atomic, so what is done here is what Helm
itself would have done at the end (failRelease in pkg/action/upgrade.go and install.go): back to the last revision
that served, or away with what never did.
"""

import json
import os
import subprocess
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from operations import OperationError
from operations.cluster.programs import NoProgram, carried, run
from operations.context import Context, in_shell
from operations.engine import state_bucket

# Of an operation: hooks, and then the objects, have the time limit of modules/cluster/chart_release.py each.
MOST_SECONDS = 2 * 600
ANSWER_SECONDS = 60
SERVED = ("deployed", "superseded")
Helm = partial[subprocess.CompletedProcess[str]]


@dataclass(frozen=True)
class Stuck:
    """A release as helm list shows it. since is in seconds since 1970."""

    namespace: str
    name: str
    status: str
    since: float


def repair(
    context: Context,
    path: Path,
    stack: str,
    releases: Collection[tuple[str, str]],
    say: Callable[[str], None],
    *,
    destroying: bool = False,
) -> None:
    """Take back what was not ended of these releases of a stack: (namespace, name). path is a kubeconfig.

    Raises OperationError with the command for one that somebody else may be at work on.
    """
    helm = partial(run, "helm", environment=context.environment, kubeconfig=path)
    try:
        found = [each for each in _stuck(helm) if (each.namespace, each.name) in releases] if releases else []
    except NoProgram:  # Terraform needs none, and says so where a release is stuck
        return
    key = context.settings.names.state_key(stack)
    if not found or any(lock.key == key for lock in state_bucket.locks(context, key)):
        return
    state = state_bucket.read(context, stack)
    own = state.releases if state else frozenset()
    for each in found:
        ours, served = (each.namespace, each.name) in own, _served(helm, each)
        if (destroying and ours) or (each.status == "failed" and (ours or served)):
            continue  # which Terraform can do by itself
        arguments = _remedy(each, served)
        login = f"KUBECONFIG={os.path.relpath(path)}"
        command = in_shell(
            context.settings.environment, " ".join([login, os.path.relpath(carried("helm")), *arguments])
        )
        what = f"the release {each.name} in {each.namespace} is {each.status} since {_clock(each.since)}"
        until = each.since + MOST_SECONDS
        if served and not ours and each.status != "uninstalling":
            raise OperationError(
                f"{what}, and is not in the state of {stack}. If nobody is at work on it:\n    {command}"
            )
        if each.status != "failed" and time.time() < until:
            raise OperationError(
                f"{what}, and whoever began that may be at work until {_clock(until)}. The same command repairs it "
                f"then. To do so now, if nobody is:\n    {command}"
            )
        say(f"{stack}: {what}, and nobody is at work on it: helm {' '.join(arguments[: 3 if served else 2])}")
        result = helm(*arguments)
        if result.returncode != 0:
            raise OperationError(f"{what}, and cannot be repaired: {result.stderr.strip()}\n    {command}")


def _remedy(release: Stuck, served: str | None) -> list[str]:
    options = ["--namespace", release.namespace, "--wait", "--timeout", "10m"]
    if release.status == "uninstalling" or served is None:
        return ["uninstall", release.name, *options]
    return ["rollback", release.name, served, *options, "--wait-for-jobs"]


def _stuck(helm: Helm) -> list[Stuck]:
    states = ("--pending", "--uninstalling", "--failed")
    shown = ["--all-namespaces", "--time-format", "2006-01-02T15:04:05Z07:00"]
    return [
        Stuck(each["namespace"], each["name"], each["status"], datetime.fromisoformat(each["updated"]).timestamp())
        for each in _json(helm, "list", *states, *shown)
    ]


def _served(helm: Helm, release: Stuck) -> str | None:
    """The last revision that was deployed, if any was."""
    history = _json(helm, "history", release.name, "--namespace", release.namespace)
    revisions = [each["revision"] for each in history if each["status"] in SERVED]
    return str(max(revisions)) if revisions else None


def _json(helm: Helm, *arguments: str) -> Any:
    result = helm(*arguments, "--output", "json", seconds=ANSWER_SECONDS)
    if result.returncode != 0:
        raise OperationError(f"helm {arguments[0]} fails: {result.stderr.strip()}")
    return json.loads(result.stdout)


def _clock(seconds: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(seconds))
