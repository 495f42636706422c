"""What the commands share that go to a host of AWS through Session Manager."""

from typing import Any

from operations import OperationError
from operations.commands import doctor
from operations.context import EMBEDDED, Context, open_context, settings_of
from operations.engine import state_bucket

PLUGIN = "https://docs.aws.amazon.com/systems-manager/latest/userguide/session-manager-working-with-install-plugin.html"


def open_host(
    environment: str, stack: str, *, command: str, programs: list[doctor.Check]
) -> tuple[Context, dict[str, Any]]:
    """The environment and the outputs of the stack that owns the host.

    Raises OperationError where the host is simulated or not there, and with everything that is missing here.
    """
    settings = settings_of(environment)
    if environment == EMBEDDED:
        raise OperationError(
            f"the hosts of {environment} are simulated and run nothing: name an environment of AWS, such as "
            f"{command} ENVIRONMENT=staging"
        )
    plugin = doctor.on_path("Session Manager", "session-manager-plugin", f"Install the plugin of the AWS CLI: {PLUGIN}")
    doctor.refuse([doctor.credentials(settings), doctor.aws_command(), plugin, *programs])
    context = open_context(environment)
    state = state_bucket.read(context, stack)
    if state is None or not state.resources:
        raise OperationError(f"{stack} of {environment} is not deployed: make deploy ENVIRONMENT={environment}")
    return context, state.outputs
