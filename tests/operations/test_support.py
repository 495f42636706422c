"""Until when the versions in use are supported is known, said in time, and a failing check afterwards."""

from datetime import date, timedelta

import pytest

from operations.support import AHEAD, DATA, in_use, load
from operations.support import checks as supported
from settings import load_settings
from tests.conftest import ENVIRONMENTS, ROOT, changed

KUBERNETES = load().products["Kubernetes"].ends
END = KUBERNETES["1.35"] or date.max


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_the_end_of_everything_in_use_is_known(environment: str) -> None:
    settings = load_settings(environment)
    assert in_use(settings).keys() == load().products.keys()
    assert "not known" not in supported(settings, load().read)[0].found


def test_every_version_of_kubernetes_that_may_be_written_has_its_end() -> None:
    offered = type(load_settings("local").eks).model_fields["kubernetes_version"].annotation
    assert set(getattr(offered, "__args__", ())) == KUBERNETES.keys()


@pytest.mark.parametrize("name", load().products)
def test_each_has_a_runbook(name: str) -> None:
    assert (ROOT / load().products[name].runbook).is_file()


@pytest.mark.parametrize(
    ("today", "said", "fails"),
    [
        (END - AHEAD - timedelta(days=1), None, False),
        (END - AHEAD, f"the support of 1.35 ends on {END}", False),
        (END, f"the support of 1.35 ends on {END}", False),
        (END + timedelta(days=1), f"the support of 1.35 has ended on {END}", True),
    ],
)
def test_an_end_is_said_three_months_before_and_fails_after_it(today: date, said: str | None, fails: bool) -> None:
    settings = changed(load_settings("staging"), eks={"kubernetes_version": "1.35"})
    found = {check.name: check for check in supported(settings, today)}.get("Kubernetes")
    assert (found and found.found, bool(found and found.fails)) == (said, fails)
    if found:
        assert "docs/runbooks/kubernetes.md" in found.remedy


def test_what_is_kept_beyond_its_end_fails_when_that_is_to_be_decided_again() -> None:
    settings, held = load_settings("staging"), load().products["Terraform"].held["1.11"]
    for today, fails in ((held.until, False), (held.until + timedelta(days=1), True)):
        [found] = [check for check in supported(settings, today) if check.name == "Terraform"]
        assert found.fails is fails
        assert (held.why in found.found) is not fails


def test_a_version_without_an_end_is_said_to_have_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("operations.support.version", lambda _: "99.1")
    assert "Ansible 99.1: not known" in supported(load_settings("local"), load().read)[0].found


def test_the_data_is_looked_at_twice_a_year() -> None:
    newest = load().read
    assert date.today() < newest + timedelta(days=180), (
        f"{DATA.relative_to(ROOT)} is of {newest}: compare its ends with endoflife.date, and write the day into read"
    )
