"""Work on stacks in the order of what they need, side by side where nothing forbids it."""

from collections.abc import Callable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from functools import cache

# More than a machine has cores: a Terraform process works for three seconds, and then waits for AWS. Each holds about
# three quarters of a gigabyte.
LANES = 5
# Seconds that the first apply of a stack takes, in AWS's order of magnitude as the simulator lets the provider wait:
# a database, the lifecycle of a bucket, the attachment of a volume, a zone of DNS.
SECONDS = {"database": 100, "state": 60, "runner": 60, "monitoring": 60, "dns": 40}
OTHERS = 20


def chains(dependencies: Mapping[str, frozenset[str]], seconds: Mapping[str, int]) -> dict[str, int]:
    """For each stack the seconds from its start to the end of the last one that waits for it, near or far."""

    @cache
    def remaining(stack: str) -> int:
        readers = [other for other, needed in dependencies.items() if stack in needed]
        return seconds.get(stack, OTHERS) + max(map(remaining, readers), default=0)

    return {stack: remaining(stack) for stack in dependencies}


def order(dependencies: Mapping[str, frozenset[str]]) -> list[str]:
    """The stacks by how long the chain is that each begins, longest first."""
    remaining = chains(dependencies, SECONDS)
    return sorted(dependencies, key=remaining.__getitem__, reverse=True)


def run(
    dependencies: Mapping[str, frozenset[str]],
    work: Callable[[str], bool],
    skip: Callable[[str, str], None],
    stopped: Callable[[], bool] = lambda: False,
) -> bool:
    """Call work for each stack once all that it depends on has succeeded; True when every stack did.

    A stack whose work returns False stops those that depend on it, near and far: skip(stack, culprit) is called for
    each. Dependencies that are not among the stacks count as met. When stopped() is true nothing new is started.
    """
    waiting = {stack: dependencies[stack] & dependencies.keys() for stack in order(dependencies)}
    succeeded: set[str] = set()
    failed: set[str] = set()
    running: dict[Future[bool], str] = {}
    with ThreadPoolExecutor(LANES) as pool:
        while waiting or running:
            if stopped():
                waiting.clear()
            if blocked := [stack for stack in waiting if waiting[stack] & failed]:
                culprits = waiting.pop(blocked[0]) & failed
                failed.add(blocked[0])
                skip(blocked[0], min(culprits))
                continue
            ready = [stack for stack in waiting if waiting[stack] <= succeeded]
            for stack in ready[: LANES - len(running)]:
                del waiting[stack]
                running[pool.submit(work, stack)] = stack
            # Wakes up now and then, so that Python delivers signals.
            done, _ = wait(running, timeout=0.5, return_when=FIRST_COMPLETED)
            for future in done:
                (succeeded if future.result() else failed).add(running.pop(future))
    return len(succeeded) == len(dependencies)
