"""make kubeconfig: what kubectl and helm need to log in to the cluster of an environment."""

import shlex

from operations import OperationError
from operations.cluster import api
from operations.commands.hosts import open_aws, outputs_of


def kubeconfig(environment: str) -> str:
    """Write the file, and return the line that tells a shell of it. No token is in it: aws gets one for each request.

    Raises OperationError where there is no cluster.
    """
    context = open_aws(environment, command="make kubeconfig", programs=[])
    outputs_of(context, "eks")
    path = api.kubeconfig_of(context)
    if path is None:
        raise OperationError(f"eks of {environment} says nothing of a cluster: make deploy ENVIRONMENT={environment}")
    path.chmod(0o600)  # helm warns of what others may read
    return f"export KUBECONFIG={shlex.quote(str(path))}"
