"""promtool runs the rules of the environment local against the series of alerts.yml; a changed rule has to show."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

pytestmark = pytest.mark.slow
Tool = Callable[..., subprocess.CompletedProcess[str]]
TESTS = yaml.safe_load(Path(__file__).with_name("alerts.yml").read_text())


def verdict(tool: Tool, rules: Path, directory: Path) -> bool:
    test = directory / "test.yml"
    test.write_text(yaml.safe_dump({"rule_files": [str(path) for path in rules.glob("*.yml")], **TESTS}))
    checked = tool("promtool", "test", "rules", test)
    print(checked.stderr)
    return checked.returncode == 0


def test_alerts_fire_and_stay_silent(bundle: Path, tmp_path: Path, tool: Tool) -> None:
    assert verdict(tool, bundle / "prometheus/rules", tmp_path)


@pytest.mark.parametrize(
    ("file", "before", "after"),
    [
        ("platform.yml", "expr: up == 0", "expr: up < 0"),
        ("platform.yml", "14 * 86400", "3 * 86400"),
        ("platform.yml", "< 0.15", "< 0.05"),
        ("platform.yml", 'absent(up{job="api"})', 'absent(up{job="app"})'),
        ("platform.yml", 'condition="Ready"', 'condition="ready"'),
        ("platform.yml", 'reason="CrashLoopBackOff"', 'reason="Crash"'),
        ("slo.yml", "14.4 * 0.005", "144 * 0.005"),
        ("slo.yml", "6 * 0.005", "1 * 0.005"),
        ("slo.yml", "[1h]", "[6h]"),
        ("slo.yml", '=~"5.."', '=~"4.."'),
        ("slo.yml", 'le="0.5"', 'le="0.25"'),
    ],
)
def test_a_changed_threshold_label_or_window_is_noticed(
    bundle: Path, tmp_path: Path, tool: Tool, file: str, before: str, after: str
) -> None:
    for path in (bundle / "prometheus/rules").iterdir():
        text = path.read_text()
        if path.name == file:
            assert before in text
            text = text.replace(before, after)
        (tmp_path / "rules" / path.name).parent.mkdir(exist_ok=True)
        (tmp_path / "rules" / path.name).write_text(text)
    assert not verdict(tool, tmp_path / "rules", tmp_path)
