"""Which operation of AWS a request is, and its parameters, by the models of botocore."""

import json
import re
from collections.abc import Mapping
from functools import cache
from typing import Any
from urllib.parse import parse_qsl

import botocore.session

# What signs requests, where botocore calls it otherwise.
MODELS = {"monitoring": "cloudwatch", "tagging": "resourcegroupstaggingapi", "elasticloadbalancing": "elbv2"}


def operation_of(request: Mapping[str, str]) -> tuple[str, dict[str, list[str]]]:
    """The name of the operation, and its parameters: those inside of others under their own names as well."""
    body, parameters = request["body"], {name: [value] for name, value in parse_qsl(request["query"])}
    operation = request["target"].rpartition(".")[2]
    if rpc := re.search(r"/operation/(\w+)$", request["path"]):
        return rpc[1], {}
    if body.startswith("{"):
        _collect(json.loads(body), "", parameters)
    elif not operation:
        for name, value in parse_qsl(body):
            plain = re.sub(r"\.(member|\d+)\b", "", name)
            for each in {plain, plain.rpartition(".")[2]}:
                parameters.setdefault(each, []).append(value)
        operation = parameters.get("Action", [""])[0]
    if not operation:
        operation, labels = _rest(request)
        parameters |= {name: [value] for name, value in labels.items()}
    return operation, parameters


def _collect(value: Any, name: str, found: dict[str, list[str]]) -> None:
    if isinstance(value, dict):
        for key, each in value.items():
            _collect(each, key, found)
    elif isinstance(value, list):
        for each in value:
            _collect(each, name, found)
    else:
        found.setdefault(name, []).append(json.dumps(value) if isinstance(value, bool) else str(value))


def _rest(request: Mapping[str, str]) -> tuple[str, dict[str, str]]:
    service = MODELS.get(request["service"], request["service"])
    service = "s3control" if service == "s3" and request["path"].startswith("/v20180820/") else service
    query = dict(parse_qsl(request["query"], keep_blank_values=True))
    matching = []
    for name, method, paths, needed in _paths(service):
        for path in paths:
            match = method == request["method"] and path.fullmatch(request["path"])
            if match and all(key in query and value in ("", query[key]) for key, value in needed.items()):
                rank = (query.get("x-id") == name, path == paths[0], len(needed), -len(match.groups()))
                matching.append((rank, name, match.groupdict()))
    assert matching, f"no operation of {service} is {request['method']} {request['path']}?{request['query']}"
    _, name, labels = max(matching, key=lambda each: each[0])
    return name, labels


@cache
def _paths(service: str) -> list[tuple[str, str, list[re.Pattern[str]], dict[str, str]]]:
    """For each operation how its path looks, first without and then with ARNs in it, and what the query has to hold."""
    model = botocore.session.get_session().get_service_model(service)
    found = []
    for operation in map(model.operation_model, model.operation_names):
        if operation.deprecated:
            continue
        path, _, static = operation.http["requestUri"].partition("?")
        members = operation.input_shape.members if operation.input_shape else {}
        needed = dict(parse_qsl(static, keep_blank_values=True)) | {
            members[each].serialization["name"]: ""
            for each in (operation.input_shape.required_members if operation.input_shape else [])
            if members[each].serialization.get("location") == "querystring"
        }
        needed.pop("x-id", None)
        keys = re.sub(r"\\\{(\w+)\\\+\\\}", r"(?P<\1>.+)", re.escape(path.rstrip("/")))
        paths = [re.compile(re.sub(r"\\\{(\w+)\\\}", rf"(?P<\1>{each})", keys) + "/?") for each in ("[^/]+", ".+")]
        found.append((operation.name, operation.http["method"], paths, needed))
    return found
