"""promtool evaluates the shipped rules over a month, and tells when which alert fired."""

import os
import re
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from tests.monitoring.month.stored import STEP
from tests.monitoring.test_rules import asks, groups_in, reach, rules_in, without_others

HEARTBEAT = "monitoring-silent"
# Minutes without a beat after which CloudWatch raises its alarm. Alertmanager forgets the Watchdog within five more.
SILENCE = 10
# The host probes and evaluates objectives every half minute, and here that is done every four.
PROBES = 8
FIRING, BEATS = '{alertstate="firing"}', '{alertname="Watchdog",alertstate="firing"}'
HOUR = 60
GOT = r'expr: "(min|max)_over_time\(timestamp\((.).*?\n +exp: .*?\n +got: ?(.*?)(?=\n +expr:|\Z)'


class Firing(NamedTuple):
    """An alert from the minute in which it begins until that after its last."""

    alert: str
    begin: int
    end: int


def firings(
    folder: Path, name: str, texts: Mapping[str, str], series: list[dict[str, str]], minutes: int
) -> list[Firing]:
    """Those of the alerts in one rule file.

    promtool says what an expression gave if something else was expected of it: for each hour, the first and the last
    minute of every alert, and of the time without the Watchdog.
    """
    groups = groups_in(texts.values())
    rules = rules_in(groups)
    alerts = [rule for rule in rules_in(groups_in([texts[name]])) if "alert" in rule]
    needed = reach(alerts, lambda rule: [each for each in rules if asks(rule, each)])
    groups = [{**group, "rules": [each for each in group["rules"] if each in needed]} for group in groups]
    groups = [group for group in groups if group["rules"]]
    asked = [f"ALERTS{FIRING}"] + [f"absent(ALERTS{BEATS})"] * any(each["alert"] == "Watchdog" for each in alerts)
    cases = [
        {
            "expr": f"{which}_over_time(timestamp({what})[{HOUR - STEP}m:{STEP}m])",
            "eval_time": f"{end - STEP}m",
            "exp_samples": [{"labels": "{}", "value": -1}],
        }
        for end in range(HOUR, minutes + 1, HOUR)
        for what in asked
        for which in ("min", "max")
    ]
    for rule in (each for group in groups for each in group["rules"]):
        rule["expr"] = re.sub(r"(sum|count)_over_time\(probe:", rf"{PROBES} * \g<0>", rule["expr"])
    test: dict[str, Any] = {"interval": f"{STEP}m", "input_series": series, "promql_expr_test": cases}
    (folder / f"rules-{name}").write_text(yaml.safe_dump({"groups": groups}, width=10**9))
    whole = {
        "rule_files": [str(folder / f"rules-{name}")],
        "evaluation_interval": f"{STEP * (2 if name == 'slo.yml' else 1)}m",  # objectives read days each time
        "group_eval_order": [group["name"] for group in groups],
        "tests": [without_others(test, groups)],
    }
    (folder / name).write_text(yaml.dump(whole, Dumper=getattr(yaml, "CSafeDumper", yaml.SafeDumper), width=10**9))
    done = subprocess.run(
        ["promtool", "test", "rules", folder / name],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"GOGC": "800"},
    )
    told = done.stdout + done.stderr
    if told.count("expr: ") != len(cases):
        raise ValueError(f"promtool did not answer each question:\n{told[:2000]}")
    return list(_told(told))


def _told(text: str) -> Iterator[Firing]:
    begins: dict[str, int] = {}
    spans: dict[str, list[Firing]] = {}
    for which, what, got in re.findall(GOT, text, re.DOTALL):
        # Each of a list of series, of which the first is on the same line.
        for labels, value in re.findall(r"(\{.*?\}) ([\d.E+]+)", got):
            key, minute = HEARTBEAT if what == "a" else labels, round(float(value) / 60)
            of_key = spans.setdefault(key, [])
            if which == "min":
                begins[key] = minute
            elif of_key and of_key[-1].end >= begins[key]:
                of_key[-1] = of_key[-1]._replace(end=minute + STEP)
            else:
                of_key.append(Firing(key, begins[key], minute + STEP))
    for each in (firing for of_key in spans.values() for firing in of_key):
        if each.alert == HEARTBEAT:
            if each.end - each.begin > SILENCE:
                yield each._replace(begin=each.begin + SILENCE)
        elif (found := re.search(r'alertname="(\w+)"', each.alert)) and found[1] != "Watchdog":
            yield each._replace(alert=found[1])
