"""EC2: a launch template keeps its own tags apart from those of the instances that it launches.

moto stores the tags of the template, sent as a tag specification for launch-template, in the data of the template as
well. Terraform then finds a tag specification that nobody wrote, at every plan.
"""

from typing import Any

from moto.ec2.models.launch_templates import LaunchTemplateVersion


def apply() -> None:
    create = LaunchTemplateVersion.__init__

    def init(self: Any, template: Any, number: int, data: dict[str, Any], description: str) -> None:
        specifications = [
            each for each in data.get("TagSpecifications") or [] if each.get("ResourceType") != "launch-template"
        ]
        kept = {key: value for key, value in data.items() if key != "TagSpecifications"}
        create(
            self,
            template,
            number,
            kept | ({"TagSpecifications": specifications} if specifications else {}),
            description,
        )

    LaunchTemplateVersion.__init__ = init  # type: ignore[method-assign]
