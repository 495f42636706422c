"""What the commands share that go to what runs in AWS, its hosts through Session Manager."""

from typing import Any

from operations import OperationError
from operations.checks import Check, refuse
from operations.commands import doctor
from operations.context import EMBEDDED, Context, open_context, settings_of
from operations.engine import state_bucket

PLUGIN = "https://docs.aws.amazon.com/systems-manager/latest/userguide/session-manager-working-with-install-plugin.html"


def open_host(environment: str, stack: str, *, command: str, programs: list[Check]) -> tuple[Context, dict[str, Any]]:
    """The environment and the outputs of the stack that owns the host.

    Raises OperationError where the host is simulated or not there, and with everything that is missing here.
    """
    plugin = doctor.on_path("Session Manager", "session-manager-plugin", f"Install the plugin of the AWS CLI: {PLUGIN}")
    context = open_aws(environment, command=command, programs=[plugin, *programs])
    return context, outputs_of(context, stack)


def open_aws(environment: str, *, command: str, programs: list[Check]) -> Context:
    """The environment, for a command that needs what only runs in AWS. Raises OperationError as open_host does."""
    settings = settings_of(environment)
    if environment == EMBEDDED:
        raise OperationError(
            f"{command} has nothing to offer for {environment}, whose AWS is simulated: name an environment of AWS, "
            f"such as {command} ENVIRONMENT=staging"
        )
    refuse([doctor.credentials(settings), doctor.aws_command(), *programs])
    return open_context(environment)


def outputs_of(context: Context, stack: str) -> dict[str, Any]:
    """Raises OperationError where there is nothing of it."""
    state = state_bucket.read(context, stack)
    if state is None or not state.resources:
        environment = context.settings.environment
        raise OperationError(f"{stack} of {environment} is not deployed: make deploy ENVIRONMENT={environment}")
    return state.outputs


def session(context: Context, target: str, document: str = "", **parameters: str | int) -> list[str]:
    """The aws command that opens a session on a host: a shell, or what the document of Session Manager says."""
    command = ["aws", "ssm", "start-session", "--region", context.settings.region, "--target", target]
    if document:
        pairs = ",".join(f"{name}={value}" for name, value in parameters.items())
        command += ["--document-name", document, "--parameters", pairs]
    return command
