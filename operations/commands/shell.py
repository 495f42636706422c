"""make shell: a shell on a host, through Session Manager, without a port or a key of SSH."""

import os

from operations import OperationError
from operations.commands.hosts import open_host, session

HOSTS = ("monitoring", "runner")


def shell(environment: str, host: str) -> None:
    """Become the aws command that opens it. Raises OperationError."""
    if host not in HOSTS:
        said = f"HOST={host} is no host that people log in to" if host else "make shell needs a host"
        raise OperationError(f"{said}: write {' or '.join(f'HOST={name}' for name in HOSTS)}")
    context, outputs = open_host(environment, host, command=f"make shell HOST={host}", programs=[])
    # In the place of this process, so that Ctrl-C, the terminal and the exit code are those of the session.
    os.execvpe("aws", session(context, outputs[f"{host}_instance_id"]), context.environment)
