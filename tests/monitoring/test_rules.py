"""promtool runs the rules of the environment local against the series of SERIES; a changed rule has to show."""

import re
import subprocess
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

pytestmark = pytest.mark.slow
Tool = Callable[..., subprocess.CompletedProcess[str]]
Rule = dict[str, Any]
Group = dict[str, Any]
Scenario = dict[str, Any]
SERIES = (
    "alerts.yml",
    "cluster.yml",
    "blind.yml",
    "burn.yml",
    "days.yml",
    "first.yml",
    "away.yml",
    "upkeep.yml",
    "brief.yml",
)
FILES = [yaml.safe_load(Path(__file__).with_name(name).read_text()) for name in SERIES]
SCENARIOS = {scenario["name"]: (file, scenario) for file in FILES for scenario in file["tests"]}

ALERTS = {case["alertname"] for _, scenario in SCENARIOS.values() for case in scenario["alert_rule_test"]}

WELL = "everything is well, and no request has ever failed"
TROUBLE = "a target, a node, a disk, a certificate and a pod have trouble, and the API loses its targets"
AWS = "a volume, the database, its backups, the load balancer and what AWS answers have trouble"
TENTH = "after seven hours one request in ten fails, which is twenty times the budget"
OVER = "ten percent fail for 50 minutes, and then no more"
FOUR = "after seven hours four percent fail, eight times the budget, and then no more"
EDGE = "eight answers in a hundred of the load balancer are errors, three of them its own; every other probe fails"
COPIES = "the daily copies stop"
FOURTEEN = "after three days fourteen requests in a thousand fail, not quite three times the budget, and then no more"
NEW = "a new environment has no pods, no name that answers, and nothing released"
FIRST = "a first release answers after two hours, and stops doing so four hours later"
UNREACHED = "the pods of a first release run, and nobody reaches them"
GONE = "targets that were there are gone, and node-exporter never was"
AWAY = "Prometheus was away for six days, twice, and finds no targets"
FEW = "after two busy days there are few requests, and one in fifty fails"


def groups_in(texts: Iterable[str]) -> list[Group]:
    found = [group for text in texts for group in yaml.safe_load(text)["groups"]]
    # Otherwise promtool takes them in any order, and what the others ask of this one is a minute old, or not.
    return sorted(found, key=lambda group: group["name"] != "seen")


def rules_in(groups: Iterable[Group]) -> list[Rule]:
    return [rule for group in groups for rule in group["rules"]]


def asks(rule: Rule, other: Rule) -> bool:
    """An expression uses what the other one records. Records of objectives share names, and differ in the label slo."""
    slo = other.get("labels", {}).get("slo")
    return (
        "record" in other
        and re.search(rf"\b{other['record']}\b", rule["expr"]) is not None
        and (slo is None or f'slo="{slo}"' in rule["expr"])
    )  # fmt: skip


def reach(start: list[Rule], step: Callable[[Rule], list[Rule]]) -> list[Rule]:
    found: list[Rule] = []
    while start:
        found += start
        start = [each for rule in start for each in step(rule) if each not in found]
    return found


def is_about(case: dict[str, Any], rule: Rule) -> bool:
    """Case is one of alert_rule_test, or one of promql_expr_test."""
    if "alertname" in case:
        return bool(case["alertname"] == rule.get("alert"))
    return asks(case, rule)


def narrowed(test: Scenario, rules: list[Rule]) -> Scenario:
    """The scenario without what other rules than these have to say."""
    objectives = {rule["labels"]["slo"] for rule in rules if "slo" in rule.get("labels", {})}
    kept = {
        kind: [case for case in test.get(kind, []) if any(is_about(case, rule) for rule in rules)]
        for kind in ("alert_rule_test", "promql_expr_test")
    }
    kept["alert_rule_test"] = [
        case
        | {
            "exp_alerts": [
                each for each in case["exp_alerts"] if {each["exp_labels"].get("slo")} <= {None, *objectives}
            ]
        }
        for case in kept["alert_rule_test"]
    ]
    return {**test, **kept}


def without_others(test: Scenario, groups: list[Group]) -> Scenario:
    """Without the series that nothing asks for, which cost time."""
    asked = " ".join(rule["expr"] for rule in [*rules_in(groups), *test["promql_expr_test"]])
    names = set(re.findall(r"\w+(?::\w+)*", asked))
    return {**test, "input_series": [each for each in test["input_series"] if each["series"].split("{")[0] in names]}


def verdict(tool: Tool, directory: Path, scenario: str, groups: list[Group], only: list[Rule]) -> bool:
    """What promtool says of a scenario, with only these rules and what they ask for: the others cost minutes."""
    file, test = SCENARIOS[scenario]
    everything = rules_in(groups)
    cases = [*test.get("alert_rule_test", []), *test.get("promql_expr_test", [])]
    concerned = [rule for rule in only if any(is_about(case, rule) for case in cases)]
    assert concerned, "the scenario says nothing about these rules"
    needed = reach(concerned, lambda rule: [each for each in everything if asks(rule, each)])
    kept = [{**group, "rules": [rule for rule in group["rules"] if rule in needed]} for group in groups]
    kept = [group for group in kept if group["rules"]]
    (directory / "rules.yml").write_text(yaml.safe_dump({"groups": kept}))
    whole = file | {
        "rule_files": [str(directory / "rules.yml")],
        "group_eval_order": [group["name"] for group in kept],
        "tests": [without_others(narrowed(test, concerned), kept)],
    }
    (directory / "test.yml").write_text(yaml.safe_dump(whole))
    checked = tool("promtool", "test", "rules", directory / "test.yml")
    print(checked.stdout, checked.stderr)
    return checked.returncode == 0


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_alerts_fire_and_stay_silent(bundle: Path, tmp_path: Path, tool: Tool, scenario: str) -> None:
    groups = groups_in(path.read_text() for path in (bundle / "prometheus/rules").iterdir())
    assert verdict(tool, tmp_path, scenario, groups, rules_in(groups))


def test_every_alert_has_to_fire_once_and_to_stay_silent_once(bundle: Path) -> None:
    alerts = {
        rule["alert"]
        for path in (bundle / "prometheus/rules").iterdir()
        for group in yaml.safe_load(path.read_text())["groups"]
        for rule in group["rules"]
        if "alert" in rule
    }
    cases: list[Any] = [case for _, scenario in SCENARIOS.values() for case in scenario["alert_rule_test"]]
    assert {case["alertname"] for case in cases if case["exp_alerts"]} == alerts
    assert {case["alertname"] for case in cases if not case["exp_alerts"]} == alerts


@pytest.mark.parametrize(
    ("file", "before", "after", "scenario"),
    [
        ("platform.yml", "expr: up == 0", "expr: up < 0", TROUBLE),
        ("platform.yml", "14 * 86400", "3 * 86400", TROUBLE),
        ("platform.yml", "< 0.15", "< 0.05", TROUBLE),
        ("platform.yml", 'job=~"api|', 'job=~"app|', TROUBLE),
        ("platform.yml", "unless on (job) group by (job) (up == 1)", "unless on (job) group by (job) (up > 1)", WELL),
        ("platform.yml", "or group by (job) (last_over_time(job:up:ever[7d]))", "", GONE),
        ("platform.yml", "or group by (job) (last_over_time(job:up:ever[7d]))", "or vector(1)", NEW),
        ("platform.yml", "job:up:ever[7d]", "job:up:ever[5d]", AWAY),
        ("platform.yml", "probe:success:ever[7d]", "probe:success:ever[5d]", AWAY),
        ("platform.yml", "and on () probe:success:ever", "", NEW),
        ("platform.yml", "and on () probe:success:ever", "", FIRST),
        ("platform.yml", 'probe_success{job="probe"} == 1', 'probe_success{job="probe"} == 2', FIRST),
        ("platform.yml", "unless on () probe:success:ever", "", FIRST),
        ("platform.yml", 'group by (job) (up{job="api"} == 1)', 'up{job="api"} == 1', UNREACHED),
        ("kubernetes.yml", 'condition="Ready"', 'condition="ready"', TROUBLE),
        ("kubernetes.yml", 'reason="CrashLoopBackOff"', 'reason="Crash"', TROUBLE),
        ("kubernetes.yml", 'phase=~"Pending|Lost"', 'phase="Bound"', AWS),
        ("kubernetes.yml", "kubernetes.io~csi/([^/]+)/", "kubernetes.io~csi/()", AWS),
        ("kubernetes.yml", '{namespace="kube-system",deployment=', "{deployment=", WELL),
        ("aws.yml", "< 0.08", "< 0.04", AWS),
        ("aws.yml", "[15m]) > 80", "[15m]) > 90", AWS),
        ("aws.yml", "> 0.8 * 450", "> 0.9 * 450", AWS),
        ("aws.yml", "> 1800", "> 18000", AWS),
        ("aws.yml", "max by (load_balancer)", "min by (load_balancer)", WELL),
        ("aws.yml", "aws_metrics_up == 0", "aws_metrics_up == 1", AWS),
        ("aws.yml", "> 600", "> 6000", AWS),
        ("aws.yml", "36 * 3600", "37 * 3600", COPIES),
        ("aws.yml", "for: 36h", "for: 30h", COPIES),
        ("slo.yml", "14.4 * 0.005", "144 * 0.005", TENTH),
        ("slo.yml", "[1h]", "[50m]", TENTH),
        ("slo.yml", '=~"5.."', '=~"4.."', TENTH),
        ("slo.yml", "[5m]", "[20m]", OVER),
        ("slo.yml", "6 * 0.005", "5 * 0.005", FOUR),
        ("slo.yml", "[6h]", "[5h]", FOUR),
        ("slo.yml", "[30m]", "[1h]", FOUR),
        ("slo.yml", "aws_alb_target_5xx", "aws_alb_elb_5xx", EDGE),
        ("slo.yml", "probe:success[", "job:up:ever[", EDGE),
        ("slo.yml", 'le=~"0[.]5"', 'le=~"0[.]25"', WELL),
        ("slo.yml", "[1d]", "[25h]", FEW),
        ("slo.yml", "3 * 0.005", "4 * 0.005", FEW),
        ("slo.yml", "[3d]", "[70h]", FOURTEEN),
        ("slo.yml", " 1 * 0.005", " 1.1 * 0.005", FOURTEEN),
    ],
)
def test_a_changed_threshold_label_or_window_is_noticed(
    bundle: Path, tmp_path: Path, tool: Tool, file: str, before: str, after: str, scenario: str
) -> None:
    texts = {path.name: path.read_text() for path in (bundle / "prometheus/rules").iterdir()}
    assert before in texts[file]
    original = rules_in(groups_in(texts.values()))
    groups = groups_in((texts | {file: texts[file].replace(before, after)}).values())
    rules = rules_in(groups)
    changed = reach(
        [rule for rule in rules if rule not in original], lambda rule: [each for each in rules if asks(each, rule)]
    )
    assert not verdict(tool, tmp_path, scenario, groups, changed)


def mutants(rule: Rule) -> Iterator[Rule]:
    """The alert with another duration, threshold or matcher, each of which has to turn a scenario red."""
    if "for" in rule:
        number, unit = int(rule["for"][:-1]), rule["for"][-1]
        yield {**rule, "for": f"{number * 3}{unit}"}
        yield {**rule, "for": "0s"}
    expression = rule["expr"]
    for found in re.finditer(r"(?<=[<>=] )-?[\d.]+(?= \* \d)|(?<=[<>=] )-?[\d.]+", expression):
        limit = float(found[0])
        for other in {limit * 2, limit / 2} if limit and f"== {found[0]}" not in expression else {limit + 7}:
            yield {**rule, "expr": f"{expression[: found.start()]}{other:g}{expression[found.end() :]}"}
    for found in re.finditer(r'(\w+)(=~|=|!=|!~)"[^"]*"', expression):
        operator = "=" if "!" not in found[2] else "!="
        yield {**rule, "expr": f'{expression[: found.start()]}{found[1]}{operator}"nothing"{expression[found.end() :]}'}


# Those of objectives are generated and read days: the test above changes each of their thresholds and windows.
@pytest.mark.parametrize("alert", sorted(ALERTS - {"SloFastBurn", "SloSlowBurn"}))
def test_each_mutant_of_an_alert_is_noticed(bundle: Path, tmp_path: Path, tool: Tool, alert: str) -> None:
    groups = groups_in(path.read_text() for path in (bundle / "prometheus/rules").iterdir())
    [rule] = [each for each in rules_in(groups) if each.get("alert") == alert]
    names = [name for name, (_, test) in SCENARIOS.items() if any(is_about(c, rule) for c in test["alert_rule_test"])]
    for mutant in mutants(rule):
        mutated = [
            {**group, "rules": [mutant if each is rule else each for each in group["rules"]]} for group in groups
        ]
        assert not all(verdict(tool, tmp_path, name, mutated, [mutant]) for name in names), mutant
