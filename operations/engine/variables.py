"""The variables of this process, without those that would change what Terraform does behind a command's back."""

import re
from collections.abc import Mapping
from pathlib import Path

# Everything else that starts with TF_ selects another state (TF_WORKSPACE) or folder (TF_DATA_DIR), adds arguments
# (TF_CLI_ARGS*), sets variables (TF_VAR_*) or mixes text into the output that is read (TF_LOG*). Of those of the
# kubernetes and helm providers, KUBE_* and three of HELM_* name another cluster, user or place for the releases.
# Sources: developer.hashicorp.com/terraform/cli/config/environment-variables, and the arguments of both providers.
KEPT = re.compile(
    r"TF_(CLI_CONFIG_FILE|PLUGIN_CACHE_DIR|PROVIDER_MIRROR|REGISTRY_\w+|TOKEN_\w+|VAR_kubeconfig)|KUBE_PROXY_URL"
)
CHANGES_MEANING = re.compile(r"(TF|KUBE)_\w+|HELM_(DRIVER|NAMESPACE|KUBE\w+)")


def foreign(environment: Mapping[str, str]) -> list[str]:
    """The names of the variables that must not reach Terraform."""
    return sorted(name for name in environment if CHANGES_MEANING.fullmatch(name) and not KEPT.fullmatch(name))


def inherited(environment: Mapping[str, str]) -> dict[str, str]:
    """The variables without those, and without a TF_CLI_CONFIG_FILE that names no file."""
    dropped = set(foreign(environment))
    if not Path(environment.get("TF_CLI_CONFIG_FILE", "")).is_file():
        dropped.add("TF_CLI_CONFIG_FILE")
    return {name: value for name, value in environment.items() if name not in dropped}
