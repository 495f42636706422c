"""The same resources in one Terraform project with one state: what plans are held against."""

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

Json = dict[str, Any]
SECTIONS = ("resource", "data", "ephemeral")  # what has a type and a name
EMPTY_STATE = {"version": 4, "terraform_version": "1.11.0", "serial": 1, "lineage": "flat", "outputs": {}}


def write(folder: Path, templates: Mapping[str, Json], states: Mapping[str, Json]) -> None:
    """Configuration and state of everything in these stacks, by name. Its plan is as empty as theirs.

    An address gets its stack as a prefix, what was read from another state is a local value, and the tags of the stack
    are those of the resource, because one provider has one set of default tags.
    """
    configuration: Json = {section: {} for section in SECTIONS} | {"terraform": {}, "provider": {}, "locals": {}}
    resources = []
    for stack, original in templates.items():
        state = states[stack]
        template = renamed(stack, original)
        [provider] = template["provider"]["aws"]
        [default] = provider.pop("default_tags")
        configuration["provider"]["aws"] = provider
        configuration["terraform"]["required_providers"] = template["terraform"]["required_providers"]
        outputs = {name: each["value"] for name, each in state["outputs"].items()}
        configuration["locals"][f"{stack}_state"] = {"outputs": outputs}
        tagged = set()
        for each in state["resources"]:
            if each["mode"] != "managed":
                continue
            resources.append(each | {"name": f"{stack}_{each['name']}"})
            for instance in each["instances"]:
                instance.pop("dependencies", None)
                if instance["attributes"].get("tags_all") is not None:
                    instance["attributes"]["tags"] = instance["attributes"]["tags_all"]
                    tagged.add((each["type"], f"{stack}_{each['name']}"))
        for section in SECTIONS:
            for kind, named in template.get(section, {}).items():
                if kind != "terraform_remote_state":
                    configuration[section].setdefault(kind, {}).update(named)
        for kind, name in tagged:
            arguments = configuration["resource"][kind][name]
            arguments["tags"] = default["tags"] | (arguments.get("tags") or {})
    folder.mkdir()
    (folder / "cdk.tf.json").write_text(json.dumps(configuration))
    (folder / "terraform.tfstate").write_text(json.dumps(EMPTY_STATE | {"resources": resources}))


def renamed(stack: str, template: Json) -> Json:
    """The template with the stack before each name of a resource or data source, where it is declared and read."""
    result: Json = json.loads(json.dumps(template))
    names: list[str] = []
    for section in SECTIONS:
        for kind, named in result.get(section, {}).items():
            if kind != "terraform_remote_state":
                names += [f"{kind}.{name}" for name in named]
    text = json.dumps(result).replace("data.terraform_remote_state.", "local.")
    for address in names:
        kind, name = address.split(".")
        text = re.sub(rf"\b{kind}\.{name}\b", f"{kind}.{stack}_{name}", text)
    result = json.loads(text)
    for section in SECTIONS:
        result[section] = {
            kind: {f"{stack}_{name}": arguments for name, arguments in named.items()}
            for kind, named in result.get(section, {}).items()
        }
    return result


def count(states: Iterable[Json]) -> int:
    """How many resources Terraform manages in these states."""
    return sum(len(each["instances"]) for state in states for each in state["resources"] if each["mode"] == "managed")
