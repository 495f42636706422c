"""What no scanner looks at: that nothing is hidden from them, and for how long production remembers."""

import re

from settings import load_settings
from tests.conftest import ROOT
from tests.scanners.subject import tracked

# As each scanner spells it; hadolint is asked by `make check`, and not here.
HIDDEN = re.compile(r"#\s*nosec|checkov:skip|zizmor:\s*ignore|pragma:\s*(allow|white)list|npm-audit:ignore")
HERE = "tests/scanners/test_rules_of_our_own.py"


def hidden(text: str) -> list[str]:
    return [found.group() for found in HIDDEN.finditer(text)]


def test_nothing_is_hidden_from_a_scanner_but_in_the_file_of_waivers() -> None:
    assert {"#nosec B602", "# checkov:skip=CKV_AWS_18: x", "# zizmor: ignore[x]", "# pragma: allowlist secret"} == {
        text
        for text in ("#nosec B602", "# checkov:skip=CKV_AWS_18: x", "# zizmor: ignore[x]", "# pragma: allowlist secret")
        if hidden(text)
    }

    texts = {name: (ROOT / name).read_text(errors="replace") for name in tracked() if name != HERE}
    assert {name: found for name, text in texts.items() if (found := hidden(text))} == {}
    assert not {".checkov.yaml", ".bandit", ".secrets.baseline", "zizmor.yml", ".github/zizmor.yml"} & set(texts)


def test_production_remembers_for_a_year_what_an_intruder_has_done() -> None:
    settings = load_settings("production")

    kept = (
        settings.vpc.flow_log_retention_days,
        settings.eks.log_retention_days,
        settings.database.log_retention_days,
    )
    assert min(kept) >= 365
