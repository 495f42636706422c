"""What every stack shares: a state file, a provider, and a way to publish and read outputs."""

from pathlib import Path
from typing import Any, TypeVar, get_args, get_type_hints

import yaml

from imports.aws.provider import AwsProvider, AwsProviderDefaultTags
from imports.engine import Construct, DataTerraformRemoteStateS3, S3Backend, TerraformOutput, TerraformStack
from modules.storage.log_group import Import
from settings import Settings

TERRAFORM_VERSION = ">= 1.11.0"  # native S3 locks came with 1.10, write-only arguments with 1.11

MOVES: dict[str, list[dict[str, Any]]] = yaml.safe_load(Path(__file__).with_name("moves.yaml").read_text("utf-8"))

Outputs = TypeVar("Outputs")


class AreaStack(TerraformStack):
    """One area: its own state file, its own life. The id is the area's name, and so part of the state key.

    An area inside the cluster has no AWS provider: modules/cluster/cluster_connection.py gives it its own.
    """

    def __init__(self, scope: Construct, area: str, settings: Settings, *, in_cluster: bool = False) -> None:
        super().__init__(scope, area)
        self.area = area
        self.settings = settings

        self.add_override("terraform.required_version", TERRAFORM_VERSION)
        # CDK Terrain 0.24 refuses what a Terraform that is not declared here could not do.
        self.node.set_context("targetVersions", {"terraform": TERRAFORM_VERSION})
        if moves := MOVES.get(area):
            self.add_override("moved", [{"from": move["from"], "to": move["to"]} for move in moves])
        if not in_cluster:
            AwsProvider(
                self,
                "aws",
                region=settings.region,
                # Credentials of the wrong account must stop the first call, not build a second platform.
                allowed_account_ids=[settings.account],
                default_tags=[AwsProviderDefaultTags(tags=self.tags())],
            )
        for address, key in settings.adopt.get(area, {}).items():
            Import(self, f"adopt-{address}", to=address, ids=f'${{toset(["{key}"])}}')
        backend = S3Backend(self, encrypt=True, **self._state_of(area))
        backend.add_override("use_lockfile", True)  # cdktf 0.21 has no argument for it

    def tags(self) -> dict[str, str]:
        """The tags of everything in the stack. Some things that AWS starts itself do not inherit them."""
        return {"project": self.settings.project, "environment": self.settings.environment, "stack": self.area}

    def publish(self, outputs: object) -> None:
        """One Terraform output for each field, under the field's own name."""
        for name, hint in get_type_hints(type(outputs), include_extras=True).items():
            TerraformOutput(self, name, value=getattr(outputs, name), description=get_args(hint)[1])

    def read(self, producer: "AreaStack", contract: type[Outputs]) -> Outputs:
        """The published outputs of another stack, as references into its remote state."""
        self.add_dependency(producer)
        state = DataTerraformRemoteStateS3(self, f"{producer.area}_state", **self._state_of(producer.area))
        getters: dict[Any, Any] = {str: state.get_string, list[str]: state.get_list, dict[str, str]: state.get}
        return contract(**{name: getters[kind](name) for name, kind in get_type_hints(contract).items()})

    def _state_of(self, area: str) -> dict[str, Any]:
        return {
            "bucket": self.settings.names.state_bucket,
            "key": self.settings.names.state_key(area),
            "region": self.settings.region,
        }
