"""A stand-in for the kubernetes and helm providers: enough for `terraform validate` and `terraform plan`.

It is no cluster. It has the schemas of the real providers, so Terraform itself finds what is misspelt, missing or of
the wrong type. For a Helm release it renders the chart at plan time with the real helm and checks every object.
Nothing can be applied.

    python -m tests.standin.provider kubernetes|helm

STANDIN_CHARTS names the folder with the charts that a release would download, and STANDIN_KUBERNETES_VERSION the
version whose schemas the objects have to fit.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

import tf.provider
import tf.runner
from tf.gen import tfplugin_pb2 as pb
from tf.gen import tfplugin_pb2_grpc as rpc
from tf.types import Unknown
from tf.utils import Diagnostics, read_dynamic_value, to_dynamic_value

from operations.cluster import helm
from operations.cluster.manifests import errors
from tests.standin.schema import Block, provider_schema

NAMESPACE = "kubernetes_namespace_v1"
MOVES_A_RELEASE = ("name", "namespace")  # another one is another release: the first is uninstalled
SETTINGS_OF_A_RELEASE = ("name", "chart", "repository", "version", "namespace", "values")


def _attribute(name: str, attribute: dict[str, Any]) -> Any:
    flags = {flag: True for flag in ("required", "optional", "computed") if attribute.get(flag)}
    if nested := attribute.get("nested_type"):
        fields = [_attribute(*each) for each in nested["attributes"].items()]
        structure = pb.Schema.Object(nesting=nested["nesting_mode"].upper(), attributes=fields)
        return pb.Schema.Attribute(name=name, nested_type=structure, **flags)
    return pb.Schema.Attribute(name=name, type=json.dumps(attribute["type"]).encode(), **flags)


def _block(block: Block) -> Any:
    nested = [
        pb.Schema.NestedBlock(
            type_name=name,
            nesting=each["nesting_mode"].upper(),
            block=_block(each["block"]),
            min_items=each.get("min_items", 0),
            max_items=each.get("max_items", 0),
        )
        for name, each in block["block_types"].items()
    ]
    attributes = [_attribute(*each) for each in block["attributes"].items()]
    return pb.Schema.Block(attributes=attributes, block_types=nested)


def _schemas(found: dict[str, Any]) -> dict[str, Any]:
    return {name: pb.Schema(version=each["version"], block=_block(each["block"])) for name, each in found.items()}


def _is_unknown(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(_is_unknown, value.values()))
    if isinstance(value, list):
        return any(map(_is_unknown, value))
    return value is Unknown


def _leave_computed_open(block: Block, value: dict[str, Any]) -> None:
    for name, attribute in block["attributes"].items():
        if attribute.get("computed") and value.get(name) is None:
            value[name] = Unknown
    for name, nested in block["block_types"].items():
        inside = value.get(name)
        for each in inside if isinstance(inside, list) else [inside]:
            if isinstance(each, dict):
                _leave_computed_open(nested["block"], each)


def _check_login(kind: str, config: dict[str, Any], diagnostics: Diagnostics) -> None:
    """What the real providers only say when they cannot connect: localhost, or nobody to log in as."""
    login = config.get("kubernetes") if kind == "helm" else config
    if login is Unknown:
        return
    if not login or not any(login.get(each) for each in ("host", "config_path", "config_paths")):
        diagnostics.add_error(f"the provider {kind} has neither host nor config_path, and would ask localhost")
    elif login.get("host") and not any(login.get(each) for each in ("exec", "token", "client_certificate")):
        diagnostics.add_error(f"the provider {kind} has a host and nobody to log in as")


def _check_release(release: dict[str, Any], diagnostics: Diagnostics) -> None:
    if any(_is_unknown(release.get(each)) for each in SETTINGS_OF_A_RELEASE):
        return
    chart = Path(release["chart"])
    if release.get("repository"):
        chart = Path(os.environ["STANDIN_CHARTS"], f"{release['chart']}-{release['version']}.tgz")
    version = os.environ["STANDIN_KUBERNETES_VERSION"]
    try:
        objects = helm.template(
            chart,
            name=release["name"],
            namespace=release["namespace"],
            values=release["values"],
            kubernetes_version=version,
        )
    except helm.ChartError as error:
        diagnostics.add_error(f"the release {release['name']} cannot be rendered", str(error))
        return
    for line in errors(objects, version):
        diagnostics.add_error(f"the release {release['name']} is invalid", line)


def _check_namespace(resource: dict[str, Any], diagnostics: Diagnostics) -> None:
    [metadata] = resource["metadata"]
    known = {key: metadata[key] for key in ("name", "labels") if metadata[key] and not _is_unknown(metadata[key])}
    manifest = {"apiVersion": "v1", "kind": "Namespace", "metadata": known}
    for line in errors([manifest], os.environ["STANDIN_KUBERNETES_VERSION"]):
        diagnostics.add_error(line)


class Servicer(rpc.ProviderServicer):  # type: ignore[misc]
    """The calls of Terraform's plugin protocol, version 6, whose names these are."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.schema = provider_schema(kind)

    def GetMetadata(self, _request: Any, _context: Any) -> Any:
        return pb.GetMetadata.Response(server_capabilities=pb.ServerCapabilities(plan_destroy=False))

    def GetProviderSchema(self, _request: Any, _context: Any) -> Any:
        return pb.GetProviderSchema.Response(
            provider=_schemas({"provider": self.schema["provider"]})["provider"],
            resource_schemas=_schemas(self.schema["resource_schemas"]),
            data_source_schemas=_schemas(self.schema["data_source_schemas"]),
        )

    def GetFunctions(self, _request: Any, _context: Any) -> Any:
        return pb.GetFunctions.Response()

    def ValidateProviderConfig(self, _request: Any, _context: Any) -> Any:
        return pb.ValidateProviderConfig.Response()

    def ValidateResourceConfig(self, _request: Any, _context: Any) -> Any:
        return pb.ValidateResourceConfig.Response()

    def UpgradeResourceState(self, request: Any, _context: Any) -> Any:
        block = self.schema["resource_schemas"][request.type_name]["block"]
        stored = dict.fromkeys([*block["attributes"], *block["block_types"]]) | json.loads(request.raw_state.json)
        return pb.UpgradeResourceState.Response(upgraded_state=to_dynamic_value(stored))

    def ReadResource(self, request: Any, _context: Any) -> Any:
        return pb.ReadResource.Response(new_state=request.current_state)

    def ConfigureProvider(self, request: Any, _context: Any) -> Any:
        diagnostics = Diagnostics()
        _check_login(self.kind, read_dynamic_value(request.config), diagnostics)
        return pb.ConfigureProvider.Response(diagnostics=diagnostics.to_pb())

    def PlanResourceChange(self, request: Any, _context: Any) -> Any:
        diagnostics, planned = Diagnostics(), read_dynamic_value(request.proposed_new_state)
        if request.type_name == "helm_release":
            _check_release(planned, diagnostics)
        if request.type_name == NAMESPACE:
            _check_namespace(planned, diagnostics)
        _leave_computed_open(self.schema["resource_schemas"][request.type_name]["block"], planned)
        before = read_dynamic_value(request.prior_state) or {}
        moved = [each for each in MOVES_A_RELEASE if before.get("id") and before.get(each) != planned.get(each)]
        return pb.PlanResourceChange.Response(
            planned_state=to_dynamic_value(planned),
            requires_replace=[
                pb.AttributePath(steps=[pb.AttributePath.Step(attribute_name=each)])
                for each in (moved if request.type_name == "helm_release" else [])
            ],
            diagnostics=diagnostics.to_pb(),
            legacy_type_system=True,
        )

    def ImportResourceState(self, request: Any, _context: Any) -> Any:
        """Of a release, whose id is namespace/name: parseImportIdentifier in helm/resource_helm_release.go."""
        namespace, name = request.id.split("/")
        block = self.schema["resource_schemas"][request.type_name]["block"]
        found = {"id": name, "name": name, "namespace": namespace, "chart": name}
        state = dict.fromkeys([*block["attributes"], *block["block_types"]]) | found
        imported = pb.ImportResourceState.ImportedResource(type_name=request.type_name, state=to_dynamic_value(state))
        return pb.ImportResourceState.Response(imported_resources=[imported])

    def ApplyResourceChange(self, _request: Any, _context: Any) -> Any:
        diagnostics = Diagnostics()
        diagnostics.add_error("this is a stand-in for a provider: there is no cluster to apply anything to")
        return pb.ApplyResourceChange.Response(diagnostics=diagnostics.to_pb())

    def StopProvider(self, _request: Any, _context: Any) -> Any:
        return pb.StopProvider.Response()


if __name__ == "__main__":
    kind = sys.argv[1]
    tf.provider.ProviderServicer = lambda _provider: Servicer(kind)
    tf.runner.run_provider(None, sys.argv[:1])
