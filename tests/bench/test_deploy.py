"""What make bench says of a deploy."""

from tests.bench.deploy import against_chain

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

    row = against_chain(150, PRINTED, dependencies)

    assert row.what.endswith("to its longest chain, vpc + database")
    assert (row.measured, row.ratio, row.red) == ("150 to 125 s, 188 one after another", 1.2, False)
    assert against_chain(251, PRINTED, dependencies).red
