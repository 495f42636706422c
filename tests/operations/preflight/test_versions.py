"""What AWS has moved on by itself is not planned backwards: the settings follow, and say so in one line."""

from typing import Any

import pytest

from tests.conftest import changed
from tests.operations.preflight.conftest import Aws


def running(aws: Aws, kubernetes: str | None = None, database: str | None = None) -> None:
    if kubernetes:
        aws.answers("eks", "describe_cluster", {"cluster": {"version": kubernetes}}, name="realworld-local")
    else:
        aws.refuses("eks", "describe_cluster", "ResourceNotFoundException")
    if database:
        found = {"DBInstances": [{"EngineVersion": database}]}
        aws.answers("rds", "describe_db_instances", found, DBInstanceIdentifier="realworld-local")
    else:
        aws.refuses("rds", "describe_db_instances", "DBInstanceNotFound")


@pytest.mark.parametrize(("kubernetes", "database"), [(None, None), ("1.35", "17.10"), ("1.34", "16.4")])
def test_what_is_as_old_as_its_settings_may_be_planned(aws: Aws, kubernetes: str | None, database: str | None) -> None:
    running(aws, kubernetes, database)
    aws.fine("Versions")


def test_a_cluster_that_eks_has_upgraded_is_named(aws: Aws) -> None:
    running(aws, "1.36")
    assert str(aws.fails("Versions")) == (
        "Versions: AWS has moved realworld-local to 1.36: nothing goes back to 1.35. Needed: eks.kubernetes_version of "
        '1.36. Write eks.kubernetes_version: "1.36" into environments/local.yaml.'
    )


def test_what_the_settings_do_not_know_yet_is_not_advised(aws: Aws) -> None:
    running(aws, "1.40")
    assert aws.fails("Versions").remedy.startswith("Update the platform to a release that knows eks.kubernetes_version")


@pytest.mark.parametrize(
    ("written", "now", "version"),
    [("17.4", "17.10", "17.10"), ("17.10", "17.4", ""), ("16", "17.4", "17"), ("17", "17.99", "")],
)
def test_a_database_that_rds_has_upgraded_is_named(aws: Aws, written: str, now: str, version: str) -> None:
    aws.settings = changed(aws.settings, database={"engine_version": written})
    for each in aws.resources("aws_db_instance"):
        each["engine_version"] = written
    running(aws, "1.35", now)
    if version:
        said = f'Write database.engine_version: "{version}" into environments/local.yaml.'
        assert aws.fails("Versions").remedy == said
    else:
        aws.fine("Versions")


def test_only_what_is_selected_is_asked_for(aws: Aws) -> None:
    aws.templates = {"vpc": aws.templates["vpc"]}
    aws.fine("Versions")
    assert not aws.stubs


def test_a_rule_for_each_resource_with_a_version(aws: Aws) -> None:
    from operations.preflight.versions import MOVED

    versioned: dict[str, Any] = {
        kind: each
        for template in aws.templates.values()
        for kind, named in template["resource"].items()
        for each in named.values()
        if {"version", "engine_version"} & each.keys() and kind.startswith("aws_")
    }
    # Node groups follow their cluster, whose version they read.
    assert versioned.keys() - {"aws_eks_node_group", "aws_instance"} == MOVED.keys()
