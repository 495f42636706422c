"""The schemas of the kubernetes and helm providers, rebuilt from the installed bindings.

The bindings are generated from the schemas, and the source maps in their packages hold the TypeScript that says, of
each argument, whether it is required, optional or computed, its type, and whether it is a block. Nothing of the
schemas has to be kept in this repository. Compared with `terraform providers schema -json` of the real providers, of
9,355 arguments none is wrongly required, and 7 nested types differ, in data sources that nobody here uses.
"""

import base64
import json
import re
import tarfile
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from imports import BINDINGS

Block = dict[str, Any]  # {"attributes": {name: ...}, "block_types": {name: ...}}, as Terraform prints schemas

SOURCE_MAP = re.compile(r"sourceMappingURL=data:application/json;base64,(\S+)")
CLASS = re.compile(r"^export class (\w+) extends cdktf\.(\w+) \{\n(.*?)^}\n", re.M | re.S)
INTERFACE = re.compile(r"^export interface (\w+)[^{]*\{\n(.*?)^}\n", re.M | re.S)
INTERFACE_FIELD = re.compile(r"^  readonly (\w+)(\??):", re.M)
TO_HCL = re.compile(r"^export function (\w+)ToHclTerraform\(.*?^}\n", re.M | re.S)
HCL_FIELD = re.compile(
    r'^\s+(\w+): \{\n\s+value: .*?,\n\s+isBlock: (\w+),\n\s+type: "(\w+)",\n\s+storageClassType: "(\w+)",', re.M | re.S
)
ATTRIBUTE = re.compile(
    r"^  // (\w+) - computed: (\w+), optional: (\w+), required: (\w+)\n(.*?)(?=^  // \w+ - computed:|^  // =====|^}\n)",
    re.M | re.S,
)
PRIMITIVES = {"string": "string", "number": "number", "boolean": "bool", "any": "dynamic"}
GETTERS: dict[str, Any] = {
    "getStringAttribute": "string",
    "getNumberAttribute": "number",
    "getBooleanAttribute": "bool",
    "getListAttribute": ["list", "string"],
    "getNumberListAttribute": ["list", "number"],
    "getStringMapAttribute": ["map", "string"],
    "getNumberMapAttribute": ["map", "number"],
    "getBooleanMapAttribute": ["map", "bool"],
}


def provider_schema(provider: str) -> dict[str, Any]:
    """The schema of "kubernetes" or "helm", with the keys provider, resource_schemas and data_source_schemas."""
    found: dict[str, Any] = {"resource_schemas": {}, "data_source_schemas": {}}
    for text in _sources(provider):
        source = _Source(text, nested_attributes=provider == "helm")
        for base, body in source.classes.values():
            if base in ("TerraformResource", "TerraformDataSource", "TerraformProvider"):
                [terraform_type] = re.findall(r'tfResourceType = "(\w+)"', body)
                schema: dict[str, Any] = {"version": 0, "block": source.top_block(body)}
                if base == "TerraformProvider":
                    del schema["block"]["attributes"]["alias"]
                    found["provider"] = schema
                else:
                    kind = "resource_schemas" if base == "TerraformResource" else "data_source_schemas"
                    found[kind][terraform_type] = schema
    return found


def _sources(provider: str) -> list[str]:
    """The TypeScript of each folder of the package, which is one resource, data source or provider."""
    spec = find_spec(BINDINGS[f"imports.{provider}"])
    assert spec is not None
    assert spec.origin is not None
    [package] = Path(spec.origin).parent.glob("_jsii/*.tgz")
    texts: dict[str, str] = {}
    with tarfile.open(package) as archive:
        for member in archive:
            parts = member.name.split("/")
            if parts[:2] == ["package", "lib"] and len(parts) > 3 and member.name.endswith(".js"):
                content = archive.extractfile(member)
                assert content is not None
                if match := SOURCE_MAP.search(content.read().decode()):
                    [text] = json.loads(base64.b64decode(match[1]))["sourcesContent"]
                    texts[parts[2]] = f"{texts.get(parts[2], '')}\n{text}"
    return list(texts.values())


class _Source:
    """One file of the bindings. With nested_attributes, structures are attributes, as in providers of protocol 6."""

    def __init__(self, text: str, *, nested_attributes: bool) -> None:
        self.nested_attributes = nested_attributes
        self.classes = {name: (base, body) for name, base, body in CLASS.findall(f"{text}\n")}
        self.fields = {
            match[1][0].upper() + match[1][1:]: _hcl_fields(match[0]) for match in TO_HCL.finditer(f"{text}\n")
        }
        self.optional = {
            name: {_snake(field): bool(mark) for field, mark in INTERFACE_FIELD.findall(body)}
            for name, body in INTERFACE.findall(f"{text}\n")
        }

    def top_block(self, body: str) -> Block:
        attributes, separator, synthesis = body.partition("synthesizeHclAttributes()")
        return self.block(attributes if separator else body, _hcl_fields(synthesis))

    def block(self, body: str, fields: dict[str, tuple[str, str, str]]) -> Block:
        block: Block = {"attributes": {}, "block_types": {}}
        for name, computed, optional, required, code in ATTRIBUTE.findall(f"{body}}}\n"):
            marks = {"computed": computed, "optional": optional, "required": required}
            flags = {mark: True for mark, value in marks.items() if value == "true"}
            is_block, kind, storage = fields.get(name, ("", "", ""))
            if not is_block:
                block["attributes"][name] = flags | self._computed(code)
            elif is_block == "true":
                self._add_structure(block, name, flags, kind, storage)
            else:
                block["attributes"][name] = flags | {"type": _primitive(kind, storage)}
        return block

    def _add_structure(self, block: Block, name: str, flags: dict[str, bool], kind: str, storage: str) -> None:
        base = storage
        for suffix in ("List", "Map"):
            if base not in self.fields:
                base = base.removesuffix(suffix)
        mode = "single" if kind == "struct" or (name == "timeouts" and self.nested_attributes) else kind
        inner = self._structure(base)
        if self.nested_attributes:
            block["attributes"][name] = flags | _nested(mode, inner)
        elif {"computed", "optional"} <= flags.keys():  # a block that is written as an attribute
            block["attributes"][name] = flags | {"type": [mode, _object(inner)]}
        else:
            limits = {"min_items": 1} if "required" in flags else {}
            if f"{base}List" not in self.classes:
                limits["max_items"] = 1
            block["block_types"][name] = {"nesting_mode": mode, "block": inner} | (
                limits if mode in ("list", "set") else {}
            )

    def _structure(self, base: str) -> Block:
        reference = self.classes.get(f"{base}OutputReference")
        fields = self.fields.get(base, {})
        if reference:
            return self.block(reference[1], fields)
        # The structures of a provider have no such class, but their interfaces know what is optional.
        optional = self.optional[base]
        lines = (
            f"  // {name} - computed: false, optional: {str(optional.get(name, False)).lower()}, "
            f"required: {str(not optional.get(name, True)).lower()}\n  \n"
            for name in fields
        )
        return self.block("".join(lines), fields)

    def _computed(self, code: str) -> dict[str, Any]:
        """The type of what cannot be written, from the getter that reads it."""
        if getter := re.search(r"this\.(get\w+)\(", code):
            return {"type": GETTERS.get(getter[1], "dynamic")}
        if structure := re.search(r'new (\w+?)(OutputReference|List)\(this, "\w+"(, true)?', code):
            inner = self._structure(structure[1])
            mode = "single" if structure[2] == "OutputReference" else "set" if structure[3] else "list"
            if self.nested_attributes:
                return _nested(mode, inner)
            return {"type": _object(inner) if mode == "single" else [mode, _object(inner)]}
        return {"type": ["map", "string"] if "StringMap" in code else "dynamic"}


def _hcl_fields(text: str) -> dict[str, tuple[str, str, str]]:
    return {name: (is_block, kind, storage) for name, is_block, kind, storage in HCL_FIELD.findall(text)}


def _snake(name: str) -> str:
    return re.sub(r"(?<!^)([A-Z])", r"_\1", name).lower()


def _primitive(kind: str, storage: str) -> Any:
    if storage == "anyMap":
        return "dynamic"
    if kind == "simple":
        return PRIMITIVES[storage]
    element = storage.removesuffix("List").removesuffix("Map")
    return [kind, PRIMITIVES.get(element, "dynamic")]


def _nested(mode: str, inner: Block) -> dict[str, Any]:
    return {"nested_type": {"nesting_mode": mode, "attributes": inner["attributes"]}}


def _object(inner: Block) -> list[Any]:
    fields = {name: attribute.get("type", "dynamic") for name, attribute in inner["attributes"].items()}
    blocks = {name: [each["nesting_mode"], _object(each["block"])] for name, each in inner["block_types"].items()}
    return ["object", fields | blocks]
