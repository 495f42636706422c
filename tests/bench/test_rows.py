"""A row is red beyond its limit, the table is in its document once, and a growth that is not linear is seen."""

from datetime import date
from pathlib import Path

import pytest

from tests.bench import __main__ as command
from tests.bench import flat, plans
from tests.bench.growth import by_resources, exponent
from tests.bench.measure import BenchError, Measure, measure
from tests.bench.rows import HEADING, Row, publish


@pytest.mark.parametrize(("ratio", "red"), [(1.9, True), (2, False), (3, False), (3.1, True)])
def test_a_row_is_red_beyond_its_limits(ratio: float, red: bool) -> None:
    assert Row("it", "2 to 1 s", ratio, least=2, most=3).red is red
    assert not Row("it", "2 to 1 s", ratio).red


def test_the_table_is_written_into_its_section_and_nothing_else_changes(tmp_path: Path) -> None:
    document = tmp_path / "benchmark.md"
    document.write_text("# Before\n\nText.\n")
    for ratio in (1.5, 2.5):
        publish([Row("it", "5 to 2 s", ratio, goal="3", most=4)], document, date(2026, 11, 7))

    text = document.read_text()
    assert text.startswith(
        f"# Before\n\nText.\n\n{HEADING}\n\n`make bench FULL=1` has written this on 7 November 2026."
    )
    assert text.endswith("\n| it | 5 to 2 s | 2.50 | 3 | above 4 |\n")
    assert text.count(HEADING) == text.count("| it |") == 1


def cost(cpu: float) -> Measure:
    return Measure(cpu, wall=cpu, memory=100)


def test_growth_is_seen_to_be_linear_or_not() -> None:
    assert exponent(2, 20, 10) == pytest.approx(1)
    assert exponent(2, 200, 10) == pytest.approx(2)
    linear = by_resources({100: cost(1.2), 1000: cost(3), 5000: cost(11)}, floor=cost(1))
    quadratic = by_resources({100: cost(1.1), 1000: cost(11), 5000: cost(251)}, floor=cost(1))
    assert [row.red for row in linear] == [False, False]
    assert [row.red for row in quadratic] == [True, True]


def test_plans_are_held_against_the_flat_one() -> None:
    one, all_of_them = plans.against_flat({"vpc": cost(3), "dns": cost(2), "eks": cost(4)}, cost(12), 220)

    assert (one.ratio, one.red, all_of_them.ratio, all_of_them.red) == (4, False, 0.75, False)
    one, all_of_them = plans.against_flat({"vpc": cost(7), "dns": cost(20), "eks": cost(30)}, cost(12), 220)
    assert (one.red, all_of_them.red) == (True, True)


def test_the_flat_project_has_every_address_once_and_reads_no_other_state() -> None:
    template = {
        "resource": {"aws_vpc": {"it": {"depends_on": ["aws_eip.it"]}}, "aws_eip": {"it": {}}},
        "data": {"terraform_remote_state": {"iam_state": {}}, "aws_ami": {"it": {"id": "${aws_vpc.it.id}"}}},
        "output": {"role": {"value": "${data.terraform_remote_state.iam_state.outputs.role}"}},
    }

    found = flat.renamed("vpc", template)

    assert found["resource"] == {"aws_vpc": {"vpc_it": {"depends_on": ["aws_eip.vpc_it"]}}, "aws_eip": {"vpc_it": {}}}
    assert found["data"]["aws_ami"] == {"vpc_it": {"id": "${aws_vpc.vpc_it.id}"}}
    assert found["output"]["role"]["value"] == "${local.iam_state.outputs.role}"


def test_a_program_that_fails_is_not_measured() -> None:
    with pytest.raises(BenchError, match="false ended with 1"):
        measure("false")
    assert measure("true").memory > 0


@pytest.mark.parametrize(("ratio", "code"), [(2.5, 0), (1.5, 1), (None, 1)], ids=["within", "beyond", "failed"])
def test_a_row_beyond_its_limits_fails_the_command(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, ratio: float | None, code: int
) -> None:
    def part() -> list[Row]:
        if ratio is None:
            raise BenchError("terraform plan ended with 1")
        return [Row("it", "5 to 2 s", ratio, least=2)]

    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "benchmark.md").write_text("# Before\n")
    monkeypatch.setattr(command, "PARTS", {"Measuring": part})
    monkeypatch.setattr(command, "IF_FULL", {"Measuring more": part})
    monkeypatch.setattr(command, "ROOT", tmp_path)

    for full in (False, True):
        monkeypatch.setattr(command, "FULL", full)
        assert command.main() == code
        assert (HEADING in (tmp_path / "docs" / "benchmark.md").read_text()) is (full and ratio is not None)
