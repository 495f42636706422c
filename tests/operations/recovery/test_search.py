"""What a run was just creating, and nobody knows how to find, is not passed over in silence."""

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import cast

from operations.context import Context
from operations.recovery.history import History
from operations.recovery.lookup import Configuration
from operations.recovery.search import Search


def test_a_type_that_nobody_has_described_is_named() -> None:
    address = "aws_sqs_queue.jobs"
    configuration = Configuration({"resource": {"aws_sqs_queue": {"jobs": {}}}}, {}, "123456789012", "us-east-1")
    search = Search(
        cast(Context, SimpleNamespace()),
        configuration,
        History(under_way={address: datetime.now(UTC)}),
        instances={},
        by_the_code=set(),
        forget=lambda _: None,
        say=lambda _: None,
    )

    search.find(now=False)

    assert search.imports == {}
    assert search.unsure == [
        f"{address} was being created, and no row of catalogue/adoption.py says how to find it: look for it in AWS, "
        "and import it"
    ]
