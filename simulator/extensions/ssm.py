"""SSM: the parameters in which AWS publishes the newest image for nodes of each Kubernetes version.

moto publishes those of ECS only. Terraform finds no release for a node group: ParameterNotFound.
"""

import re
from typing import Any

from moto.core.utils import utcnow
from moto.ssm.models import Parameter, ParameterDict

from simulator.extensions.eks_common import node_release

NODE_RELEASE = re.compile(
    r"/aws/service/eks/optimized-ami/([\d.]+)/amazon-linux-2023/(?:x86_64|arm64)/standard/recommended/release_version"
)


def apply() -> None:
    load = ParameterDict._check_loading_status

    def load_this(self: Any, key: str) -> None:
        load(self, key)
        if (found := NODE_RELEASE.fullmatch(key or "")) and not self.get(key):
            published = Parameter(  # type: ignore[abstract]  # moto itself makes them so
                account_id=self.account_id,
                name=key,
                value=node_release(found[1]),
                parameter_type="String",
                description=None,
                allowed_pattern=None,
                keyid=None,
                last_modified_date=utcnow(),
                version=1,
                data_type="text",
            )
            self.setdefault(key, [published])

    ParameterDict._check_loading_status = load_this  # type: ignore[method-assign]
