"""Checks are asked side by side, and their answers are read on any terminal."""

import io
import re
import threading

import pytest
from rich.console import Console

from operations import OperationError, checks
from operations.checks import Check, Page, refuse, side_by_side


def test_a_check_that_hangs_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "SECONDS", 0.2)
    hang = threading.Event()

    def hangs() -> Check:
        hang.wait()
        return Check("b", "too late")

    well, silent = side_by_side({"a": lambda: Check("a", "1"), "b": hangs})
    hang.set()

    assert (well.found, silent.name, silent.found) == ("1", "b", "did not answer within 0.2 seconds")
    assert silent.remedy


MISTAKE = Check(
    "Settings", "vpc.public_access_cidrs.0=203.0.113.0/24 [a]", "environments/staging.yaml " * 3, "your own"
)


@pytest.mark.parametrize("width", [60, 120])
def test_no_terminal_loses_anything(width: int) -> None:
    console = Console(file=io.StringIO(), width=width, force_terminal=True, color_system=None)
    console.print(Page([MISTAKE, Check("AWS", "ana")]))

    text = console.file.getvalue()  # type: ignore[attr-defined]
    assert all(len(line) <= width for line in text.splitlines())
    words = "needed remedy" if width == 60 else "check found needed remedy"
    cells = [MISTAKE.name, MISTAKE.found, MISTAKE.needed, MISTAKE.remedy, "AWS", "ana", words]
    assert sorted(re.sub(r"\W", "", text)) == sorted(re.sub(r"\W", "", "".join(cells)))


def test_what_stops_a_deploy_is_named_at_once_and_advice_is_not() -> None:
    advice = Check("Rights", "denied", "Log in.", stops=False)
    with pytest.raises(OperationError) as refused:
        refuse([MISTAKE, advice, Check("AWS", "ana"), MISTAKE], "AWS would refuse it")
    assert str(refused.value).count("Settings: ") == 2
    assert str(refused.value).startswith("AWS would refuse it:\n  Settings: vpc.")
    assert "[a]. Needed: your own. environments/" in str(refused.value)
    assert "Rights" not in str(refused.value)

    refuse([advice, Check("AWS", "ana")])
