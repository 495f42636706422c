"""The kubernetes and helm providers of a stack, logged in to a cluster of EKS without a token in any state."""

from imports.engine import Fn, Op, TerraformStack, TerraformVariable, Token
from imports.helm.provider import HelmProvider, HelmProviderKubernetes
from imports.kubernetes.provider import KubernetesProvider
from outputs import EksOutputs

EXEC_API = "client.authentication.k8s.io/v1"


def connect(stack: TerraformStack, cluster: EksOutputs, *, region: str) -> None:
    """Give the stack both providers. The variable kubeconfig, where set, takes the place of EKS: for a cluster that
    is reached in another way, or is another one.
    """
    kubeconfig = TerraformVariable(
        stack, "kubeconfig", type="string", default="", description="File to log in with instead of asking EKS."
    )
    # Not == "": cdktf 0.21 writes an empty string or a zero in an expression as undefined.
    asks_eks = Op.lt(Fn.length_of(kubeconfig.string_value), 1)
    null = Token.null_value()
    authority = Fn.base64decode(cluster.cluster_certificate_authority_data)
    host = Token.as_string(Fn.conditional(asks_eks, cluster.cluster_endpoint, null))
    certificate = Token.as_string(Fn.conditional(asks_eks, authority, null))
    path = Token.as_string(Fn.conditional(asks_eks, null, kubeconfig.string_value))
    login = {
        "api_version": EXEC_API,
        "command": "aws",
        "args": ["eks", "get-token", "--cluster-name", cluster.cluster_name, "--region", region, "--output", "json"],
    }
    kubernetes = KubernetesProvider(
        stack, "kubernetes", host=host, cluster_ca_certificate=certificate, config_path=path
    )
    # Terraform has dynamic blocks for what may be left out; cdktf has no construct for them.
    kubernetes.add_override("dynamic.exec", {"for_each": Fn.conditional(asks_eks, [1], []), "content": login})
    helm = HelmProvider(
        stack,
        "helm",
        kubernetes=HelmProviderKubernetes(host=host, cluster_ca_certificate=certificate, config_path=path),
    )
    helm.add_override("kubernetes.exec", Fn.conditional(asks_eks, login, null))
