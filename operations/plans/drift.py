"""What AWS has become since the last deploy: each stack's state is read again, without its code, and compared."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any

import yaml

import catalogue
from operations.context import Context
from operations.plans.planning import SECRET_WHEN_READ

NOT_COMPARED: dict[str, dict[str, str]] = yaml.safe_load(
    Path(catalogue.__file__).with_name("not_compared.yaml").read_text(encoding="utf-8")
)
GROUPS = ("aws_security_group", "aws_default_security_group")
States = Mapping[str, Mapping[str, Any]]  # by stack


@dataclass(frozen=True)
class Difference:
    """One attribute of one resource. state and aws are JSON, and say so where a value is sensitive or gone."""

    stack: str
    address: str
    attribute: str
    state: str
    aws: str


def differences(stack: str, plan: Mapping[str, Any], template: Mapping[str, Any]) -> Iterator[Difference]:
    """What a refresh-only plan says: source developer.hashicorp.com/terraform/internals/json-format, "resource_drift".

    AWS fills in many attributes after a resource is created. So those count that its code writes, and all its tags.
    """
    for each in plan.get("resource_drift", []):
        change, kind = each["change"], each["type"]
        if "delete" in change["actions"]:
            yield Difference(stack, each["address"], "all of it", "deployed", "(gone)")
            continue
        written = template.get("resource", {}).get(kind, {}).get(each["name"], change["after"])
        values = (change.get(name) for name in ("before", "after", "before_sensitive", "after_sensitive"))
        for path, before, after in _changed(*values):
            name = path.split(".")[0].split("[")[0]
            counts = (name in written and name != "tags") or name == "tags_all"
            if counts and path not in NOT_COMPARED.get(kind, {}):
                yield Difference(stack, each["address"], path, before, after)


def _changed(before: Any, after: Any, *hidden: Any, path: str = "") -> Iterator[tuple[str, str, str]]:
    """The path of each value that is another one, and both of them. hidden are the masks of both, as in the plan."""
    before, after = _parsed(before), _parsed(after)
    if before == after or not (before or after):  # a state has null until AWS has said that there is nothing
        return
    keys: Sequence[Any] = ()
    if isinstance(before, dict) and isinstance(after, dict):
        keys = sorted(before.keys() | after.keys())
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        keys = range(len(before))
    if keys and True not in hidden:
        for key in keys:
            inner = f"{path}[{key}]" if isinstance(key, int) else f"{path}.{key}".lstrip(".")
            parts = (
                each.get(key) if isinstance(each, dict) else each and each[key] for each in (before, after, *hidden)
            )
            yield from _changed(*parts, path=inner)
    elif "true" in json.dumps(hidden):
        yield path, "(sensitive)", "(sensitive)"
    else:
        yield path, json.dumps(before), json.dumps(after)


def _parsed(value: Any) -> Any:
    """A policy or another document, in which order and space do not count."""
    try:
        return json.loads(value) if str(value).startswith(("{", "[")) else value
    except (TypeError, ValueError):
        return value


def foreign_rules(context: Context, states: States) -> Iterator[Difference]:
    """Rules of the platform's security groups that no state holds: Terraform knows only those that it made."""
    every = list(instances(states))
    known = {each["id"] for _, kind, _, each in every if kind.startswith("aws_vpc_security_group_")}
    groups = {each["id"]: (stack, address) for stack, kind, address, each in every if kind in GROUPS}
    pages = context.client("ec2").get_paginator("describe_security_group_rules")
    for page in pages.paginate(Filters=[{"Name": "group-id", "Values": sorted(groups)}]) if groups else ():
        for rule in page["SecurityGroupRules"]:
            if (id := rule["SecurityGroupRuleId"]) not in known:
                name = f"{'egress' if rule['IsEgress'] else 'ingress'} rule {id}"
                yield Difference(*groups[rule["GroupId"]], name, "null", json.dumps(rule, sort_keys=True))


def instances(states: States) -> Iterator[tuple[str, str, str, Mapping[str, Any]]]:
    """Stack, type, address and attributes of what these states hold."""
    for stack, state in states.items():
        for each in state["resources"]:
            for instance in each["instances"] if each["mode"] == "managed" else ():
                yield stack, each["type"], f"{each['type']}.{each['name']}", instance["attributes"]


def targets(state: Mapping[str, Any]) -> list[str]:
    """Options that leave out of a plan what holds a secret, or none where nothing does."""
    every = {address: kind for _, kind, address, _ in instances({"": state})}
    held = SECRET_WHEN_READ & set(every.values())
    return [f"-target={address}" for address, kind in every.items() if held and kind not in held]


def page(title: str, found: Sequence[Difference], states: States, notes: Iterable[str]) -> list[str]:
    """The lines of the page about these states, in Markdown that a terminal can show as it is."""
    table = ["| stack | resource | attribute | in state | in AWS |", "| --- | --- | --- | --- | --- |"]
    table += [f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in astuple(each))} |" for each in found]
    none = [f"No drift: {', '.join(states)} are in AWS as they were deployed."]
    ignored = [
        f"- not compared: {stack}: {address}{'' if field == '*' else f' {field}'}, because {why}"
        for stack, kind, address, _ in instances(states)
        for field, why in NOT_COMPARED.get(kind, {}).items()
    ]
    return [title, "", *(table if found else none), "", *(f"- {note}" for note in notes), *ignored]
