"""Checks that ask botocore's Stubber, which knows AWS's own models: of requests, and of answers."""

import copy
import dataclasses
from types import SimpleNamespace
from typing import Any, cast

import boto3
import pytest
from botocore.stub import Stubber

from operations import preflight
from operations.checks import Check
from operations.context import Context
from operations.preflight import Question
from settings import Settings, load_settings
from tests.conftest import Platform, Template


@dataclasses.dataclass
class Aws:
    """What AWS is going to be asked, in order, and what it answers. Without a state, everything is new."""

    settings: Settings
    templates: dict[str, Template]
    known: dict[str, set[str]] = dataclasses.field(default_factory=dict)
    stubs: dict[str, Stubber] = dataclasses.field(default_factory=dict)

    def client(self, service: str, **_: Any) -> Any:
        if service not in self.stubs:
            keys = {"aws_access_key_id": "a", "aws_secret_access_key": "b"}
            self.stubs[service] = Stubber(boto3.client(service, region_name="us-east-1", **keys))
            self.stubs[service].activate()
        return self.stubs[service].client

    def answers(self, service: str, operation: str, answer: dict[str, Any], **asked: Any) -> None:
        self.client(service)
        self.stubs[service].add_response(operation, answer, asked or None)

    def refuses(self, service: str, operation: str, code: str) -> None:
        self.client(service)
        self.stubs[service].add_client_error(operation, code)

    def resources(self, kind: str) -> list[Any]:
        """The arguments of all resources of a kind, to be changed."""
        return [each for template in self.templates.values() for each in template["resource"].get(kind, {}).values()]

    def keep_only(self, kind: str) -> Any:
        """Forget all but the first of a kind."""
        [(first, named)] = [
            (next(iter(found)), found) for t in self.templates.values() if (found := t["resource"].get(kind))
        ]
        for name in named.keys() - {first}:
            del named[name]
        return named[first]

    def ask(self, *names: str) -> list[Check]:
        """What these checks say, after they have asked everything."""
        context = cast(Context, SimpleNamespace(settings=self.settings, client=self.client))
        question = Question(context, self.templates)
        question.__dict__["_known"] = {stack: self.known.get(stack, set()) for stack in self.templates}
        found = preflight.ask(question, list(names))
        for stub in self.stubs.values():
            stub.assert_no_pending_responses()
        return found

    def fine(self, name: str) -> None:
        assert self.ask(name) == [Check(name, "as needed")]

    def fails(self, name: str) -> Check:
        [check] = self.ask(name)
        assert check.fails
        return check


@pytest.fixture
def aws(platform: Platform) -> Aws:
    """The stacks of `local`, which has every feature on."""
    return Aws(load_settings("local"), copy.deepcopy(platform("local")))
