"""A deploy to a real account: seen first, then agreed to, and then nothing else than that."""

import dataclasses
import io
import re
import stat
from collections.abc import Callable
from typing import Any

import pytest

from operations import OperationError
from operations.cluster import api, kubernetes
from operations.commands import deploy
from operations.plans.review import beyond
from tests.operations.plans.conftest import Environment, output, reading

pytestmark = pytest.mark.slow


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Person:
    """Answers what is asked, and does something before it when told to."""

    def __init__(self) -> None:
        self.answers: list[str] = []
        self.asked: list[str] = []
        self.first: Callable[[], object] = lambda: None

    def __call__(self, question: str) -> str:
        self.asked.append(question.strip())
        if len(self.asked) == 1:
            self.first()
        return self.answers.pop(0)


@pytest.fixture
def person(monkeypatch: pytest.MonkeyPatch) -> Person:
    found = Person()
    monkeypatch.setattr("sys.stdin", Terminal())
    monkeypatch.setattr("builtins.input", found)
    return found


@pytest.fixture
def staging(environment: Callable[..., Environment]) -> Callable[..., Environment]:
    return lambda **arguments: environment(name="staging", **arguments)


@pytest.fixture
def chain(staging: Callable[..., Environment]) -> Environment:
    """Two stacks: the second reads what nobody knows before the first is applied."""
    found = staging(depends_on={"reader": {"producer"}}, producer={"a": {}}, reader={"a": {}})
    reading(found, "reader", "producer")
    found.change("producer", output("${terraform_data.a.id}"))
    return found


def given(value: str) -> dict[str, Any]:
    return {"a": {"input": value}}


def test_where_nobody_can_be_asked_nothing_is_changed(
    staging: Callable[..., Environment], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("yes\n"))
    deployed = staging(one={"a": {}})
    before = deployed.objects()

    with pytest.raises(OperationError) as error:
        deployed.deploy(folder=False)

    assert str(error.value) == (
        "nothing was changed of staging, because there is no terminal to ask in: YES=1 applies what is planned without "
        "a question, PLANS=<folder> what make plan PLANS=<folder> ENVIRONMENT=staging wrote"
    )
    assert deployed.objects() == before
    assert not (deployed.folder.parent / ".local").exists(), "Terraform was not even started"


def test_what_was_shown_is_applied_after_a_yes(staging: Callable[..., Environment], person: Person) -> None:
    deployed = staging(one=given("old"), other={"b": {}})
    person.answers = ["yes", "no", "yes"]
    deployed.deploy(folder=False)
    deployed.change("one", lambda template: template["resource"].update(terraform_data=given("new")))

    before = deployed.objects()
    with pytest.raises(OperationError, match="nothing was changed"):
        deployed.deploy(folder=False)
    assert deployed.objects() == before

    folder, modes = deployed.folder.parent / ".local" / "plans" / "staging", []
    person.asked, person.first = [], lambda: modes.append(stat.S_IMODE(folder.stat().st_mode))
    printed = deployed.deploy(folder=False)

    settings = deployed.context.settings
    place = f"account {settings.account}, region {settings.region}"
    assert person.asked == [f"Apply this to staging, {place}? (yes)"]
    assert f"\nPlan of staging: {place}\n" in printed
    assert re.search(r'^update  one: terraform_data.a\n( .*\n)* +~ input +=? "old" -> "new"\n', printed, re.MULTILINE)
    assert modes == [0o700]
    assert not folder.exists()
    assert deployed.log("one")[-2:] == ["plan", "apply"], "what was shown is not planned again"
    assert deployed.log("other")[-2:] == ["plan", "plan"], "what does not change is not applied"

    assert "No changes: staging is as the settings say." in deployed.deploy(folder=False)
    assert len(person.asked) == 1


def test_a_first_deploy_asks_once_and_shows_what_waits_with_placeholders(chain: Environment, person: Person) -> None:
    person.answers = ["yes"]

    printed = chain.deploy(folder=False)

    assert "create  reader: terraform_data.a\n" in printed
    assert "with placeholders for producer (value)" in printed
    assert chain.resources("reader") == ["terraform_data.a"]
    assert chain.log("reader") == ["init", "plan", "init", "plan", "apply"], "in a copy, and then as it is"
    assert "No changes" in chain.deploy(folder=False)


def test_what_goes_beyond_what_was_shown_is_asked_about(chain: Environment, person: Person) -> None:
    person.answers = ["yes", "no", "yes"]
    person.first = lambda: chain.change(
        "reader", lambda template: template["resource"]["terraform_data"].update({"more": {}})
    )

    with pytest.raises(OperationError, match="nothing was changed"):
        chain.deploy(folder=False)

    assert "this was not shown before:\n  create terraform_data.more\n" in chain.printed
    assert "Planning again, because more would change than was shown: reader" in chain.printed
    assert chain.resources("producer") == ["terraform_data.a"]
    assert chain.resources("reader") == []
    chain.deploy(folder=False)
    assert chain.resources("reader") == ["terraform_data.a", "terraform_data.more"]


def test_a_pipeline_says_yes_beforehand(chain: Environment, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO())
    monkeypatch.setenv("YES", "1")

    assert "create  producer: terraform_data.a\n" in chain.deploy(folder=False)
    assert chain.resources("reader") == ["terraform_data.a"]


def test_the_first_plan_shows_what_will_be_there(chain: Environment) -> None:
    assert chain.plan(folder=False, details=True)

    assert "create  producer: terraform_data.a\n" in chain.printed
    assert "create  reader: terraform_data.a\n" in chain.printed
    assert "+ input  = (known after apply)\n" in chain.printed
    assert "with placeholders for producer (value)" in chain.printed
    assert not chain.resources("producer")


def test_what_lies_in_a_cluster_that_is_not_there_yet_is_shown_as_it_is_written(
    staging: Callable[..., Environment], person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kubernetes, "why_not_applied", lambda *_: None)
    monkeypatch.setattr(kubernetes, "gate", lambda *_: lambda _: "")
    monkeypatch.setattr(deploy, "require_access", lambda *_: None)
    deployed = staging(inside=["inner"], depends_on={"inner": {"eks"}}, eks={"a": {}}, inner={"b": {}})
    person.answers = ["yes", "yes"]

    assert deployed.plan(folder=False, details=True)
    assert "create  inner: terraform_data.b\n" in deployed.printed
    assert "there is no cluster yet: this is what is written of it" in deployed.printed
    assert "create  inner: terraform_data.b\n" in deployed.deploy(folder=False)
    assert deployed.resources("inner") == ["terraform_data.b"]

    # Once it is deployed, it is not planned with the login of a cluster that will be another one.
    reading(deployed, "inner", "eks")
    deployed.change("eks", output("${terraform_data.a.id}"))
    deployed.change("eks", lambda template: template["resource"]["terraform_data"]["a"].update(triggers_replace="x"))
    login = "${data.terraform_remote_state.eks_state.outputs.value}"
    deployed.change("inner", lambda template: template.update(provider={"terraform": [{"host": login}]}))
    monkeypatch.setattr(api, "kubeconfig_of", lambda _: deployed.folder)
    monkeypatch.setattr(api, "require", lambda _: deployed.folder)
    assert deployed.plan(folder=False)
    assert "it will have another cluster" in deployed.printed


def test_before_there_is_a_bucket_nothing_is_made(chain: Environment, person: Person) -> None:
    """The bucket of another project in the same account may be that of this one before it was renamed."""
    former, settings = chain.context.settings.names.state_bucket, chain.context.settings
    renamed = settings.model_copy(update={"project": "renamed"})
    chain.context = dataclasses.replace(chain.context, settings=renamed)
    person.answers = ["no"]

    with pytest.raises(OperationError, match="nothing was changed"):
        chain.deploy(folder=False)

    assert "create  reader: terraform_data.a\n" in chain.printed
    [others] = re.findall(
        rf"There is no state bucket {renamed.names.state_bucket}, but (.*): if project", chain.printed
    )
    assert former in others
    buckets = chain.context.client("s3").list_buckets()["Buckets"]
    assert renamed.names.state_bucket not in [each["Name"] for each in buckets]


@pytest.mark.parametrize(
    ("found", "shown", "more"),
    [
        ({"a": "create"}, {"a": "create", "b": "create"}, {}),
        ({"a": "create", "b": "update"}, {"a": "create"}, {"b": "update"}),
        ({"a": "replace"}, {"a": "update"}, {"a": "replace"}),
        ({"a": "delete"}, {"a": "replace"}, {}),
        ({"a": "update"}, {"a": "replace"}, {}),
    ],
)
def test_only_other_addresses_and_losses_go_beyond(
    found: dict[str, str], shown: dict[str, str], more: dict[str, str]
) -> None:
    assert beyond(found, shown) == more
