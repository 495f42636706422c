"""RDS: what was set stays visible.

moto drops Performance Insights, and lists parameters that somebody has set without Source=user, so that Terraform
takes them for defaults: both show up as changes at every plan.
"""

from typing import Any

from moto.rds.models import DBInstance, DBParameterGroup


def apply() -> None:
    create = DBInstance.__init__

    def init(self: Any, *args: Any, **arguments: Any) -> None:
        create(self, *args, **arguments)
        self.performance_insights_enabled = bool(arguments.get("enable_performance_insights"))
        if self.performance_insights_enabled:
            self.performance_insights_retention_period = arguments.get("performance_insights_retention_period") or 7
            self.performance_insights_kms_key_id = arguments.get("performance_insights_kms_key_id") or "alias/aws/rds"

    def update_parameters(self: Any, new_parameters: Any) -> None:
        for parameter in new_parameters:
            self.parameters[parameter["ParameterName"]].update({**parameter, "Source": "user"})

    DBInstance.__init__ = init  # type: ignore[method-assign]
    DBParameterGroup.update_parameters = update_parameters  # type: ignore[method-assign]
