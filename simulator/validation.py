"""Each request is held against AWS's own models, which botocore carries, before moto sees it.

moto takes whatever it does not look at. AWS refuses what is missing, unknown, of another type, too long or too short,
not among the values, or not of the pattern. Most services say so in the words of their common framework, "1 validation
error detected: ..."; EC2 as in "Error codes for the Amazon EC2 API" (EC2 API reference), the codes of the others are
in the API reference of each. The protocols are read and written by moto's own routers, parsers and serializers.
"""

import functools
import io
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple
from xml.etree.ElementTree import Element

import regex
from botocore.exceptions import UnknownServiceError
from moto.core.exceptions import ServiceException
from moto.core.parse import PROTOCOL_PARSERS, BaseXMLParser, QueryParser, RequestParserError
from moto.core.request import Request, determine_request_protocol
from moto.core.routing import get_service_router
from moto.core.serialize import get_serializer_class
from moto.core.utils import get_service_model
from werkzeug.exceptions import NotFound

# What botocore calls services that sign their requests with another name.
SIGNED_AS = {"elasticloadbalancing": "elbv2", "monitoring": "cloudwatch", "servicequotas": "service-quotas"}
# How a service calls an error of its caller, where it is not ValidationError (query) or ValidationException (JSON).
CODES = {
    **dict.fromkeys(("ecr", "eks", "logs"), "InvalidParameterException"),
    **dict.fromkeys(("ec2", "rds"), "InvalidParameterValue"),
    **{"backup": "InvalidParameterValueException", "dlm": "InvalidRequestException", "sns": "InvalidParameter"},
    **{"route53": "InvalidInput", "s3": "MalformedXML"},
}
UNREADABLE = {"json": "SerializationException", "query": "MalformedInput", "rest-json": "SerializationException"}
EC2 = {
    "not be null": ("MissingParameter", "The request must contain the parameter {0.path}"),
    "be known": ("UnknownParameter", "The parameter {0.value} is not recognized"),
}
EC2_ELSE = ("InvalidParameterValue", "Value ({0.value}) for parameter {0.path} is invalid.")
# Java's expressions mean all that is beyond the basic plane, or anything at all.
JAVA = {r"\uD800\uDC00-\uDBFF\uDFFF": r"\U00010000-\U0010FFFF", r"\p{all}": r"\s\S"}
TYPES = {"boolean": bool, "integer": int, "list": list, "long": int, "map": dict, "string": str, "structure": dict}
NUMBERS = ("integer", "long", "float", "double")
# Of this module, because moto asks for the service of an exception by its module.
Refused = type("Refused", (ServiceException,), {"__module__": __name__})


class Violation(NamedTuple):
    path: str
    value: str
    must: str

    def __str__(self) -> str:
        value = self.value if self.value == "null" else f"'{self.value}'"
        return f"Value {value} at '{self.path}' failed to satisfy constraint: Member must {self.must}"


class Form(dict[str, str]):
    """The fields of a form, and those that nobody has asked for."""

    def __init__(self, values: Any) -> None:
        super().__init__(values)
        self.unknown = {*values} - {"Action", "Version"}

    def get(self, key: str, default: Any = None) -> Any:
        self.unknown.discard(key)
        return super().get(key, default)


def validated(aws: Callable[..., Iterable[bytes]]) -> Callable[..., Iterable[bytes]]:
    def answer(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        body = Request(environ).get_data(cache=False)
        environ |= {"wsgi.input": io.BytesIO(body), "CONTENT_LENGTH": str(len(body))}
        refused = refusal(Request(environ))
        environ["wsgi.input"].seek(0)
        if refused is None:
            return aws(environ, start_response)
        start_response(f"{refused['status_code']} Refused", [*refused["headers"].items()])
        return [refused["body"].encode()]

    return answer


def refusal(request: Request) -> Any:
    """The answer to a request that AWS would not take, as moto serializes it; None where it would."""
    scope = request.headers.get("Authorization", "").partition("Credential=")[2].split(",")[0].split("/")
    service = SIGNED_AS.get(scope[-2], scope[-2]) if len(scope) > 1 else ""
    try:
        protocol = determine_request_protocol(get_service_model(service), request.content_type)
        operation, labels = get_service_router(service).match(request)
    except (UnknownServiceError, NotImplementedError, NotFound):
        return None  # moto's matter
    said = _problem(request, service, protocol, operation, labels) if operation.input_shape else None
    return get_serializer_class(service, protocol)(operation).serialize(Refused(*said)) if said else None


def _problem(request: Request, service: str, protocol: str, operation: Any, labels: Any) -> tuple[str, str] | None:
    """The code and the message of an error."""
    parser = _parser(protocol)(operation)
    is_form = isinstance(parser, QueryParser)
    form, parser.unknown = Form(request.values), []
    sent = {"values": form if is_form else request.values, "headers": request.headers, "url_params": labels}
    try:
        parsed = parser.parse(sent | {"body": request.get_data()})
    except (ValueError, TypeError, AttributeError, RequestParserError) as error:
        return UNREADABLE.get(protocol, CODES.get(service, "")), f"{operation.name} cannot be read: {error}"
    shape = operation.input_shape
    found = [Violation(shape.name, name, "be known") for name in sorted(form.unknown if is_form else parser.unknown)]
    found += _violations(parsed, shape, "", False)
    if not found:
        return None
    if service == "ec2":
        code, text = EC2.get(found[0].must, EC2_ELSE)
        return code, text.format(found[0])
    text = f"{len(found)} validation error{'s' * (len(found) > 1)} detected: {'; '.join(map(str, found))}"
    return CODES.get(service, "ValidationError" if is_form else "ValidationException"), text


@functools.cache
def _parser(protocol: str) -> Any:
    """moto's parser, which by itself drops what it does not know, and takes every type of JSON for every other."""
    parser: Any = PROTOCOL_PARSERS[protocol]
    if issubclass(parser, QueryParser):
        return parser

    class Strict(parser):  # type: ignore[misc]
        def _parse_shape(self, shape: Any, node: Any) -> Any:
            where = shape.serialization.get("location")
            if node is None or getattr(shape, "is_document_type", False) or (where == "querystring" and node == []):
                return node or None
            if (
                not where
                and not issubclass(parser, BaseXMLParser)
                and not isinstance(node, TYPES.get(shape.type_name, object))
            ):
                raise TypeError(f"{shape.name} is not of the type {shape.type_name}")
            return super()._parse_shape(shape, node)

        def _parse_structure(self, shape: Any, node: Any) -> Any:
            is_xml = isinstance(node, Element)
            known = {
                self._member_key_name(each, name) if is_xml else each.serialization.get("name", name)
                for name, each in shape.members.items()
            }
            self.unknown += {self._node_tag(each) if is_xml else each for each in node} - known
            return super()._parse_structure(shape, node)

    return Strict


def _violations(value: Any, shape: Any, path: str, secret: bool) -> Iterator[Violation]:
    kind, rules = shape.type_name, shape.metadata
    secret = secret or bool(rules.get("sensitive"))
    if kind == "structure" and not shape.is_document_type:
        for name in {**value, **dict.fromkeys(shape.required_members)}:
            below = ".".join(filter(None, (path, name[:1].lower() + name[1:])))
            if value.get(name) is not None:
                yield from _violations(value[name], shape.members[name], below, secret)
            elif name in shape.required_members:
                yield Violation(below, "null", "not be null")
        return
    shown = "***" if secret or kind in ("blob", "list", "map") else str(value)
    yield from (Violation(path, shown, must) for must in _broken(value, kind, rules))
    if kind == "list":
        for index, each in enumerate(value, 1):
            yield from _violations(each, shape.member, f"{path}.{index}.member", secret)
    elif kind == "map":
        for key, each in value.items():
            yield from _violations(key, shape.key, f"{path}.key", secret)
            yield from _violations(each, shape.value, f"{path}.{key}.member", secret)


def _broken(value: Any, kind: str, rules: dict[str, Any]) -> Iterator[str]:
    if kind in NUMBERS or hasattr(value, "__len__"):
        size, what = (value, "value") if kind in NUMBERS else (len(value), "length")
        if size < rules.get("min", size):
            yield f"have {what} greater than or equal to {rules['min']}"
        if size > rules.get("max", size):
            yield f"have {what} less than or equal to {rules['max']}"
    if kind == "string" and value not in (rules.get("enum") or [value]):
        yield f"satisfy enum value set: [{', '.join(rules['enum'])}]"
    if kind == "string" and "pattern" in rules and not _pattern(rules["pattern"]).fullmatch(value):
        yield f"satisfy regular expression pattern: {rules['pattern']}"


@functools.cache
def _pattern(text: str) -> Any:
    for java, ours in JAVA.items():
        text = text.replace(java, ours)
    return regex.compile(text)
