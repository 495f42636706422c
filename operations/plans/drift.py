"""What AWS has become since the last deploy: each stack's state is read again, without its code, and compared."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import yaml

import catalogue
from operations.context import Context
from operations.plans.planning import SECRET_WHEN_READ

NOT_COMPARED: dict[str, dict[str, str]] = yaml.safe_load(
    Path(catalogue.__file__).with_name("not_compared.yaml").read_text(encoding="utf-8")
)
SENSITIVE, GONE, LONGEST = "(sensitive)", "(gone)", 200  # characters of a value
GROUPS = ("aws_security_group", "aws_default_security_group")


@dataclass(frozen=True)
class Difference:
    """One attribute of one resource. state and aws are JSON, and say so where a value is sensitive or gone."""

    stack: str
    address: str
    attribute: str
    state: str
    aws: str


@dataclass(frozen=True)
class Drift:
    """looked has the stacks that were read, notes why one was not, ignored what was left out and why."""

    environment: str
    where: str
    looked: Sequence[str]
    notes: Mapping[str, str]
    ignored: Mapping[str, str]
    found: Sequence[Difference]

    def lines(self) -> Iterator[str]:
        """The page, in Markdown that a terminal can show as it is."""
        yield f"### Drift of {self.environment}: {self.where}"
        yield ""
        if self.found:
            yield from ("| resource | attribute | in state | in AWS |", "| --- | --- | --- | --- |")
        for each in self.found:
            cells = [f"{each.stack}: {each.address}", each.attribute, each.state, each.aws]
            yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"
        if not self.found:
            yield f"No drift: {', '.join(self.looked)} are in AWS as they were deployed."
        yield from ("", *(f"- {stack}: {said}" for stack, said in self.notes.items()))
        yield from (f"- not compared: {field}, because: {why}" for field, why in self.ignored.items())

    def document(self) -> str:
        every = [asdict(each) for each in self.found]
        return json.dumps({"environment": self.environment, "drift": bool(every), "found": every}, indent=2) + "\n"


def differences(stack: str, plan: Mapping[str, Any], template: Mapping[str, Any]) -> Iterator[Difference]:
    """What a refresh-only plan says: source developer.hashicorp.com/terraform/internals/json-format, "resource_drift".

    AWS fills in many attributes after a resource is created. So those count that its code writes, and all its tags.
    """
    for each in plan.get("resource_drift", []):
        change, kind = each["change"], each["type"]
        if "delete" in change["actions"]:
            yield Difference(stack, each["address"], "all of it", "deployed", GONE)
            continue
        written = template.get("resource", {}).get(kind, {}).get(each["name"], change["after"])
        hidden = change.get("before_sensitive"), change.get("after_sensitive")
        for path, before, after in _changed(change["before"], change["after"], *hidden):
            name = path.split(".")[0].split("[")[0]
            counts = (name in written and name != "tags") or name == "tags_all"
            if counts and path not in NOT_COMPARED.get(kind, {}):
                yield Difference(stack, each["address"], path, before, after)


def _changed(before: Any, after: Any, *hidden: Any, path: str = "") -> Iterator[tuple[str, str, str]]:
    """The path of each value that is another one, and both of them. hidden are the masks of both, as in the plan."""
    before, after = _parsed(before, after)
    if before == after or not (before or after):  # a state has null until AWS has said that there is nothing
        return
    if True in hidden:
        yield path, SENSITIVE, SENSITIVE
    elif isinstance(before, dict) and isinstance(after, dict):
        for key in sorted(before.keys() | after.keys()):
            masks = [mask.get(key) if isinstance(mask, dict) else None for mask in hidden]
            yield from _changed(before.get(key), after.get(key), *masks, path=f"{path}.{key}".lstrip("."))
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for index, pair in enumerate(zip(before, after, strict=True)):
            masks = [mask[index] if isinstance(mask, list) and index < len(mask) else None for mask in hidden]
            yield from _changed(*pair, *masks, path=f"{path}[{index}]")
    elif any(_masks(mask) for mask in hidden):
        yield path, SENSITIVE, SENSITIVE
    else:
        yield path, _text(before), _text(after)


def _masks(mask: Any) -> bool:
    inner = mask.values() if isinstance(mask, dict) else mask if isinstance(mask, list) else ()
    return mask is True or any(map(_masks, inner))


def _parsed(*values: Any) -> tuple[Any, ...]:
    """Policies and other documents, in which order and space do not count."""
    try:
        documents = tuple(json.loads(value) for value in values)
    except (TypeError, ValueError):
        return values
    return documents if all(isinstance(each, dict | list) for each in documents) else values


def _text(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}..."


def foreign_rules(context: Context, states: Mapping[str, Mapping[str, Any]]) -> Iterator[Difference]:
    """Rules of the platform's security groups that no state holds: Terraform knows only those that it made."""
    every = list(_instances(states))
    known = {attributes["id"] for _, kind, _, attributes in every if kind.startswith("aws_vpc_security_group_")}
    groups = {attributes["id"]: (stack, address) for stack, kind, address, attributes in every if kind in GROUPS}
    if not groups:
        return
    pages = context.client("ec2").get_paginator("describe_security_group_rules")
    for page in pages.paginate(Filters=[{"Name": "group-id", "Values": sorted(groups)}]):
        for rule in page["SecurityGroupRules"]:
            if rule["SecurityGroupRuleId"] not in known:
                what = {name: rule[name] for name in sorted(rule) if name not in ("GroupOwnerId", "Tags")}
                stack, address = groups[rule["GroupId"]]
                name = f"{'egress' if rule['IsEgress'] else 'ingress'} rule {rule['SecurityGroupRuleId']}"
                yield Difference(stack, address, name, "null", _text(what))


def _instances(states: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[str, str, str, Mapping[str, Any]]]:
    for stack, state in states.items():
        for each in state["resources"]:
            for instance in each["instances"] if each["mode"] == "managed" else ():
                yield stack, each["type"], f"{each['type']}.{each['name']}", instance["attributes"]


def ignored(states: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """Each field of these stacks that is not compared, with its reason."""
    return {
        f"{stack}: {address}" + ("" if field == "*" else f" {field}"): why
        for stack, kind, address, _ in _instances(states)
        for field, why in NOT_COMPARED.get(kind, {}).items()
    }


def targets(state: Mapping[str, Any]) -> list[str]:
    """Options that leave out of a plan what holds a secret, or none where nothing does."""
    every = {address: kind for _, kind, address, _ in _instances({"": state})}
    if not SECRET_WHEN_READ & set(every.values()):
        return []
    return [f"-target={address}" for address, kind in every.items() if kind not in SECRET_WHEN_READ]
