"""The catalogue knows every type of resource and every service, and says nothing about others."""

import re
from bisect import bisect_left
from collections.abc import Iterable

import pytest

from catalogue import CONTENT, RESOURCES
from catalogue.adoption import LOOKUPS, NATURAL_IDS, REPEATABLE
from simulator.leftovers import LISTINGS
from tests.conftest import ENVIRONMENTS, ROOT, Platform, all_of
from tests.delivery.access import managed

FILE = "catalogue/__init__.py"
IMPORT = re.compile(r"^from imports\.aws\.(\w+) import", re.MULTILINE)
BLOCKS = ("resource", "data", "ephemeral")


def used(platform: Platform) -> dict[str, str]:
    """Every type of AWS, with where it is used: in what is synthesized, and, for other settings, in the code."""
    found = {}
    for path in [*ROOT.glob("stacks/*.py"), *ROOT.glob("modules/**/*.py")]:
        for module in IMPORT.findall(path.read_text()):
            found["aws_" + module.removeprefix("data_aws_")] = str(path.relative_to(ROOT))
    for environment in ENVIRONMENTS:
        for stack, template in platform(environment).items():
            kinds = [kind for block in BLOCKS for kind in template.get(block, {}) if kind.startswith("aws_")]
            found |= dict.fromkeys(kinds, f"the stack {stack} of {environment}")
    return {kind: where for kind, where in found.items() if kind != "aws_provider"}


def managed_types(platform: Platform) -> set[str]:
    return {
        kind
        for environment in ENVIRONMENTS
        for template in platform(environment).values()
        for kind in template.get("resource", {})
        if kind.startswith("aws_")
    }


def line_of(keys: Iterable[str], key: str) -> str:
    """Where the row of the key is, or after which it belongs."""
    known = list(keys)
    nearest = key if key in known else known[max(bisect_left(known, key) - 1, 0)]
    lines = (ROOT / FILE).read_text().splitlines()
    number = next(number for number, line in enumerate(lines, 1) if line.startswith(f'    "{nearest}": '))
    return f"{FILE}:{number}" if key in known else f"{FILE}:{number}, after {nearest}"


def test_every_type_that_is_used_has_a_row_and_no_other(platform: Platform) -> None:
    types = used(platform)

    missing = [
        f'{line_of(RESOURCES, kind)}: add "{kind}": ResourceType(...), which {types[kind]} uses'
        for kind in sorted(types.keys() - RESOURCES.keys())
    ]
    idle = [
        f"{line_of(RESOURCES, kind)}: remove {kind}, which nothing uses" for kind in RESOURCES.keys() - types.keys()
    ]
    assert not [*missing, *idle], "\n".join([*missing, *idle])


def test_every_service_says_what_its_content_is() -> None:
    services = {each.service for each in RESOURCES.values()} | {"sts"}

    allowed = [entry for each in managed("ReadOnlyAccess")["Statement"] for entry in each["Action"]]
    missing = [
        f'{line_of(CONTENT, service)}: add "{service}": "...", with what reads content among '
        f"{[entry for entry in allowed if entry.startswith(f'{service}:')]}"
        for service in sorted(services - CONTENT.keys())
    ]
    idle = [f"{line_of(CONTENT, service)}: remove {service}" for service in CONTENT.keys() - services]
    assert not [*missing, *idle], "\n".join([*missing, *idle])


def test_a_reader_finds_a_row_where_the_alphabet_has_it() -> None:
    assert list(RESOURCES) == sorted(RESOURCES)
    assert list(CONTENT) == sorted(CONTENT)


def test_what_is_managed_is_found_when_it_is_left_over(platform: Platform) -> None:
    by_code = {"aws_kms_key"}
    wrong = [
        f"{line_of(RESOURCES, kind)}: {kind} needs a listing, or part_of with a type that has one"
        for kind in sorted((managed_types(platform) & RESOURCES.keys()) - by_code)
        if not (RESOURCES[kind].listing or RESOURCES.get(RESOURCES[kind].part_of, RESOURCES[kind]).listing)
    ]

    assert not wrong, "\n".join(wrong)
    assert {(each.service, *each.listing) for each in RESOURCES.values() if each.listing} <= set(LISTINGS)


def test_what_was_being_created_is_looked_for_in_one_way(platform: Platform) -> None:
    """A type without a row is named to whoever runs the command after a kill."""
    ways = [*NATURAL_IDS, *LOOKUPS, *REPEATABLE]
    managed = managed_types(platform)
    idle = [f"catalogue/adoption.py: remove {kind}" for kind in ways if kind.startswith("aws_") and kind not in managed]
    twice = [f"catalogue/adoption.py: {kind} has several rows" for kind in {*ways} if ways.count(kind) > 1]

    assert not [*idle, *twice], "\n".join([*idle, *twice])


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_what_holds_data_is_stateful_and_is_protected(platform: Platform, environment: str) -> None:
    """The catalogue says of which types data is lost, and the constructs themselves protect each resource."""
    wrong = []
    for stack, template in platform(environment).items():
        for kind, known in RESOURCES.items():
            for resource in all_of(template, kind):
                protected = "prevent_destroy" in resource.get("lifecycle", {})
                if protected and not known.stateful:
                    wrong.append(f"{line_of(RESOURCES, kind)}: add stateful=True, {stack} protects a {kind}")
                if known.stateful and not protected:
                    path = resource["//"]["metadata"]["path"]
                    wrong.append(f"stacks/{stack}.py: {path}, a {kind}, needs a lifecycle with prevent_destroy")

    assert not wrong, "\n".join(wrong)
