"""The limits of AWS WAF, by the real provider."""

from pathlib import Path

import pytest

from tests.modules.network.test_web_acl import template
from tests.simulator.conftest import Aws
from tests.simulator.terraform import workspace


@pytest.mark.slow
def test_a_limit_is_set_changed_and_taken_away(tmp_path: Path, simulator: Aws) -> None:
    wafv2 = simulator("wafv2")
    stack = workspace(tmp_path / "dns", simulator)

    def limits() -> dict[str, int]:
        [acl] = [each for each in wafv2.list_web_acls(Scope="REGIONAL")["WebACLs"] if each["Name"] == "limits"]
        found = wafv2.get_web_acl(Name="limits", Scope="REGIONAL", Id=acl["Id"])["WebACL"]["Rules"]
        return {rule["Name"]: rule["Statement"]["RateBasedStatement"]["Limit"] for rule in found}

    stack.write(template(passwords=50))
    stack.apply()
    assert stack.plan() == ""
    assert limits() == {"passwords": 50, "requests": 3000}
    stack.write(template(passwords=70))
    stack.apply()
    assert stack.plan() == ""
    assert limits() == {"passwords": 70, "requests": 3000}
    stack.destroy()
    assert wafv2.list_web_acls(Scope="REGIONAL")["WebACLs"] == []
