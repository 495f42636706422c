"""Whether AWS would take what the stacks say: asked side by side, within seconds, and before anything starts.

Every check only reads. One that these credentials may not ask says so, and stops nothing.
"""

import dataclasses
from collections.abc import Callable, Iterator
from functools import partial

from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from operations import OperationError, failures
from operations.checks import Check, refuse, side_by_side
from operations.context import EMBEDDED, Context
from operations.engine.synthesis import Graph
from operations.preflight import domain, names, offers, quotas, rights, subscriptions, versions
from operations.preflight.question import Question as Question

DENIED = ("AccessDenied", "AccessDeniedException", "UnauthorizedOperation")
OF_ANY_AWS, ADVICE = "Versions", ("Rights", "Subscriptions")
CHECKS: dict[str, Callable[[Question], Iterator[Check]]] = {
    OF_ANY_AWS: versions.moved_on,
    "Instance types": offers.instance_types,
    **{name: partial(offers.offered, offer=offer) for name, offer in offers.OFFERS.items()},
    "Names": names.taken,
    "Buckets": names.buckets,
    "Secrets": names.secrets,
    "Domain": domain.domain,
    "Rights": rights.rights,
    "Subscriptions": subscriptions.confirmed,
    **{f"Quota: {name}": partial(quotas.quota, row=row) for name, row in quotas.QUOTAS.items()},
}


def ask(question: Question, checks: list[str], until: float | None = None) -> list[Check]:
    return side_by_side({name: partial(_answer, name, question) for name in checks}, until, stops=False)


def require(context: Context, graph: Graph, stacks: list[str], *, to_plan: bool = False) -> None:
    """Raises OperationError with everything that a deploy of these stacks would fail with, or that no plan must say."""
    environment = context.settings.environment
    all_of_them = [name for name in CHECKS if name not in ADVICE]
    checks = [OF_ANY_AWS] if to_plan or environment == EMBEDDED else all_of_them
    refuse(ask(Question.of(context, graph, stacks), checks), f"AWS would refuse {environment} as it is")


def _answer(name: str, question: Question) -> list[Check]:
    found: list[Check] = []
    try:
        found.extend(CHECKS[name](question))  # which keeps those before an error
    except (BotoCoreError, ClientError, ResponseParserError, OperationError) as error:
        if isinstance(error, ClientError) and error.response["Error"]["Code"] in DENIED:
            found.append(Check("", f"may not be asked: {error.operation_name} is denied to these credentials"))
        else:
            found.append(Check("", f"could not be asked: {failures.of_aws(error)}"))
    return [dataclasses.replace(check, name=name) for check in found or [Check("", "as needed")]]
