"""What reviewers read before they approve."""

from dataclasses import replace

import pytest
from rich.console import Console

from operations.engine.terraform import Outcome
from operations.plans.report import Report
from operations.plans.risks import Risk

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


def test_risks_come_first_in_their_order_and_nothing_else_is_above_the_fold() -> None:
    changes = {"aws_security_group.a": "delete", DATABASE: "replace", "aws_route.b": "update"}
    found = [Risk("pending", "database", "", "AWS does this"), Risk("data", "database", DATABASE, "is replaced: gone")]
    costs = {("database", DATABASE): (50, 99), ("vpc", "aws_eip.a"): (4, 4)}
    page = replace(report(database=Outcome(changes=changes)), risks=found, costs=costs).markdown().splitlines()

    fold = page.index("<details><summary>All changes</summary>")
    assert [line for line in page[1:fold] if line] == [
        f"- **data**: database: `{DATABASE}` is replaced: gone",
        "- **pending**: database: AWS does this",
        f"- **cost**: $54 a month, and then $103: database: `{DATABASE}` $50 and then $99",
    ]
    assert [line for line in page[fold:] if line[:2] == "- "] == [
        "- delete `database: aws_security_group.a`",
        f"- replace `database: {DATABASE}`",
        "- update `database: aws_route.b`",
    ]


def test_a_harmless_change_is_one_line() -> None:
    plan = report(vpc=Outcome(changes={"aws_vpc.a": "update"}))

    assert plan.markdown().splitlines()[2] == "- **no risk**: 1 to change, and $0 a month as before"
    assert not plan.risky
    assert replace(plan, risks=[Risk("exposure", "vpc", "aws_vpc.a", "lets in")]).risky
    assert not replace(plan, risks=[Risk("pending", "vpc", "", "later")]).risky, "AWS has been told that before"


def test_the_terminal_says_the_same_first(capsys: pytest.CaptureFixture[str]) -> None:
    plan = replace(
        report(vpc=Outcome(changes={"aws_vpc.a": "update"})), risks=[Risk("data", "vpc", "aws_vpc.a", "goes")]
    )
    plan.print(Console(width=200))

    page = capsys.readouterr().out.partition("Plan of staging")[2].splitlines()
    assert page[2] == "data      vpc: aws_vpc.a goes"
    assert page[3].startswith("stack ")


def test_machines_get_risks_and_costs() -> None:
    risk = Risk("data", "vpc", "aws_vpc.a", "goes")
    costs = {("vpc", "aws_vpc.a"): (50, 99)}
    plan = replace(report(vpc=Outcome(changes={"aws_vpc.a": "update"})), risks=[risk], costs=costs)

    assert plan.document() == {
        "environment": "staging",
        "changes": True,
        "risks": [{"kind": "data", "stack": "vpc", "address": "aws_vpc.a", "text": "goes"}],
        "costs": {"before": 50, "after": 99},
    }


def test_figures_say_what_they_leave_out() -> None:
    text = replace(report(), costs={("vpc", "aws_instance.a"): (None, None)}).markdown()

    assert "Prices of us-east-1, " in text
    assert "without traffic, requests, logs" in text
    assert "No price is known of vpc: aws_instance.a." in text


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
