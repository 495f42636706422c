"""Every service: an action that moto does not implement must fail at once.

moto answers such an action with HTTP 500. The AWS provider takes that for a passing fault and retries for up to 15
minutes. 501 ends the run immediately and names the action.
"""

import json
from typing import Any

from moto.core.responses import BaseResponse

XML = (
    "<ErrorResponse><Error><Type>Sender</Type><Code>NotImplemented</Code><Message>{}</Message></Error></ErrorResponse>"
)


def apply() -> None:
    call = BaseResponse.call_action

    def call_action(self: Any) -> Any:
        try:
            return call(self)
        except NotImplementedError as error:
            message = f"the simulator has no {self.service_name}:{self._get_action()} ({error})"
            if "json" in self.headers.get("Content-Type", ""):
                body = json.dumps({"__type": "NotImplemented", "message": message})
                return 501, {"Content-Type": "application/json", "x-amzn-errortype": "NotImplemented"}, body
            return 501, {"Content-Type": "text/xml"}, XML.format(message)

    BaseResponse.call_action = call_action  # type: ignore[method-assign]
