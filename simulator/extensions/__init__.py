"""What moto lacks for our stacks, one module for each service.

Each module says which symptom Terraform shows without it; tests/simulator fails once moto no longer needs it.
"""

from simulator.extensions import (
    alarms,
    backup,
    core,
    ec2,
    ec2_instances,
    eks_access,
    eks_addons,
    eks_cluster,
    eks_nodegroup,
    eks_pod_identity,
    eks_scaling,
    log_groups,
    rds,
    route53,
    s3,
    secretsmanager,
    ssm,
)


def apply() -> None:
    """Extend moto in this process. Call it once, before the first request."""
    for module in (
        alarms,
        core,
        s3,
        ec2,
        ec2_instances,
        eks_cluster,
        eks_nodegroup,
        eks_addons,
        eks_access,
        eks_pod_identity,
        eks_scaling,
        rds,
        log_groups,
        backup,
        route53,
        secretsmanager,
        ssm,
    ):
        module.apply()
