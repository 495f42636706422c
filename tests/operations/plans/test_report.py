"""What reviewers read before they approve."""

import pytest

from operations.engine.terraform import Outcome
from operations.plans.report import Loss, Report

DATABASE = "aws_db_instance.postgres_instance_919E2690"


WHERE = "account 111122223333, region eu-west-1"


def report(**outcomes: Outcome) -> Report:
    return Report("staging", WHERE, ["vpc", "database", "eks"], outcomes, {"eks": "planned by the deploy"})


def test_a_stack_is_one_row_of_numbers() -> None:
    changes = {"aws_vpc.a": "create", "aws_subnet.b": "create", "aws_route.c": "update", "aws_eip.d": "import"}

    assert "| vpc | 2 | 1 | 0 | 0 | 1 |  |" in report(vpc=Outcome(changes=changes)).markdown().splitlines()


def test_a_stack_that_is_not_planned_says_why_and_the_head_names_the_place() -> None:
    lines = report().markdown().splitlines()

    assert lines[0] == "### Plan of staging: account 111122223333, region eu-west-1"
    assert "| eks |  |  |  |  |  | planned by the deploy |" in lines


def test_what_data_goes_with_is_bold_and_first() -> None:
    changes = {"aws_security_group.a": "delete", DATABASE: "replace", "aws_route.b": "update"}

    lines = [line for line in report(database=Outcome(changes=changes)).markdown().splitlines() if line[:2] == "- "]
    assert lines == [
        f"- **replace `database: {DATABASE}`**: data goes with it",
        "- delete `database: aws_security_group.a`",
        "- delete `database: aws_security_group.a`",  # once more, in the list of all changes
        f"- replace `database: {DATABASE}`",
        "- update `database: aws_route.b`",
    ]


@pytest.mark.parametrize(
    ("address", "stateful"),
    [
        ("aws_kms_key.a", True),
        ("aws_subnet.a", False),
        ("aws_dynamodb_table.a", True),  # the last one of a type that the catalogue does not have any more
        ("helm_release.a", False),
    ],
)
def test_data_goes_with_what_the_catalogue_says_and_with_what_it_does_not_know(address: str, stateful: bool) -> None:
    assert Loss("vpc", address, "delete").stateful is stateful


def test_an_output_that_changes_is_a_change() -> None:
    nothing = Report("staging", WHERE, ["vpc"], {"vpc": Outcome()}, {})
    output = Report("staging", WHERE, ["vpc"], {"vpc": Outcome(outputs={"vpc_id"})}, {})

    assert not nothing.changes
    assert nothing.markdown().endswith("No changes: staging is as the settings say.\n")
    assert output.changes
    assert "| vpc | 0 | 0 | 0 | 0 | 0 | changes vpc_id |" in output.markdown().splitlines()
    assert "No changes" not in output.markdown()
    abandoned = Report("staging", WHERE, ["vpc"], {"vpc": Outcome()}, {}, abandoned=["No stack owns queue any more"])
    assert abandoned.changes, "what nobody owns is not as the settings say"
    assert "- **No stack owns queue any more**" in abandoned.markdown().splitlines()


def test_what_was_not_planned_is_named_and_is_not_as_the_settings_say() -> None:
    notes = {"app": "planned by the deploy"}
    report = Report("staging", WHERE, ["vpc", "app"], {"vpc": Outcome()}, notes)

    assert not report.changes
    assert report.markdown().endswith("\nNo changes in vpc. Not planned: app.\n")
    assert Report("staging", WHERE, ["app"], {}, notes).no_changes == "No changes in any stack. Not planned: app."
