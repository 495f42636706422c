"""What make bench says of a deploy."""

from tests.bench.deploy import summary

PRINTED = """
stack       resources  changed  seconds  outputs
vpc                34       34       25  vpc_id = vpc-1
                                         vpc_cidr = 10.10.0.0/16
state               7        7       63
database           24       24      100  database_port = 5432
"""


def test_the_longest_chain_is_that_of_the_seconds_that_were_measured() -> None:
    dependencies = {
        "vpc": frozenset[str](),
        "state": frozenset[str](),
        "database": frozenset({"vpc"}),
        "app": frozenset({"vpc"}),
    }

    assert summary(150, PRINTED, dependencies).endswith(
        "150 seconds, 188 one after another. The longest chain, vpc + database, took 125: 1.20 times."
    )
