"""No backup of the database starts when RDS refuses it.

AWS: "database services cannot start backups 1 hour before or during their maintenance window or automatic backup
window", and those "scheduled during those times will fail" (AWS Backup developer guide, Troubleshooting). Jobs "within
1 hour" of either may fail (re:Post, backup-coordinates-pitr), so the hour after a window is left alone as well.
"""

import re

import pytest

from tests.conftest import Platform, only

DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
DAY, WEEK, HOUR = 24 * 60, 7 * 24 * 60, 60


def minutes(time: str) -> int:
    hours, minutes_ = map(int, time.split(":"))
    return hours * 60 + minutes_


def maintenance(window: str) -> set[int]:
    """The minutes of the week in a window such as sun:23:30-mon:00:30."""
    first, last = (
        DAYS.index(day) * DAY + minutes(time) for day, _, time in (at.partition(":") for at in window.split("-"))
    )
    return {minute % WEEK for minute in range(first, last + (WEEK if last < first else 0) + 1)}


def automated(window: str) -> set[int]:
    """The minutes of the week in a daily window such as 23:30-00:30."""
    first, last = map(minutes, window.split("-"))
    last += DAY if last < first else 0
    return {(day * DAY + minute) % WEEK for day in range(7) for minute in range(first, last + 1)}


def starts(schedule: str, start_window: int) -> set[int]:
    """The minutes of the week in which a daily job such as cron(30 0 * * ? *) may start."""
    daily = re.fullmatch(r"cron\((\d+) (\d+) \* \* \? \*\)", schedule)
    assert daily, f"{schedule} is not daily"
    first = minutes(f"{daily[2]}:{daily[1]}")
    return {(day * DAY + first + minute) % WEEK for day in range(7) for minute in range(start_window + 1)}


def refused(window: set[int]) -> set[int]:
    return {(minute + near) % WEEK for minute in window for near in range(-HOUR + 1, HOUR)}


@pytest.mark.parametrize("environment", ["local", "production"])
def test_a_copy_never_starts_near_a_window_of_the_database(platform: Platform, environment: str) -> None:
    template = platform(environment)["database"]
    instance, plan = only(template, "aws_db_instance"), only(template, "aws_backup_plan")

    for rule in plan["rule"]:
        possible = starts(rule["schedule"], rule["start_window"])
        assert possible & refused(maintenance(instance["maintenance_window"])) == set()
        assert possible & refused(automated(instance["backup_window"])) == set()


@pytest.mark.parametrize("environment", ["local", "staging", "production"])
def test_the_windows_of_the_database_do_not_meet(platform: Platform, environment: str) -> None:
    """RDS refuses them when they do, or when one is shorter than half an hour."""
    instance = only(platform(environment)["database"], "aws_db_instance")
    weekly, daily = maintenance(instance["maintenance_window"]), automated(instance["backup_window"])

    assert weekly & daily == set()
    assert len(weekly) > 30
    assert len(daily) > 7 * 30


@pytest.mark.parametrize(
    ("window", "schedule", "start_window", "meets"),
    [
        (maintenance("sun:04:30-sun:05:30"), "cron(0 5 * * ? *)", 60, True),
        (maintenance("sun:04:30-sun:05:30"), "cron(0 2 * * ? *)", 60, False),
        (maintenance("sun:04:30-sun:05:30"), "cron(0 2 * * ? *)", 120, True),
        (maintenance("sun:04:30-sun:05:30"), "cron(0 3 * * ? *)", 60, True),
        (maintenance("sun:23:30-mon:00:30"), "cron(0 0 * * ? *)", 60, True),
        (maintenance("mon:00:10-mon:00:40"), "cron(15 22 * * ? *)", 60, True),
        (maintenance("mon:00:10-mon:00:40"), "cron(5 22 * * ? *)", 60, False),
        (automated("23:30-00:30"), "cron(15 1 * * ? *)", 60, True),
        (automated("23:30-00:30"), "cron(30 1 * * ? *)", 60, False),
        (automated("03:00-04:00"), "cron(30 0 * * ? *)", 60, False),
        (automated("03:00-04:00"), "cron(30 0 * * ? *)", 120, True),
    ],
)
def test_times_that_meet_are_seen_also_around_the_end_of_the_week(
    window: set[int], schedule: str, start_window: int, meets: bool
) -> None:
    assert bool(starts(schedule, start_window) & refused(window)) is meets
