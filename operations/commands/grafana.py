"""make grafana: the dashboards on a port of this machine, without any way to them from elsewhere."""

import os
import socket

from rich.console import Console

from operations import OperationError
from operations.commands.hosts import LOOPBACK, open_host, session
from operations.context import port_of

PORT = 3000  # of Grafana on the host


def grafana(environment: str, console: Console) -> None:
    """Become the aws command that forwards the port, until Ctrl-C ends it. Raises OperationError."""
    context, outputs = open_host(environment, "monitoring", command="make grafana", programs=[])
    port, region = local_port(port_of("PORT")), context.settings.region
    console.print(
        f"Grafana of {environment} is at http://{LOOPBACK}:{port} until Ctrl-C. The user is admin, and this shows the "
        "password:\n",
        soft_wrap=True,
        markup=False,
    )
    secret = f"--secret-id {outputs['grafana_secret_arn']} --query SecretString --output text --region {region}"
    console.print(f"    aws secretsmanager get-secret-value {secret}\n", soft_wrap=True, markup=False)
    console.file.flush()
    # In the place of this process, so that Ctrl-C, the terminal and the exit code are those of the session.
    target = outputs["monitoring_instance_id"]
    command = session(context, target, "AWS-StartPortForwardingSession", portNumber=PORT, localPortNumber=port)
    os.execvpe("aws", command, context.environment)


def local_port(wanted: int | None) -> int:
    """The port that was asked for; else that of Grafana, or a free one where something has that already."""
    for port in [wanted] if wanted else [PORT, 0]:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((LOOPBACK, port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise OperationError(f"port {wanted} is in use: leave PORT out to get a free one")
